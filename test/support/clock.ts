import type { CircuitBreaker } from '../../src/http/admission.ts';
import type { Clock } from '../../src/http/call-options.ts';

export interface SkippingClock extends Clock {
  skip(ms: number): void;
}

/** Goes on like any clock, but a pause is over at once, and its time has passed. */
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
