/**
 * Work per CPU, in one run: node bench/fast-path/run.ts [--rounds 5] [--ms 700] [--connections 64]
 * The service in production settings with the fast path, the same without, and a bare node:http server that parses,
 * looks up and writes the same JSON without any guard. Their rounds take turns. The figure is the CPU time of the
 * server's own process for each request; "of the limit" is that of the bare server in the same rounds, divided by it.
 */
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { createChildren, makeFolder } from '../../test/support/children.ts';
import { startSandbox } from '../../test/support/sandbox-process.ts';
import { ROUTER_SECRET, startProductionService } from '../../test/support/service-process.ts';
import { quantile } from '../../test/support/tally.ts';
import { conclude, toSize } from '../support/command.ts';
import { startLimitServer } from './limit-process.ts';
import { type Round, type Target, askOnce, load } from './load.ts';
import { FIELDS, type Workload, readBadges, toWorkloads } from './workloads.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    ms: { type: 'string', default: '700' },
    connections: { type: 'string', default: '64' },
  },
});
const rounds = toSize('rounds', values.rounds);
const options = {
  ms: toSize('ms', values.ms),
  connections: toSize('connections', values.connections),
};

/** What "of the limit" must be at least. */
const LEAST: Readonly<Record<string, number>> = {
  '_entities of 1': 0.8,
  '_entities of 10': 0.9,
  '_entities of 100': 1.3,
  '_entities of 500': 1.3,
};
const WARM_UP_MS = 400;

const children = createChildren();
const sandbox = await startSandbox(children);
const settings = {
  ...sandbox.variables,
  BADGES_FRESH_SECONDS: '3600',
  BADGES_STALE_SECONDS: '3600',
};
const [on, off] = await Promise.all(
  ['true', 'false'].map((FAST_PATH) =>
    startProductionService(children, {
      ...settings,
      FAST_PATH,
      STATE_DIR: makeFolder(children),
    }),
  ),
);
if (!on || !off) throw new Error('The services did not start');
const badges = await readBadges(on.url, ROUTER_SECRET);
const limit = await startLimitServer(children, { fields: FIELDS, badges });
const targets: readonly Target[] = [
  { name: 'fast path', url: on.url, pid: on.pid },
  { name: 'full path', url: off.url, pid: off.pid },
  { name: 'limit', ...limit },
];

const figures: [string, string][] = [['badges', String(badges.length)]];
const problems: string[] = [];
for (const workload of toWorkloads(badges, ROUTER_SECRET)) await measure(workload);
conclude(figures, problems);

async function measure({ name, request }: Workload): Promise<void> {
  const measured = new Map<string, Round[]>(targets.map((target) => [target.name, []]));
  const answers: unknown[] = [];
  for (const target of targets) {
    await load(target, request, { ...options, ms: WARM_UP_MS });
    answers.push(await askOnce(target, request));
  }
  if (!answers.every((answer) => isDeepStrictEqual(answer, answers[0]))) {
    problems.push(`${name}: the answers differ`);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const target of targets) {
      measured.get(target.name)?.push(await load(target, request, options));
    }
  }
  const limits = measured.get('limit') ?? [];
  for (const [server, each] of measured) {
    const cpu = each.map(({ cpuUs }) => cpuUs);
    const shares = each.map(({ cpuUs }, at) => (limits[at]?.cpuUs ?? NaN) / cpuUs);
    const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(shares, part).toFixed(2));
    const perSecond = quantile(
      each.map((round) => round.perSecond),
      0.5,
    ).toFixed(0);
    figures.push([
      `${name}, ${server}`,
      `${quantile(cpu, 0.5).toFixed(0)} µs CPU, ${perSecond}/s, of the limit ${middle} (${low} to ${high})`,
    ]);
    const least = server === 'fast path' ? LEAST[name] : undefined;
    if (least !== undefined && Number(middle) < least) {
      problems.push(`${name}: ${middle} of the limit, and at least ${least} is wanted`);
    }
  }
}
