/**
 * Work per CPU, in one run: npm run bench -- [--quick] [--only <pattern>] [--targets fast,full,mercurius]
 * The service in production settings with the fast path and without, its peers over the same schema and badges, and
 * two limits. Their answers are checked to be equal; their rounds take turns. The main figure is the CPU time of the
 * server's own process for each request.
 */
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { createChildren } from '../../test/support/children.ts';
import { ROUTER_SECRET } from '../../test/support/service-process.ts';
import { quantile } from '../../test/support/tally.ts';
import { conclude, toSize } from '../support/command.ts';
import { GOALS, type Goal } from './goals.ts';
import { type Round, type Target, askOnce, load } from './load.ts';
import {
  TITLES,
  type TargetId,
  isTargetId,
  readAllBadges,
  startOther,
  startService,
  startStandIn,
  writeWorld,
} from './targets.ts';
import { type Workload, createWorkloads } from './workloads.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    ms: { type: 'string' },
    connections: { type: 'string', default: '64' },
    only: { type: 'string', default: '' },
    targets: { type: 'string', default: Object.keys(TITLES).join() },
  },
});
const rounds = toSize('rounds', values.rounds ?? (values.quick ? '3' : '5'));
const ms = toSize('ms', values.ms ?? (values.quick ? '200' : '400'));
const connections = toSize('connections', values.connections);
const chosen = values.targets.split(',').map((id): TargetId => {
  if (isTargetId(id)) return id;
  throw new Error(`--targets knows ${Object.keys(TITLES).join(', ')}, and not "${id}"`);
});

const BADGES_OF_EACH = 500;
/** Of the requests of a workload, compared before it is measured. */
const COMPARED = 5;

const children = createChildren();
const settings = await startStandIn(children, BADGES_OF_EACH);
const fast = await startService(children, 'fast', settings);
const edges = await readAllBadges(fast);
const headers = {
  host: 'localhost',
  'content-type': 'application/json',
  accept: 'application/json',
  'router-authorization': ROUTER_SECRET,
  'x-request-id': 'bench',
};
const workloads = createWorkloads({ edges, headers });
const file = writeWorld(children, {
  edges,
  questions: workloads.flatMap(({ questions }) => questions),
});
const targets: Target[] = [];
for (const id of chosen) targets.push(await start(id));

const figures: [string, string][] = [['badges', String(edges.length)]];
const problems: string[] = [];
const only = new RegExp(values.only);
for (const workload of workloads.filter(({ name }) => only.test(name))) await measure(workload);
conclude(figures, problems);

async function start(id: TargetId): Promise<Target> {
  if (id === 'fast') return fast;
  if (id === 'full') return startService(children, 'full', settings);
  return startOther(children, id, file);
}

async function measure(workload: Workload): Promise<void> {
  const measured = new Map<Target, Round[]>(targets.map((target) => [target, []]));
  const sent = new Map<Target, number>();
  const send = async (target: Target): Promise<Round> => {
    const from = sent.get(target) ?? 0;
    const round = await load(target, workload, { connections, ms, from });
    sent.set(target, from + round.requests + connections);
    return round;
  };
  for (const target of targets) await send(target);
  await compare(workload);
  for (let round = 0; round < rounds; round += 1) {
    for (const target of targets) measured.get(target)?.push(await send(target));
  }
  for (const [target, each] of measured) showRounds(workload, target, each);
  for (const goal of GOALS.filter((each) => each.workload.test(workload.name))) {
    check(workload, goal, measured);
  }
}

type Measured = ReadonlyMap<Target, readonly Round[]>;

function showRounds({ name }: Workload, { title }: Target, each: readonly Round[]): void {
  const at = (part: number, values: readonly number[]) => quantile(values, part);
  const cpu = each.map(({ cpuUs }) => cpuUs);
  const perSecond = each.map((round) => round.perSecond);
  const latencies = each.flatMap((round) => round.latencies);
  figures.push([
    `${name}, ${title}`,
    `${at(0.5, cpu).toFixed(0)} µs CPU (${at(0.25, cpu).toFixed(0)} to ${at(0.75, cpu).toFixed(0)}), ` +
      `${at(0.5, perSecond).toFixed(0)}/s, p50 ${at(0.5, latencies).toFixed(1)} ms, p99 ${at(0.99, latencies).toFixed(1)} ms`,
  ]);
}

/** Medians and quartiles of the multiples in the same rounds. */
function check({ name }: Workload, goal: Goal, measured: Measured): void {
  const find = (wanted: string) => [...measured].find(([{ id }]) => id === wanted)?.[1];
  const [rounds, others] = [find(goal.target), find(goal.against)];
  if (!rounds || !others) return;
  const multiples = rounds.map(({ cpuUs }, at) => (others[at]?.cpuUs ?? NaN) / cpuUs);
  const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(multiples, part).toFixed(2));
  const subject = `${name}: ${TITLES[goal.target]} against ${TITLES[goal.against]}`;
  figures.push([subject, `${middle} (${low} to ${high}), at least ${goal.least} wanted`]);
  if (Number(middle) < goal.least) {
    problems.push(`${subject}: ${middle}, and at least ${goal.least} is wanted`);
  }
}

/** Reports a target whose data differ from those of the first one. */
async function compare({ name, request, variety }: Workload): Promise<void> {
  for (let number = 0; number < Math.min(variety, COMPARED); number += 1) {
    const answers: unknown[] = [];
    for (const target of targets) answers.push(await askOnce(target, request(number)));
    const differing = targets.filter((_target, at) => !isSame(answers[at], answers[0]));
    for (const { title } of differing) problems.push(`${name}: ${title} answers otherwise`);
  }
}

function isSame(answer: unknown, other: unknown): boolean {
  const [data, otherData] = [answer, other].map((each) => (each as { data?: unknown }).data ?? NaN);
  return isDeepStrictEqual(data, otherData);
}
