import { setTimeout as sleep } from 'node:timers/promises';
import type { Children } from '../../support/children.ts';
import { type Collector, REGISTER } from '../../support/collector.ts';
import { createClient } from '../../support/graphql-client.ts';
import type { Sandbox } from '../../support/sandbox-process.ts';
import { startProductionService } from '../../support/service-process.ts';
import { type Lost, listWritable, startLoad } from '../stopping/load.ts';

/** How long the provider takes for a write. */
const WRITE_MS = 300;
const LOAD = { perSecond: 20, writesOfFive: 2 };
const MIN_BEFORE_MS = 500;
const MAX_BEFORE_MS = 1_500;

export interface FlushRound {
  /** The exit code or the signal. */
  end: number | string | null;
  /** From the signal to the end. */
  ms: number;
  /** Operations that were answered. */
  answered: number;
  /** Spans of requests that were answered with 200. */
  requests: number;
  /** Mutations that were answered, and spans of mutations. */
  writes: number;
  mutations: number;
  /** Writes that the provider received, and spans of their attempts. */
  received: number;
  attempts: number;
  /** Accepted operations with a missing or wrong response. */
  lost: readonly Lost[];
}

/** Stops the service under load, again and again, while none of its spans have been exported. */
export async function flushAgainAndAgain(
  children: Children,
  { sandbox, collector, rounds }: { sandbox: Sandbox; collector: Collector; rounds: number },
): Promise<FlushRound[]> {
  const provider = sandbox.standIns.RETURNING_AI;
  await provider.setFault('updateBadge', { kind: 'delay', ms: WRITE_MS });
  const seen: FlushRound[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = await countWrites(provider);
    const stopped = await stopUnderLoad(children, { ...sandbox.variables, ...collector.variables });
    const received = (await countWrites(provider)) - before;
    const spans = collector.take();
    const count = (name: string) => spans.filter((span) => span.name === name).length;
    const requests = spans.filter(
      ({ name, attributes }) =>
        name === 'POST /graphql' && String(attributes['http.response.status_code']) === '200',
    );
    seen.push({
      ...stopped,
      requests: requests.length,
      mutations: count('mutation'),
      received,
      attempts: count('PUT'),
    });
  }
  return seen;
}

/** Sends SIGTERM in the middle of reads and writes. */
export async function stopUnderLoad(children: Children, env: Readonly<Record<string, string>>) {
  const service = await startProductionService(children, env, {
    nodeArgs: ['--import', REGISTER],
  });
  const client = createClient(service.url, 50);
  const load = startLoad(client, { badges: await listWritable(client), ...LOAD });
  await sleep(MIN_BEFORE_MS + Math.random() * (MAX_BEFORE_MS - MIN_BEFORE_MS));
  const begun = performance.now();
  const { code, signal } = await service.end('SIGTERM');
  const ms = performance.now() - begun;
  await load.end();
  await client.close();
  // The client's connection may be reused at the moment when it is closed.
  const lost = load.lost.filter(({ isRefused, what }) => !isRefused && what !== 'ECONNRESET');
  // One more is the list of the badges to write to.
  const answered = load.answered() + 1;
  return { end: code ?? signal, ms, answered, writes: load.answeredWrites(), lost };
}

async function countWrites(provider: Sandbox['standIns']['RETURNING_AI']): Promise<number> {
  return (await provider.arrivals()).byOperation.updateBadge ?? 0;
}
