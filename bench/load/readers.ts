/** A process with many concurrent clients, controlled by messages. Each sends a request, reads the response and pauses. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../test/support/graphql-client.ts';
import { createRandom, pick } from '../../test/support/random.ts';
import { type Known, nextRead } from '../../test/support/load-operations.ts';
import { addAnswer, createTally } from '../../test/support/tally.ts';

/** The first message to the readers. */
export interface ReadersTask {
  /** Of the graphs of all processes. */
  urls: string[];
  clients: number;
  /** From 0 to twice as much, evenly. */
  meanThinkMs: number;
  seed: number;
  known: Known;
}

const tally = createTally();
const ends = new AbortController();

process.once('disconnect', () => process.exit(0));
process.once('message', (task: ReadersTask) => {
  process.once('message', () => ends.abort());
  void run(task);
});

async function run(task: ReadersTask): Promise<void> {
  const { urls, clients } = task;
  const random = createRandom(task.seed);
  const pools = urls.map((url) => createClient(url, Math.ceil(clients / urls.length)));
  const progress = setInterval(() => process.send?.(tally.requests), 1_000);

  async function read(index: number): Promise<void> {
    const pool = pools[index % pools.length] ?? pick(pools, random);
    while (!ends.signal.aborted) {
      await sleep(2 * task.meanThinkMs * random(), undefined, { signal: ends.signal }).catch(
        () => undefined,
      );
      if (!ends.signal.aborted) addAnswer(tally, await pool.ask(nextRead(task.known, random)));
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, index) => read(index)));
  clearInterval(progress);
  await Promise.all(pools.map((pool) => pool.close()));
  process.send?.(tally);
}
