import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Children } from '../../test/support/children.ts';
import { type Operation, createClient } from '../../test/support/graphql-client.ts';
import {
  type Finding,
  type Tally,
  quantile,
  showCounts,
  showLatencies,
} from '../../test/support/tally.ts';
import { startSandbox } from '../../test/support/sandbox-process.ts';
import { startProductionService } from '../../test/support/service-process.ts';
import { COMPLETE } from '../../test/support/load-operations.ts';
import type { FloodTask } from './flooders.ts';

/** Of every answer of the probe. */
const MAX_MS = 100;
const PROBE_EVERY_MS = 20;
/** More than a page. */
const BADGES = 120;
const BADGES_AT_ONCE = 5;

export interface FloodSize {
  connections: number;
  seconds: number;
}

/** Sends the most expensive allowed requests to a service, and measures the latency of its probe. */
export async function flood(
  children: Children,
  asks: readonly Operation[],
  { connections, seconds }: FloodSize,
): Promise<Finding> {
  const { variables } = await startSandbox(children);
  const service = await startProductionService(children, variables);
  await makeBadges(service.url);

  const flooders = children.fork(join(import.meta.dirname, 'flooders.ts'));
  const task: FloodTask = { url: service.url, connections, asks };
  flooders.send(task);
  const latencies = await probe(new URL('/health/live', service.url), seconds * 1_000);
  flooders.send('end');
  const [tally] = (await once(flooders, 'message')) as [Tally];

  const slowest = Math.max(...latencies);
  const problems: string[] = [];
  if (!(slowest < MAX_MS)) problems.push(`a probe was answered after ${slowest.toFixed(0)} ms`);
  if (service.hasEnded()) problems.push('the service has ended');
  for (const status of Object.keys(tally.statuses)) {
    if (status !== '200' && status !== '400') problems.push(`requests ended with ${status}`);
  }
  return {
    figures: [
      ['requests of the flood', tally.requests],
      ['a second', (tally.requests / seconds).toFixed(0)],
      ['p50 / p95 / p99 / longest', showLatencies(tally.latencies)],
      ['by HTTP status', showCounts(tally.statuses)],
      ['by error code', showCounts(tally.codes)],
      ['probes', latencies.length],
      ['probes, p50 / p95 / p99 / longest', showLatencies(latencies)],
      ['probes, p99', `${quantile(latencies, 0.99).toFixed(1)} ms`],
      ['slowest probe', `${slowest.toFixed(1)} ms`],
    ],
    problems,
  };
}

/** So many that pages are full. */
async function makeBadges(url: string): Promise<void> {
  const client = createClient(url, 1);
  const title = 'A badge of a flood';
  const input = { returningAI: { title, ...COMPLETE } };
  const fields = Array.from(
    { length: BADGES_AT_ONCE },
    (_, index) => `m${index}: createBadge(input: $input) { userErrors { code } }`,
  );
  const query = `mutation ($input: CreateBadgeInput!) { ${fields.join(' ')} }`;
  for (let made = 0; made < BADGES; made += BADGES_AT_ONCE) {
    const { body } = await client.ask({ query, variables: { input } });
    if (body.errors || !body.data) throw new Error('the badges could not be made');
  }
  await client.close();
}

/** The latency of each probe in milliseconds. Probes do not wait for earlier ones. */
async function probe(url: URL, forMs: number): Promise<number[]> {
  const pool = new Pool(url.origin);
  const end = performance.now() + forMs;
  const probes: Promise<number>[] = [];
  while (performance.now() < end) {
    probes.push(probeOnce(pool, url.pathname));
    await sleep(PROBE_EVERY_MS);
  }
  const latencies = await Promise.all(probes);
  await pool.close();
  return latencies;
}

async function probeOnce(pool: Pool, path: string): Promise<number> {
  const begun = performance.now();
  try {
    const { statusCode, body } = await pool.request({ path, method: 'GET' });
    await body.dump();
    return statusCode === 200 ? performance.now() - begun : Infinity;
  } catch {
    return Infinity;
  }
}
