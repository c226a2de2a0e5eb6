import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient as createRedisClient } from '@redis/client';
import type { Children } from '../../test/support/children.ts';
import { codesOf, createClient, sendOperation } from '../../test/support/graphql-client.ts';
import { LIST, toRename } from '../../test/support/load-operations.ts';
import { type RedisServer, startRedis } from '../../test/support/redis.ts';
import {
  type ProductionService,
  ROUTER_SECRET,
  startProductionService,
} from '../../test/support/service-process.ts';
import { quantile } from '../../test/support/tally.ts';
import { type Usage, readUsage } from '../attacks/usage.ts';
import { askEntities } from '../comparison/documents.ts';
import { load } from '../comparison/load.ts';
import { toRequest } from '../comparison/workloads.ts';
import {
  type Representation,
  type Size,
  nameOf,
  readIds,
  startTenants,
} from '../support/tenants.ts';
import { startProbes } from './probes.ts';

export interface Cell extends Size {
  processes: 1 | 2;
}

export interface Measured extends Cell {
  /** How many tenants were asked for badges. Their lists together are larger than what a process keeps. */
  asked: number;
  /** All memory of the first process, after all lists were read. */
  residentBytes: number;
  /** Milliseconds until an answer for which lists had to be read again that have changed; median and longest. */
  refreshMs: readonly number[];
  /** The same at a second process, which finds these lists in Redis. */
  sharedMs: readonly number[];
  /** The longest time that the event loop was blocked while lists were read, and the longest piece of work on the CPU. */
  stallMs: number;
  busyMs: number;
  /** Until a health check was answered meanwhile: 99 of 100, and the longest. */
  healthMs: readonly number[];
  /** Of an `_entities` request with ten badges, once all is in memory, microseconds. */
  cpuUs: number;
  /** Bytes to and from Redis for each tenant whose lists were read again and found by the second process. */
  redis: { toRedis: number; fromRedis: number } | undefined;
}

/** Each has lists of about 3 MB, and a process keeps 64 MiB of them. */
const MAX_BADGES_ASKED = 200_000;
const MAX_REFRESHED = 20;
const REPRESENTATIONS = 10;
const FRESH_SECONDS = 1;
const CONNECTIONS = 16;
const USAGE_WITHIN_MS = 400;
const MAX_TRIES = 30;
const PAUSE_MS = 500;
const INSIDE = join(import.meta.dirname, '../attacks/inside.ts');
const question = askEntities('Screen');

interface Running {
  services: readonly [ProductionService, ...ProductionService[]];
  usages: Usage[];
}

async function start(
  children: Children,
  env: Readonly<Record<string, string>>,
  processes: number,
): Promise<Running> {
  const usages: Usage[] = [];
  const startOne = () => startProductionService(children, env, { nodeArgs: ['--import', INSIDE] });
  const first = await startOne();
  first.onLine((line) => {
    const usage = readUsage(line);
    if (usage) usages.push(usage);
  });
  const others = processes > 1 ? [await startOne()] : [];
  return { services: [first, ...others], usages };
}

/** Milliseconds until the answer. */
async function ask(
  url: string,
  tenant: number,
  representations: readonly Representation[],
): Promise<number> {
  const headers = { 'router-authorization': ROUTER_SECRET, 'x-badges-tenant': nameOf(tenant) };
  const begun = performance.now();
  const operation = { query: question.query, variables: { representations } };
  const { text } = await sendOperation(url, operation, { headers });
  const { data, errors } = JSON.parse(text) as { data?: { _entities: unknown[] }; errors?: object };
  if (errors || data?._entities.includes(null)) {
    throw new Error(`The answer to ${nameOf(tenant)} is incomplete: ${text.slice(0, 300)}`);
  }
  return performance.now() - begun;
}

/** Each tenant is asked until its lists could be read: the start of a service reads those of all tenants. */
async function askAll(
  url: string,
  tenants: number,
  representations: readonly Representation[],
): Promise<void> {
  for (let tenant = 0; tenant < tenants; tenant += 1) {
    for (let tries = 1; ; tries += 1) {
      try {
        await ask(url, tenant, representations);
        break;
      } catch (error) {
        if (tries === MAX_TRIES) throw error;
        await sleep(PAUSE_MS);
      }
    }
  }
}

/** What happened in the first process while the work was done. */
async function watch({ services, usages }: Running, work: () => Promise<void>) {
  await sleep(USAGE_WITHIN_MS);
  const from = usages.length;
  const probes = startProbes(new URL('/health/live', services[0].url).href);
  await work();
  const answered = await probes.end();
  const healthMs = [quantile(answered, 0.99), Math.max(...answered)];
  await sleep(USAGE_WITHIN_MS);
  const during = usages.slice(from);
  return {
    healthMs,
    stallMs: Math.max(...during.map(({ stallMs }) => stallMs)),
    busyMs: Math.max(...during.map(({ busyMs }) => busyMs)),
  };
}

