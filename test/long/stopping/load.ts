import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Operation, type Client, codesOf } from '../../support/graphql-client.ts';
import { type Known, LIST, toRename } from '../../support/load-operations.ts';

/** An operation with a missing or wrong response. */
export interface Lost {
  /** When it was sent, `performance.now()`. */
  at: number;
  what: string;
  /** The connection was refused, so nothing was sent. */
  isRefused: boolean;
}

export interface Load {
  sent: () => number;
  answered: () => number;
  answeredWrites: () => number;
  lost: readonly Lost[];
  /** Stops sending, and resolves after the last response. */
  end(): Promise<void>;
}

/** Sends operations at a fixed rate without waiting for responses. Of five, `writesOfFive` are writes with a key. */
export function startLoad(
  client: Client,
  { badges, perSecond, writesOfFive }: { badges: Known; perSecond: number; writesOfFive: number },
): Load {
  const lost: Lost[] = [];
  const pending = new Set<Promise<void>>();
  let sent = 0;
  let answered = 0;
  let answeredWrites = 0;
  let isOver = false;

  async function send(ask: Operation): Promise<void> {
    const at = performance.now();
    const answer = await client.ask(ask);
    const codes = codesOf(answer);
    if (answer.status === 200 && codes.length === 0) {
      answered += 1;
      if (ask !== LIST) answeredWrites += 1;
    } else {
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
    answeredWrites: () => answeredWrites,
    lost,
    async end() {
      isOver = true;
      await sending;
      await Promise.all(pending);
    },
  };
}

/** Takes the badges in turn, because writes to the same one would wait for each other. */
function toWrite(badges: Known, turn: number): Operation {
  return toRename(pick(badges, turn), `Name ${turn}`, randomUUID());
}

function pick(badges: Known, turn: number): Known[number] {
  const badge = badges[turn % badges.length];
  if (!badge) throw new Error('There is nothing to write to');
  return badge;
}

/** The badges of the provider without a documented rate limit. */
export async function listWritable(client: Client): Promise<Known> {
  const { body } = await client.ask(LIST);
  return (body.data?.badges?.nodes ?? []).filter(({ provider }) => provider === 'RETURNING_AI');
}
