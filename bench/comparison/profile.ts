/**
 * Where the CPU time of the service goes: npm run bench:profile -- [--only <pattern>] [--seconds 4]
 * Shares of the time in which the process did something, by where the code that ran is from.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createChildren, makeFolder } from '../../test/support/children.ts';
import { ROUTER_SECRET } from '../../test/support/service-process.ts';
import { toSize } from '../support/command.ts';
import { load } from './load.ts';
import { readAllBadges, startService, startStandIns } from './targets.ts';
import { createWorkloads } from './workloads.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '^_entities of 1$|^badges of 50, full, (same|new)' },
    seconds: { type: 'string', default: '4' },
  },
});
const ms = 1_000 * toSize('seconds', values.seconds);
const CONNECTIONS = 64;
const BADGES_OF_EACH = 500;
const SHOWN = 12;

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string } }[];
  samples: number[];
  /** Microseconds. */
  timeDeltas: number[];
  startTime: number;
}

const children = createChildren();
const { variables } = await startStandIns(children, BADGES_OF_EACH);
const reader = await startService(children, 'fast', variables);
const edges = await readAllBadges(reader);
const workloads = createWorkloads({ edges, tokens: [], secret: ROUTER_SECRET }).filter(
  ({ name, hasTokens }) => !hasTokens && new RegExp(values.only).test(name),
);
for (const id of ['fast', 'full'] as const) {
  for (const workload of workloads) {
    const folder = makeFolder(children);
    const target = await startService(children, id, variables, [
      '--cpu-prof',
      `--cpu-prof-dir=${folder}`,
    ]);
    await load(target, workload, { connections: CONNECTIONS, ms });
    const from = monotonicUs();
    const { requests } = await load(target, workload, { connections: CONNECTIONS, ms });
    const until = monotonicUs();
    await target.end('SIGTERM');
    const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile;
    console.log(`\n${target.title}, ${workload.name}: ${requests} requests\n`);
    console.log(toTable(sumTimes(profile, { from, until })));
  }
}
process.exit(0);

function toTable(times: ReadonlyMap<string, number>): string {
  const total = [...times.values()].reduce((sum, us) => sum + us, 0);
  const sorted = [...times].toSorted(([, a], [, b]) => b - a).slice(0, SHOWN);
  const rows = sorted.map(([where, us]) => `| ${where} | ${((100 * us) / total).toFixed(1)} % |`);
  return ['| Where | Share |', '| --- | --- |', ...rows].join('\n');
}

/** The clock of the profiles. */
function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** Microseconds by where the code is from, without the start and the first requests. */
function sumTimes(
  { nodes, samples, timeDeltas, startTime }: Profile,
  { from, until }: { from: number; until: number },
): Map<string, number> {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const times = new Map<string, number>();
  let now = startTime;
  samples.forEach((id, at) => {
    const [place, us = 0] = [places.get(id), timeDeltas[at]];
    now += us;
    if (place !== undefined && now > from && now < until) {
      times.set(place, (times.get(place) ?? 0) + us);
    }
  });
  return times;
}

/** A package, a folder of this service, or a part of Node; undefined while the process waits. */
function placeOf({ functionName, url }: Profile['nodes'][number]['callFrame']): string | undefined {
  if (functionName === '(idle)') return undefined;
  if (functionName.startsWith('(')) return functionName.slice(1, -1);
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (name !== undefined) return `\`${name}\``;
  const [, own] = /\/dist\/(.*?)(?:\/[^/]*)?$/.exec(url) ?? [];
  if (own !== undefined) return `\`src/${own}\``;
  if (url === '' && functionName === '') return '`native code`';
  return url === '' ? `\`${functionName}\` of V8` : `\`${url.split('/').slice(0, 2).join('/')}\``;
}
