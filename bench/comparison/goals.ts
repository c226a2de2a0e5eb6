import { quantile } from '../../test/support/tally.ts';
import type { Round } from './load.ts';
import type { Measured } from './measure.ts';
import { TITLES, type TargetId } from './targets.ts';

/** A figure of the bench, and the bound that it should keep. */
export interface Outcome {
  subject: string;
  /** With its unit. */
  figure: string;
  /** In words; undefined for a figure without a bound. */
  wanted?: string;
  isMet?: boolean;
}

/** How much work per CPU a target should do, as a multiple of what another does in the same rounds. */
interface Goal {
  workload: RegExp;
  target: TargetId;
  against: TargetId;
  least: number;
}

const GOALS: readonly Goal[] = [
  { workload: /^_entities of 1(, 50 documents)?$/, target: 'fast', against: 'parse', least: 0.8 },
  { workload: /^_entities of 10(, 50 documents)?$/, target: 'fast', against: 'parse', least: 0.9 },
  {
    workload: /^_entities of (100|500)(, 50 documents)?$/,
    target: 'fast',
    against: 'parse',
    least: 1.3,
  },
  // 0.9 of the same without tokens.
  { workload: /^_entities of 1, 50 tokens$/, target: 'fast', against: 'parse', least: 0.72 },
  { workload: /^_entities of 10, 50 tokens$/, target: 'fast', against: 'parse', least: 0.81 },
  {
    workload: /^_entities of (100|500), 50 tokens$/,
    target: 'fast',
    against: 'parse',
    least: 1.17,
  },
  { workload: /^badges .*(same page|50 pages)$/, target: 'fast', against: 'mercurius', least: 2 },
  { workload: /^badges .*new pages$/, target: 'fast', against: 'mercurius', least: 1 },
  { workload: /^_entities/, target: 'full', against: 'apollo', least: 1 },
];

/** Of 500 representations, as a multiple of 100. */
const MOST_OF_500 = 5.5;

export function checkGoals(all: readonly Measured[]): Outcome[] {
  const compared = all.flatMap((measured) =>
    GOALS.filter(({ workload }) => workload.test(measured.name)).flatMap((goal) =>
      checkGoal(measured, goal),
    ),
  );
  return [...compared, ...checkSizes(all)];
}

function checkGoal({ name, rounds }: Measured, goal: Goal): Outcome[] {
  const [own, others] = [rounds.get(goal.target), rounds.get(goal.against)];
  if (!own || !others) return [];
  const multiples = toMultiples(others, own);
  return [
    {
      subject: `${name}: ${TITLES[goal.target]} against ${TITLES[goal.against]}`,
      figure: showQuartiles(multiples, 2),
      wanted: `at least ${goal.least}`,
      isMet: quantile(multiples, 0.5) >= goal.least,
    },
  ];
}

function checkSizes(all: readonly Measured[]): Outcome[] {
  const find = (size: number) =>
    all.find(({ name }) => name === `_entities of ${size}`)?.rounds.get('fast');
  const [large, small] = [find(500), find(100)];
  if (!large || !small) return [];
  const multiples = toMultiples(large, small);
  return [
    {
      subject: '_entities of 500: CPU as a multiple of 100',
      figure: showQuartiles(multiples, 2),
      wanted: `at most ${MOST_OF_500}`,
      isMet: quantile(multiples, 0.5) <= MOST_OF_500,
    },
  ];
}

/** CPU per request of the rounds, divided by that of the others of the same number. */
export function toMultiples(rounds: readonly Round[], by: readonly Round[]): number[] {
  return rounds.map(({ cpuUs }, at) => cpuUs / (by[at]?.cpuUs ?? NaN));
}

/** Median, and quartiles in brackets. */
export function showQuartiles(values: readonly number[], digits = 0): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((part) =>
    quantile(values, part).toFixed(digits),
  );
  return `${middle} (${low}–${high})`;
}
