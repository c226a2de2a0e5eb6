/**
 * Two processes on one Redis, of which two servers swap roles again and again under load, behind an address that
 * moves and connections that stay: node bench/roles/run.ts --swaps 5
 * Every change has a key, is repeated under it at either process until it is answered, and then once more. The
 * provider must see each of them once, of two updates that expect the same version one must be made at most, and
 * changes must be taken again within five seconds of each swap.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startSandbox } from '../../dist/sandbox/index.js';
import { conclude, createChildren } from '../support/children.ts';
import { createClient } from '../support/client.ts';
import { startService } from '../support/service.ts';
import { quantile } from '../support/tally.ts';
import { startChanges } from './changes.ts';
import { startServers } from './servers.ts';

/** How long the load goes on after each swap. */
const BETWEEN_MS = 6_000;
const RECOVERED_MS = 5_000;
const COUNT_EVERY_MS = 100;
const WRITE_MS = 60;

const { values } = parseArgs({ options: { swaps: { type: 'string', default: '5' } } });
const swaps = Number(values.swaps);

const children = createChildren();
const sandbox = await startSandbox();
// Between the announcement of a change and its outcome there is time for a swap.
for (const operation of ['createBadge', 'updateBadge']) {
  sandbox.returningAI.faults.set(operation, { kind: 'delay', ms: WRITE_MS });
}
const servers = await startServers(children);
const env = {
  ...sandbox.variables,
  REDIS_URL: servers.url,
  REPLICAS: '2',
  BADGES_FRESH_SECONDS: '0',
};
const services = [await startService(children, env), await startService(children, env)];
const clients = services.map(({ url }) => createClient(url, 50));
const changes = await startChanges(clients);

/** By title. */
const seen = new Map<string, number>();
// The sandbox keeps the last requests only.
const counting = setInterval(countWrites, COUNT_EVERY_MS);
await sleep(BETWEEN_MS / 2);
const recoveries: number[] = [];
for (let swap = 0; swap < swaps; swap += 1) {
  await servers.untilFollowed();
  const begun = performance.now();
  await servers.swap();
  await sleep(BETWEEN_MS);
  recoveries.push(
    Math.max(0, ...changes.refusedAt.filter((at) => at >= begun).map((at) => at - begun)),
  );
}
await changes.end();

clearInterval(counting);
countWrites();
const twice = [...seen].filter(([title, times]) => title.startsWith('Keyed') && times > 1);
const missing = changes.done.filter((title) => !seen.has(title));
const longestMs = Math.max(0, ...recoveries);
for (const client of clients) await client.close();
for (const service of services) await service.end('SIGTERM');
await servers.stop();
await sandbox.close();

function countWrites(): void {
  for (const { method, body } of sandbox.returningAI.requests.splice(0)) {
    const title = method === 'GET' ? undefined : toTitle(body);
    if (title !== undefined) seen.set(title, (seen.get(title) ?? 0) + 1);
  }
}

function toTitle(body: unknown): string | undefined {
  const isTitled = typeof body === 'object' && body !== null && 'title' in body;
  return isTitled ? String(body.title) : undefined;
}

conclude(
  [
    ['swaps', swaps],
    ['changes with a key, answered', changes.done.length],
    ['of them repeated once more', changes.repeated()],
    ['answers that refused for the store', changes.refusedAt.length],
    ['pairs with the same expected version', changes.pairs()],
    ['changes that the provider saw twice', twice.length],
    ['changes that it never saw', missing.length],
    ['pairs of which both were made', changes.bothMade()],
    ['from a swap to the last refusal, median', `${quantile(recoveries, 0.5).toFixed(0)} ms`],
    ['from a swap to the last refusal, longest', `${longestMs.toFixed(0)} ms`],
  ],
  [
    ...twice.map(([title, times]) => `${title} was written ${times} times`),
    ...missing.map((title) => `${title} was never written`),
    ...changes.problems,
    ...(changes.bothMade() > 0 ? ['both of a pair were made'] : []),
    ...(longestMs > RECOVERED_MS ? [`changes were refused ${longestMs.toFixed(0)} ms long`] : []),
  ],
);