/** A badge of each provider gets another name, so that every tenant's lists differ from those that were read. */
async function changeLists(url: string): Promise<void> {
  const client = createClient(url, 1, { headers: { 'x-badges-tenant': nameOf(0) } });
  const known = (await client.ask(LIST)).body.data?.badges?.nodes ?? [];
  for (const provider of ['RETURNING_AI', 'TAG_MANGO']) {
    const badge = known.find((each) => each.provider === provider);
    const answer = badge && (await client.ask(toRename(badge, `Renamed ${Date.now()}`)));
    if (!answer || codesOf(answer).length > 0) throw new Error(`No badge of ${provider} changed`);
  }
  await client.close();
}

interface Refreshed {
  refreshMs: number[];
  sharedMs: number[];
}

/** Each tenant's lists are read again by the first process, and found in Redis by the second one. */
async function refresh(
  { services: [first, second] }: Running,
  tenants: number,
  representations: readonly Representation[],
): Promise<Refreshed> {
  const refreshed: Refreshed = { refreshMs: [], sharedMs: [] };
  // The first one has read its own write.
  for (let tenant = 1; tenant <= tenants; tenant += 1) {
    refreshed.refreshMs.push(await ask(first.url, tenant, representations));
    if (second) refreshed.sharedMs.push(await ask(second.url, tenant, representations));
  }
  return refreshed;
}

/** CPU of one request once all lists are in memory. */
async function measureWarm(
  service: ProductionService,
  representations: readonly Representation[],
  { asked, loadMs }: { asked: number; loadMs: number },
): Promise<number> {
  const requests = Array.from({ length: asked }, (_, tenant) =>
    toRequest(ROUTER_SECRET, question, { representations }, { 'x-badges-tenant': nameOf(tenant) }),
  );
  const request = (number: number): Buffer => requests[number % asked] ?? Buffer.alloc(0);
  const target = { ...service, title: 'this service' };
  const options = { connections: Math.min(CONNECTIONS, asked), ms: loadMs, atLeast: 2 * asked };
  await load(target, { request }, options);
  return (await load(target, { request }, options)).cpuUs;
}

async function redisBytes({ url }: RedisServer): Promise<{ toRedis: number; fromRedis: number }> {
  const client = createRedisClient({ url });
  await client.connect();
  const info = await client.info('stats');
  client.destroy();
  const read = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
  return { toRedis: read('total_net_input_bytes'), fromRedis: read('total_net_output_bytes') };
}

export interface MeasureOptions {
  cell: Cell;
  /** Of the server program; only needed for two processes. */
  redisPath: string | undefined;
  /** How long requests are sent to measure what each one costs, milliseconds. */
  loadMs: number;
}

export async function measure(
  children: Children,
  { cell, redisPath, loadMs }: MeasureOptions,
): Promise<Measured> {
  const { tenants, badges, processes } = cell;
  const redis = processes > 1 ? await startRedis(redisPath ?? '') : undefined;
  const env = {
    // One more, which changes the lists.
    ...(await startTenants(children, { badges, tenants: tenants + 1 })),
    ...(redis && { REDIS_URL: redis.url, REPLICAS: String(processes) }),
    BADGES_STALE_SECONDS: '3600',
  };
  const asked = Math.max(1, Math.min(tenants, Math.floor(MAX_BADGES_ASKED / badges)));

  const kept = await start(children, { ...env, BADGES_FRESH_SECONDS: '3600' }, processes);
  const [service] = kept.services;
  const representations = (await readIds(service.url)).slice(0, REPRESENTATIONS);
  for (const { url } of kept.services) await askAll(url, asked, representations);
  await sleep(USAGE_WITHIN_MS);
  const residentBytes = kept.usages.at(-1)?.rss ?? NaN;
  const cpuUs = await measureWarm(service, representations, { asked, loadMs });
  for (const each of kept.services) await each.end('SIGKILL');

  // Its lists are fresh for an hour.
  await redis?.stop();
  await redis?.start();
  const fresh = String(FRESH_SECONDS);
  const renewing = await start(children, { ...env, BADGES_FRESH_SECONDS: fresh }, processes);
  const refreshing = Math.min(asked, MAX_REFRESHED);
  for (const { url } of renewing.services) await askAll(url, refreshing + 1, representations);
  await changeLists(renewing.services[0].url);
  await sleep(FRESH_SECONDS * 1_000);
  const before = redis && (await redisBytes(redis));
  let refreshed: Refreshed = { refreshMs: [], sharedMs: [] };
  const watched = await watch(renewing, async () => {
    refreshed = await refresh(renewing, refreshing, representations);
  });
  const after = redis && (await redisBytes(redis));
  for (const each of renewing.services) await each.end('SIGKILL');
  await redis?.stop();

  return {
    ...cell,
    asked,
    residentBytes,
    refreshMs: toSummary(refreshed.refreshMs),
    sharedMs: toSummary(refreshed.sharedMs),
    ...watched,
    cpuUs,
    redis: before &&
      after && {
        toRedis: (after.toRedis - before.toRedis) / refreshing,
        fromRedis: (after.fromRedis - before.fromRedis) / refreshing,
      },
  };
}

/** The median and the longest. */
function toSummary(times: readonly number[]): number[] {
  return times.length === 0 ? [] : [quantile(times, 0.5), Math.max(...times)];
}
