import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../test/support/graphql-client.ts';
import { type Known, LIST, nextRead } from '../../test/support/load-operations.ts';
import { type Tally, addAnswer, createTally } from '../../test/support/tally.ts';
import { createWriting } from './writing.ts';

export interface LoadOptions {
  url: string;
  clients: number;
  /** From 0 to twice as much, evenly. */
  meanThinkMs: number;
  random: () => number;
}

export interface Load {
  /** The reads since the last call. */
  take(): Tally;
  /** All of them so far. */
  writes: Tally;
  /** Waits for requests in progress, and closes every connection. */
  stop(): Promise<void>;
}

const WRITE_EVERY_MS = 1_000;

/** Readers that send a request, read the response and pause, and one writer. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const { random, meanThinkMs } = options;
  const client = createClient(options.url, options.clients + 1);
  const ends = new AbortController();
  const writes = createTally();
  const nextWrite = createWriting(random);
  let tally = createTally();
  let known: Known = (await client.ask(LIST)).body.data?.badges?.nodes ?? [];

  async function repeat(pauseMs: () => number, act: () => Promise<void>): Promise<void> {
    const { signal } = ends;
    while (!signal.aborted) {
      await sleep(pauseMs(), undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await act();
    }
  }

  async function read(): Promise<void> {
    const answer = await client.ask(nextRead(known, random));
    addAnswer(tally, answer);
    const badges = answer.body.data?.badges;
    // An incomplete list would leave the writer without one of the providers.
    if (badges?.totalCount && badges.nodes) known = badges.nodes;
  }

  const running = [
    ...Array.from({ length: options.clients }, () =>
      repeat(() => 2 * meanThinkMs * random(), read),
    ),
    repeat(
      () => WRITE_EVERY_MS,
      async () => addAnswer(writes, await client.ask(nextWrite(known))),
    ),
  ];

  return {
    writes,
    take() {
      const taken = tally;
      tally = createTally();
      return taken;
    },
    async stop() {
      ends.abort();
      await Promise.all(running);
      await client.close();
    },
  };
}
