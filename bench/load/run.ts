/**
 * A thousand clients on several processes that share one Redis, with two writes a second among the reads:
 * node bench/load/run.ts --clients 1000 --processes 3 --seconds 60 [--lose-redis]
 * What must hold: TagMango never counts more than 120 requests in any 10 s, nothing fails, and no write to it takes
 * a second longer than those to Returning.AI at that moment, so that it had its place in the limit within a second.
 * With --lose-redis, Redis is killed at a third of the time, and comes back, empty, at two thirds.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findRedis, startRedis } from '../../test/support/redis.ts';
import { createChildren } from '../../test/support/children.ts';
import { conclude, toSize } from '../support/command.ts';
import { createClient } from '../../test/support/graphql-client.ts';
import { LIST } from '../../test/support/load-operations.ts';
import { startSandbox } from '../../test/support/sandbox-process.ts';
import { startProductionService } from '../../test/support/service-process.ts';
import { type Counts, type Tally, count } from '../../test/support/tally.ts';
import type { ReadersTask } from './readers.ts';
import { toFinding } from './report.ts';
import { write } from './writers.ts';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1000' },
    processes: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '60' },
    /** Long enough for one machine to run the clients and the service. */
    'think-ms': { type: 'string', default: '2000' },
    'writes-a-second': { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    'lose-redis': { type: 'boolean', default: false },
  },
});
const clients = toSize('clients', values.clients);
const processes = toSize('processes', values.processes);
const loadMs = toSize('seconds', values.seconds) * 1_000;
const meanThinkMs = toSize('think-ms', values['think-ms']);
const everyMs = 1_000 / toSize('writes-a-second', values['writes-a-second']);

const executable = findRedis();
if (executable === undefined) {
  console.log('Skipped: redis-server is not installed');
  process.exit(0);
}
const children = createChildren();
const redis = await startRedis(executable);
children.endWith(() => void redis.stop());
const { variables, standIns } = await startSandbox(children);
const services = await Promise.all(
  Array.from({ length: processes }, () =>
    startProductionService(children, {
      ...variables,
      REDIS_URL: redis.url,
      REPLICAS: String(processes),
    }),
  ),
);
const logged: Counts = {};
const waits: number[] = [];
services.forEach((service) =>
  service.onLog((line, text) => {
    if (!line || line.level > 30) count(logged, line?.msg ?? text);
    if (typeof line?.waitedMs === 'number' && line.purpose !== 'query') waits.push(line.waitedMs);
  }),
);
const urls = services.map(({ url }) => url);
const writing = urls.map((url) => createClient(url, 16));
const known = (await writing[0]?.ask(LIST))?.body.data?.badges?.nodes ?? [];
console.log(
  `${clients} clients that think ${meanThinkMs} ms in the mean, ${processes} processes, ${loadMs / 1_000} s`,
);

const readers = children.fork(join(import.meta.dirname, 'readers.ts'));
const task: ReadersTask = { urls, clients, meanThinkMs, seed: toSize('seed', values.seed), known };
readers.send(task);
readers.on('message', (message: number | Tally) => {
  if (typeof message === 'number') void showProgress(message);
});
const begun = performance.now();
// Until then every client has come and asked; the writes of a minute do not begin with that.
await sleep(2 * meanThinkMs);
const [written] = await Promise.all([
  write(writing, known, { everyMs, forMs: loadMs }),
  loseRedis(),
]);
await sleep(Math.max(0, begun + 2 * meanThinkMs + loadMs - performance.now()));
const finished = new Promise<Tally>((resolve) =>
  readers.on('message', (message: number | Tally) => {
    if (typeof message !== 'number') resolve(message);
  }),
);
readers.send('stop');
const reads = await finished;
const seconds = (performance.now() - begun) / 1_000;
if (readers.connected) readers.disconnect();
await once(readers, 'exit');
const { figures, problems } = toFinding({
  reads,
  written,
  seconds,
  tagMango: await standIns.TAG_MANGO.arrivals(),
  returningAI: await standIns.RETURNING_AI.arrivals(),
  logged,
  waits,
  isRedisLost: values['lose-redis'],
});
conclude(figures, problems);

async function showProgress(requests: number): Promise<void> {
  const { total, mostIn10s } = await standIns.TAG_MANGO.arrivals();
  const at = ((performance.now() - begun) / 1_000).toFixed(0);
  console.log(`${at} s: ${requests} reads, TagMango ${total} requests, ${mostIn10s} in 10 s`);
}

async function loseRedis(): Promise<void> {
  if (!values['lose-redis']) return;
  await sleep(loadMs / 3);
  await redis.stop();
  console.log('Redis is killed');
  await sleep(loadMs / 3);
  await redis.start();
  console.log('Redis is back, and empty');
}
