import type { CircuitBreaker, Clock } from '../../src/http/admission.ts';

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

/** A breaker that never opens, for tests with many faults in a row. */
export const alwaysClosed: CircuitBreaker = { waitMs: () => 0, enter: () => () => undefined };

export interface ManualClock extends Clock {
  /** Moves the clock forward. Each pause ends at its time, and everything that follows from it happens before the next one ends. */
  advance(ms: number): Promise<void>;
  /** The length of every pause so far, in milliseconds. */
  pauses: number[];
}

/** A clock that only the test moves. */
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

/** Resolves after all work that is due now. */
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
