import { setTimeout as sleep } from 'node:timers/promises';
import type { Children } from '../../support/children.ts';
import { createClient } from '../../support/graphql-client.ts';
import { startProductionService } from '../../support/service-process.ts';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';
import { startChanges } from './changes.ts';
import { startServers } from './servers.ts';

/** How long the load goes on after each swap. */
const BETWEEN_MS = 6_000;
const COUNT_EVERY_MS = 100;
const WRITE_MS = 60;

export interface SwapFinding {
  /** Changes with a key that were answered as made. */
  answered: number;
  /** Of them, those sent once more. */
  repeated: number;
  /** Responses that rejected a change because of the store or a lock. */
  refused: number;
  /** Pairs of updates that expect the same version, and those in which both were applied. */
  pairs: number;
  bothMade: number;
  /** Titles of changes that the provider saw more than once, and of those that it never saw. */
  twice: string[];
  missing: string[];
  /** From each swap to the last refusal, milliseconds. */
  recoveries: number[];
  problems: readonly string[];
}

/**
 * Two processes on one Redis, of which two servers swap roles again and again under load, behind an address that
 * moves and connections that stay. Every change has a key, is repeated under it at either process until it is
 * answered, and then once more.
 */
export async function swapUnderLoad(children: Children, swaps: number): Promise<SwapFinding> {
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
  const services = [
    await startProductionService(children, env),
    await startProductionService(children, env),
  ];
  const clients = services.map(({ url }) => createClient(url, 50));
  const changes = await startChanges(clients);
  const writes = countWrites(sandbox);

  await sleep(BETWEEN_MS / 2);
  const recoveries: number[] = [];
  for (let swap = 0; swap < swaps; swap += 1) {
    await servers.untilFollowed();
    const begun = performance.now();
    await servers.swap();
    await sleep(BETWEEN_MS);
    const refusals = changes.refusedAt.filter((at) => at >= begun).map((at) => at - begun);
    recoveries.push(Math.max(0, ...refusals));
  }
  await changes.end();

  const seen = writes.end();
  for (const client of clients) await client.close();
  for (const service of services) await service.end('SIGTERM');
  await servers.stop();
  await sandbox.close();
  return {
    answered: changes.done.length,
    repeated: changes.repeated(),
    refused: changes.refusedAt.length,
    pairs: changes.pairs(),
    bothMade: changes.bothMade(),
    twice: [...seen].flatMap(([title, times]) =>
      title.startsWith('Keyed') && times > 1 ? [title] : [],
    ),
    missing: changes.done.filter((title) => !seen.has(title)),
    recoveries,
    problems: changes.problems,
  };
}

/** How often each title was received during the whole run, since the sandbox keeps only the last requests. */
function countWrites(sandbox: Sandbox): { end(): ReadonlyMap<string, number> } {
  const seen = new Map<string, number>();
  function count(): void {
    for (const { method, body } of sandbox.returningAI.requests.splice(0)) {
      const title = method === 'GET' ? undefined : toTitle(body);
      if (title !== undefined) seen.set(title, (seen.get(title) ?? 0) + 1);
    }
  }
  const counting = setInterval(count, COUNT_EVERY_MS);
  return {
    end() {
      clearInterval(counting);
      count();
      return seen;
    },
  };
}

function toTitle(body: unknown): string | undefined {
  const isTitled = typeof body === 'object' && body !== null && 'title' in body;
  return isTitled ? String(body.title) : undefined;
}
