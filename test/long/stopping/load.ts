import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Operation, type Client, codesOf } from '../../support/graphql-client.ts';
import { type Known, LIST, toRename } from '../../support/load-operations.ts';

/** An operation that was not answered as it should have been. */
export interface Lost {
  /** When it was sent, `performance.now()`. */
  at: number;
  what: string;
  /** Nobody took the connection, so that nothing was sent. */
  isRefused: boolean;
}

export interface Load {
  sent: () => number;
  answered: () => number;
  lost: readonly Lost[];
  /** Ends once all that were sent have come to an end. */
  end(): Promise<void>;
}

/** Sends so many operations a second, whatever becomes of those before; of five, so many are writes with a key. */
export function startLoad(
  client: Client,
  { badges, perSecond, writesOfFive }: { badges: Known; perSecond: number; writesOfFive: number },
): Load {
  const lost: Lost[] = [];
  const pending = new Set<Promise<void>>();
  let sent = 0;
  let answered = 0;
  let isOver = false;

  async function send(ask: Operation): Promise<void> {
    const at = performance.now();
    const answer = await client.ask(ask);
    const codes = codesOf(answer);
    if (answer.status === 200 && codes.length === 0) answered += 1;
    else {
      const what = answer.failure ?? `status ${answer.status}, ${codes.join(', ')}`;
      lost.push({ at, what, isRefused: answer.failure === 'ECONNREFUSED' });
    }
  }

  const sending = (async () => {
    const begun = performance.now();
    while (!isOver) {
      const operation = send(sent % 5 < writesOfFive ? toWrite(badges, sent) : LIST);
      pending.add(operation);
      void operation.then(() => pending.delete(operation));
      sent += 1;
      await sleep(Math.max(0, begun + (sent * 1_000) / perSecond - performance.now()));
    }
  })();
  return {
    sent: () => sent,
    answered: () => answered,
    lost,
    async end() {
      isOver = true;
      await sending;
      await Promise.all(pending);
    },
  };
}

/** The badges in turn: writes of the same one would wait for each other. */
function toWrite(badges: Known, turn: number): Operation {
  return toRename(pick(badges, turn), `Name ${turn}`, randomUUID());
}

function pick(badges: Known, turn: number): Known[number] {
  const badge = badges[turn % badges.length];
  if (!badge) throw new Error('There is nothing to write to');
  return badge;
}

/** Those of the provider that states no limit. */
export async function listWritable(client: Client): Promise<Known> {
  const { body } = await client.ask(LIST);
  return (body.data?.badges?.nodes ?? []).filter(({ provider }) => provider === 'RETURNING_AI');
}
