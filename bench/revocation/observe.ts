import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile, showLatencies } from '../../test/support/tally.ts';
import { createAsker } from './ask.ts';
import type { World } from './world.ts';

/** Probes and queries do not wait for earlier ones. */
const EVERY_MS = 20;
const WARM_UP_ROUNDS = 250;
const QUERY = '{ badges { totalCount nodes { __typename } } }';
const SERVED = { secret: 'second', tenant: 'served' };
const LIVE = '/health/live';

export interface Seen {
  /** p50, p95, p99 and the longest, of the tenant and of the probes. */
  shown: string;
  p99: { 'the tenant': number; probes: number };
  /** The number of queries and probes with no response or a status other than 200. */
  failures: number;
  mostMb: number;
  /** The growth of memory during that time. */
  grownMb: number;
}

/** Observes a tenant's queries and a probe, each fifty times a second, and the memory of the service. */
export async function observe({ service }: World, forMs: number): Promise<Seen> {
  const asker = createAsker(service.url);
  const end = performance.now() + forMs;
  const running: { queries: Promise<number>[]; probes: Promise<number>[] } = {
    queries: [],
    probes: [],
  };
  const startMb = rssMbOf(service.pid);
  let mostMb = startMb;
  while (performance.now() < end) {
    running.queries.push(msOf(asker.ask(QUERY, SERVED)));
    running.probes.push(msOf(asker.probe(LIVE)));
    mostMb = Math.max(mostMb, rssMbOf(service.pid));
    await sleep(EVERY_MS);
  }
  const [queries, probes] = await Promise.all([
    Promise.all(running.queries),
    Promise.all(running.probes),
  ]);
  await asker.close();
  const answered = (all: number[]) => all.filter((ms) => ms < Infinity);
  return {
    shown: `${showLatencies(answered(queries))}, ${showLatencies(answered(probes))}`,
    p99: {
      'the tenant': quantile(answered(queries), 0.99),
      probes: quantile(answered(probes), 0.99),
    },
    failures: [...queries, ...probes].filter((ms) => ms === Infinity).length,
    mostMb,
    grownMb: mostMb - startMb,
  };
}

/** Lets a process reach the memory usage that it has under load. */
export async function warmUp({ service }: World): Promise<void> {
  const asker = createAsker(service.url);
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) {
    const asks = Array.from({ length: 8 }, () => [asker.ask(QUERY, SERVED), asker.probe(LIVE)]);
    await Promise.all(asks.flat());
  }
  await asker.close();
}

/** Resident memory, as Linux counts it. */
function rssMbOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

async function msOf(answer: Promise<number>): Promise<number> {
  const begun = performance.now();
  return (await answer) === 200 ? performance.now() - begun : Infinity;
}
