import type { ApolloServerPlugin } from '@apollo/server';
import type { BadgesContext } from '../../badges/context.ts';

/** A probe connects in one, and is read and answered in the next. */
const FREE_ROUNDS = 2;

/** Begins one operation after the other: see `createTurns`. */
export function createTurnsPlugin(): ApolloServerPlugin<BadgesContext> {
  const turn = createTurns();
  return { requestDidStart: async () => turn() };
}

/**
 * Lets one go on at a time, with rounds of the event loop between them. Requests that arrive together would be parsed,
 * validated and answered from snapshots in one go, and no probe be answered before all of them.
 */
export function createTurns(): () => Promise<void> {
  const waiting: (() => void)[] = [];
  let isGoing = false;

  function begin(): void {
    const next = waiting.shift();
    isGoing = next !== undefined;
    if (!next) return;
    next();
    afterRounds(FREE_ROUNDS);
  }
  function afterRounds(rounds: number): void {
    setImmediate(() => (rounds > 0 ? afterRounds(rounds - 1) : begin()));
  }
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (!isGoing) begin();
    });
}
