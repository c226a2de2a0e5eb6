/** The window of the one documented rate limit. */
export const RATE_WINDOW_MS = 10_000;

/** How requests came in since the start or the last reset. Refused ones count. */
export interface Arrivals {
  total: number;
  byOperation: Readonly<Record<string, number>>;
  /** How many were answered with 429. */
  refused429: number;
  /**
   * The most requests within any window of that length; of two that are exactly as far apart, only one is in it.
   * Exact for 10,000 ms, and for other lengths among the last million requests.
   */
  mostIn: (windowMs: number) => number;
}

export interface ArrivalCounter {
  /** `at` never runs backwards; milliseconds. */
  add(operation: string, at: number): void;
  addRefusal(): void;
  read(): Arrivals;
  reset(): void;
}

const MAX_TIMES = 1_000_000;

export function createArrivalCounter(): ArrivalCounter {
  let times: number[] = [];
  /** Index of the oldest time that is within the window of the newest. */
  let start = 0;
  let total = 0;
  let most = 0;
  let refused429 = 0;
  let byOperation = new Map<string, number>();

  function add(operation: string, at: number): void {
    total += 1;
    byOperation.set(operation, (byOperation.get(operation) ?? 0) + 1);
    times.push(at);
    start = firstWithin(times, start, at - RATE_WINDOW_MS);
    most = Math.max(most, times.length - start);
    // What the window holds is never forgotten, nor is an array of this size moved at each request.
    if (times.length >= 2 * MAX_TIMES) {
      const gone = Math.min(start, MAX_TIMES);
      times = times.slice(gone);
      start -= gone;
    }
  }

  return {
    add,
    addRefusal: () => void (refused429 += 1),
    read: () => ({
      total,
      byOperation: Object.fromEntries(byOperation),
      refused429,
      mostIn: (windowMs) => (windowMs === RATE_WINDOW_MS ? most : mostWithin(times, windowMs)),
    }),
    reset() {
      times = [];
      byOperation = new Map();
      start = total = most = refused429 = 0;
    },
  };
}

function mostWithin(times: readonly number[], windowMs: number): number {
  let start = 0;
  let most = 0;
  for (const [index, at] of times.entries()) {
    start = firstWithin(times, start, at - windowMs);
    most = Math.max(most, index + 1 - start);
  }
  return most;
}

/** The first index from `start` on whose time is later than that. */
function firstWithin(times: readonly number[], start: number, after: number): number {
  let index = start;
  while ((times[index] ?? Infinity) <= after) index += 1;
  return index;
}

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
