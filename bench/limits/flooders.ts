/** A process with many connections. A message tells it what to send; each connection sends one request after the other. */
import { type Operation, createClient } from '../../test/support/graphql-client.ts';
import { addAnswer, createTally } from '../../test/support/tally.ts';

export interface FloodTask {
  url: string;
  connections: number;
  asks: readonly Operation[];
}

const tally = createTally();
let isOver = false;

process.once('disconnect', () => process.exit(0));
process.once('message', (task: FloodTask) => {
  process.once('message', () => {
    isOver = true;
  });
  void run(task);
});

async function run({ url, connections, asks }: FloodTask): Promise<void> {
  const client = createClient(url, connections);
  let next = 0;

  async function flood(): Promise<void> {
    while (!isOver) {
      const ask = asks[next % asks.length] ?? { query: '' };
      next += 1;
      addAnswer(tally, await client.ask(ask));
    }
  }
  await Promise.all(Array.from({ length: connections }, flood));
  await client.close();
  process.send?.(tally);
}
