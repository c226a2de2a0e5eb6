import type { Children } from '../../test/support/children.ts';
import { ROUTER_SECRET } from '../../test/support/service-process.ts';
import { quantile } from '../../test/support/tally.ts';
import { type BenchEdge, askEntities } from './documents.ts';
import { type Outcome, showQuartiles, toMultiples } from './goals.ts';
import { type Round, type Target, load } from './load.ts';
import { readAllBadges, startService, startStandIns } from './targets.ts';
import { VARIETY, type Workload, inRotation, toRepresentations, toRequest } from './workloads.ts';

/** Of all providers together. */
const SMALL = 100;
const LARGE = 10_000;
const REPRESENTATIONS = 100;
/** Medians differ by so much between two runs over the same badges. */
const MOST = 1.05;
const MOST_START_MS = 1_000;

export interface GrowthOptions {
  rounds: number;
  ms: number;
  connections: number;
  starts: number;
}

/** What each badge costs among many and among few, and how long a start takes. */
export async function measureGrowth(
  children: Children,
  options: GrowthOptions,
): Promise<Outcome[]> {
  const large = await startSize(children, LARGE);
  const small = await startSize(children, SMALL);
  const measured = [large, small].map(() => new Array<Round>());
  for (let round = -1; round < options.rounds; round += 1) {
    for (const [at, { target, workload }] of [large, small].entries()) {
      const came = await load(target, workload, options);
      if (round >= 0) measured[at]?.push(came);
    }
  }
  const multiples = toMultiples(measured[0] ?? [], measured[1] ?? []);
  return [
    {
      subject: `\`_entities\` of ${REPRESENTATIONS} among ${LARGE.toLocaleString('en')} badges: CPU as a multiple of that among ${SMALL}`,
      figure: showQuartiles(multiples, 2),
      wanted: `at most 1, ${MOST} allowed for the measurement`,
      isMet: quantile(multiples, 0.5) <= MOST,
    },
    await measureStarts(children, large.settings, options.starts),
  ];
}

interface Size {
  settings: Readonly<Record<string, string>>;
  target: Target;
  workload: Workload;
}

async function startSize(children: Children, badges: number): Promise<Size> {
  const { variables: settings } = await startStandIns(children, badges / 2);
  const target = await startService(children, 'fast', settings);
  const edges = await readAllBadges(target);
  const question = askEntities('Screen');
  const requests = Array.from({ length: VARIETY }, (_, number) => {
    const representations = toRepresentations(spread(edges, number));
    return toRequest(ROUTER_SECRET, question, { representations });
  });
  return { settings, target, workload: inRotation('', [question], requests) };
}

/** Badges from all over the list, other ones for each number where there are enough. */
function spread(edges: readonly BenchEdge[], number: number): BenchEdge[] {
  const step = edges.length / REPRESENTATIONS;
  return Array.from({ length: REPRESENTATIONS }, (_, at) => {
    const place = Math.floor(at * step + number * (step / VARIETY) + number);
    return edges[place % edges.length];
  }).filter((edge) => edge !== undefined);
}

async function measureStarts(
  children: Children,
  settings: Readonly<Record<string, string>>,
  starts: number,
): Promise<Outcome> {
  const taken: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    const begun = performance.now();
    const service = await startService(children, 'fast', settings);
    taken.push(performance.now() - begun);
    await service.end('SIGKILL');
  }
  return {
    subject: 'From the start of the process until it accepts requests',
    figure: `${showQuartiles(taken)} ms`,
    wanted: `below ${MOST_START_MS} ms`,
    isMet: quantile(taken, 0.5) < MOST_START_MS,
  };
}
