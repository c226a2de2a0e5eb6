import { createClient } from '../../test/support/graphql-client.ts';
import { LIST } from '../../test/support/load-operations.ts';
import { type Tally, addAnswer, createTally } from '../../test/support/tally.ts';

export interface SteadyLoad {
  /** The results since the last call. */
  take(): Tally;
  /** When the first list came that was fetched from the provider after that moment; undefined: not yet. */
  firstFreshAfter(at: number): number | undefined;
  stop(): Promise<void>;
}

/** Reads lists at a fixed rate, without waiting for responses. */
export function startSteadyLoad(url: string, provider: string, aSecond: number): SteadyLoad {
  const client = createClient(url, aSecond);
  const freshAt: number[] = [];
  let tally = createTally();

  async function ask(): Promise<void> {
    const answer = await client.ask(LIST);
    addAnswer(tally, answer);
    const source = answer.body.data?.badges?.sources?.find((each) => each.provider === provider);
    if (source?.state === 'FRESH') freshAt.push(performance.now());
  }
  const timer = setInterval(() => void ask(), 1_000 / aSecond);

  return {
    take() {
      const taken = tally;
      tally = createTally();
      return taken;
    },
    firstFreshAfter: (at) => freshAt.find((each) => each > at),
    async stop() {
      clearInterval(timer);
      await client.close();
    },
  };
}
