/** Counts what happened within the last `windowMs`; refuses beyond `limit`. */
export interface RateWindow {
  /** Whether one more fits now; counts it if so. */
  admit(): boolean;
}

export function createRateWindow(options: {
  limit: number;
  windowMs: number;
  now: () => number;
}): RateWindow {
  const admittedAt: number[] = [];
  return {
    admit() {
      const now = options.now();
      while (admittedAt[0] !== undefined && admittedAt[0] <= now - options.windowMs) {
        admittedAt.shift();
      }
      if (admittedAt.length >= options.limit) return false;
      admittedAt.push(now);
      return true;
    },
  };
}
