/**
 * Sends small requests with huge responses: node bench/answer-bytes/run.ts --seconds 60 --callers 50 [--dist dist]
 * The service runs as in production, for two tenants, with a heap of 512 MB. The callers of one tenant, in a process
 * of their own, ask for all that a document may repeat of long texts, long lists and errors, for answers as large as
 * they may be, and leave some of them unread. The service must not end, the other tenant and the probe must be
 * answered, and memory must not grow. With --dist another build is attacked, to compare.
 */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createChildren } from '../../test/support/children.ts';
import { conclude, toSize } from '../support/command.ts';
import { quantile, showCounts, showLatencies } from '../../test/support/tally.ts';
import { startCallers } from './caller-process.ts';
import { ATTACK, LARGEST, ORDINARY } from './questions.ts';
import { startWorld } from './world.ts';

const MAX_MS = 100;
const MAX_GROWTH_MB = 64;
/**
 * A few callers ask all questions first: the code for them is compiled, and garbage is collected late. What memory grows
 * by afterwards is the cost of many callers at once.
 */
const WARM_UP_MS = 20_000;
const OTHER_EVERY_MS = 40;
const UNREAD = 5;
const NICENESS = 15;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    callers: { type: 'string', default: '50' },
    dist: { type: 'string', default: 'dist' },
  },
});
const seconds = toSize('seconds', values.seconds);
const callers = toSize('callers', values.callers);

const children = createChildren();
const world = await startWorld(children, resolve(values.dist));
const attackers = startCallers(children);
const others = startCallers(children);
const probe = startCallers(children);
const { url } = world.service;

others.begin({ url, tenant: 'bolt', asks: [ORDINARY], callers: 1 });
attackers.begin({ url, tenant: 'acme', asks: [ORDINARY, LARGEST, ...ATTACK], callers: 4 });
await sleep(WARM_UP_MS);
await Promise.all([attackers.end(), others.end()]);

const memory = world.watchMemory();
others.begin({ url, tenant: 'bolt', asks: [ORDINARY], callers: 1, everyMs: OTHER_EVERY_MS });
probe.begin({ url: new URL('/health/live', url).href, callers: 1, everyMs: OTHER_EVERY_MS });
attackers.begin({ url, tenant: 'acme', asks: ATTACK, callers, unread: UNREAD, niceness: NICENESS });
await Promise.race([sleep(seconds * 1_000), world.ended]);
const hasEnded = world.service.hasEnded();
const { startMB, mostMB } = memory.stop();
const [attack, other, probed] = await Promise.all([attackers.end(), others.end(), probe.end()]);

const growthMB = mostMB - startMB;
const problems: string[] = [];
if (hasEnded) problems.push('the service has ended');
if (!(growthMB < MAX_GROWTH_MB)) problems.push(`memory grew by ${growthMB.toFixed(0)} MB`);
for (const [name, { latencies, statuses }] of [
  ['the other tenant', other],
  ['the probe', probed],
] as const) {
  const p99 = quantile(latencies, 0.99);
  if (!(p99 < MAX_MS)) problems.push(`${name} was answered after ${p99.toFixed(0)} ms (p99)`);
  const isServed = Object.keys(statuses).every((status) => status === '200');
  if (!isServed) problems.push(`${name} was not served: ${showCounts(statuses)}`);
}
conclude(
  [
    ['answers to the attack', attack.latencies.length],
    ['by HTTP status', showCounts(attack.statuses)],
    ['by error code', showCounts(attack.codes)],
    ['the largest, bytes', attack.largestBytes],
    ['other tenant', showCounts(other.statuses)],
    ['other tenant, p50 / p95 / p99 / longest', showLatencies(other.latencies)],
    ['probe', showCounts(probed.statuses)],
    ['probe, p50 / p95 / p99 / longest', showLatencies(probed.latencies)],
    ['memory before, most', `${startMB.toFixed(0)} MB, ${mostMB.toFixed(0)} MB`],
    ['memory grew by', `${growthMB.toFixed(0)} MB`],
    ['endings of the service', hasEnded ? 1 : 0],
  ],
  problems,
);
