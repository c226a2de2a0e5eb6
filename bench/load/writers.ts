import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Client, codesOf } from '../../test/support/graphql-client.ts';
import { type Known, toRename } from '../../test/support/load-operations.ts';

/** A write as its client saw it. */
export interface Written {
  provider: string;
  /** When it was sent, milliseconds since the load began. */
  at: number;
  ms: number;
  codes: string[];
  warnings: string[];
}

/** Sends a write every `everyMs` without waiting, to the providers, their badges and the processes in turn. */
export async function write(
  clients: readonly Client[],
  known: Known,
  { everyMs, forMs }: { everyMs: number; forMs: number },
): Promise<Written[]> {
  const begun = performance.now();
  const turns = ['RETURNING_AI', 'TAG_MANGO'].map((provider) =>
    known.filter((badge) => badge.provider === provider),
  );
  const writes: Promise<Written>[] = [];
  for (let n = 0; n * everyMs < forMs; n += 1) {
    const at = n * everyMs;
    await sleep(Math.max(0, begun + at - performance.now()));
    const own = turns[n % turns.length];
    const badge = own?.[Math.floor(n / turns.length) % own.length];
    const client = clients[n % clients.length];
    if (!badge || !client) throw new Error('There is nothing to write to');
    const answer = client.ask(toRename(badge, `Load ${n}`));
    writes.push(answer.then((came) => toWritten(came, badge.provider, at)));
  }
  return Promise.all(writes);
}

function toWritten(answer: Answer, provider: string, at: number): Written {
  const warnings = (answer.body.data?.result?.warnings ?? []).map(({ code }) => code);
  return { provider, at, ms: answer.ms, codes: codesOf(answer), warnings };
}
