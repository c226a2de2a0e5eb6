import type { CircuitBreaker } from '../../src/http/admission.ts';
import type { Clock } from '../../src/http/call-options.ts';

export interface SkippingClock extends Clock {
  skip(ms: number): void;
}

/** A real clock whose pauses end at once and move it forward by their length. */
export function createSkippingClock(): SkippingClock {
  let skipped = 0;
  return {
    now: () => Date.now() + skipped,
    async pause(ms) {
      skipped += ms;
    },
    skip: (ms) => void (skipped += ms),
  };
}

/** For tests that show more faults in a row than any breaker would let pass. */
export const alwaysClosed: CircuitBreaker = { waitMs: () => 0, enter: () => () => undefined };

export interface ManualClock extends Clock {
  /** Lets time pass; pauses end at their moments, one after the other, with all that follows from each. */
  advance(ms: number): Promise<void>;
  /** How long each pause that was begun was to take. */
  pauses: number[];
}

/** Stands still unless the test moves it. */
export function createManualClock(start = 0): ManualClock {
  let now = start;
  const pauses: number[] = [];
  let sleepers: { at: number; wake: () => void }[] = [];

  async function wakeUntil(end: number): Promise<void> {
    for (;;) {
      await settled();
      const [next] = sleepers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) return;
      now = Math.max(now, next.at);
      next.wake();
    }
  }

  return {
    now: () => now,
    pauses,
    pause(ms, signal) {
      pauses.push(ms);
      return new Promise((resolve) => {
        const sleeper = {
          at: now + ms,
          wake: () => {
            sleepers = sleepers.filter((each) => each !== sleeper);
            resolve();
          },
        };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', sleeper.wake);
      });
    },
    async advance(ms) {
      const end = now + ms;
      await wakeUntil(end);
      now = end;
      await settled();
    },
  };
}

/** After all that follows from what has resolved by now. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Counts how many turns of the event loop other work of this process had while `work` was done. */
export async function countTurns(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isRunning = true;
  const tick = (): void => {
    turns += 1;
    if (isRunning) setImmediate(tick);
  };
  setImmediate(tick);
  await work();
  isRunning = false;
  return turns;
}
