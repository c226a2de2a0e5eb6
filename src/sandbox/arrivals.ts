/** The window of the one documented rate limit. */
export const RATE_WINDOW_MS = 10_000;

/** The requests since the start or the last reset, including rejected ones. */
export interface Arrivals {
  total: number;
  byOperation: Readonly<Record<string, number>>;
  /** The number that was answered with 429. */
  refused429: number;
  /**
   * The maximum number of requests within any window of this length, which includes only one of its two ends.
   * Exact for 10,000 ms; for other lengths, counts the last million requests.
   */
  maxIn: (windowMs: number) => number;
}

export interface ArrivalCounter {
  /** `at`: monotonic milliseconds. */
  add(operation: string, at: number): void;
  addRefusal(): void;
  read(): Arrivals;
  reset(): void;
}

const MAX_TIMES = 1_000_000;

export function createArrivalCounter(): ArrivalCounter {
  let times: number[] = [];
  /** The index of the oldest time in the window of the newest. */
  let start = 0;
  let total = 0;
  let max = 0;
  let refused429 = 0;
  let byOperation = new Map<string, number>();

  function add(operation: string, at: number): void {
    total += 1;
    byOperation.set(operation, (byOperation.get(operation) ?? 0) + 1);
    times.push(at);
    start = firstWithin(times, start, at - RATE_WINDOW_MS);
    max = Math.max(max, times.length - start);
    // Keeps the window, and moves the array rarely.
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
      maxIn: (windowMs) => (windowMs === RATE_WINDOW_MS ? max : maxWithin(times, windowMs)),
    }),
    reset() {
      times = [];
      byOperation = new Map();
      start = total = max = refused429 = 0;
    },
  };
}

function maxWithin(times: readonly number[], windowMs: number): number {
  let start = 0;
  let max = 0;
  for (const [index, at] of times.entries()) {
    start = firstWithin(times, start, at - windowMs);
    max = Math.max(max, index + 1 - start);
  }
  return max;
}

/** The first index from `start` on with a later time. */
function firstWithin(times: readonly number[], start: number, after: number): number {
  let index = start;
  while ((times[index] ?? Infinity) <= after) index += 1;
  return index;
}

/** Counts events within the last `windowMs`, and rejects more than `limit`. */
interface RateWindow {
  /** Counts one more event if it fits, and returns whether it did. */
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
