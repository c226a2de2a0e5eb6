import type { TokenLimit } from './token-bucket.ts';

/** What a provider allows: no stretch of `windowMs` may see more than `requests`. */
export interface RequestWindow {
  readonly requests: number;
  readonly windowMs: number;
}

/*
 * A bucket lets burst + rate * time through, so these are shares of the window's requests. They add up to less
 * than all of it in the worst case: what is sent may arrive a second late, and somebody else may hold the same key.
 */

/** For the only process there is: 11/12 of the window. */
export function wholeShare({ requests, windowMs }: RequestWindow): TokenLimit {
  return toLimit(requests / 4, (requests * 2) / 3 / windowMs, windowMs);
}

/**
 * For all replicas together: 7/12. The rest is what replicas that are cut off may send at the same time, and what all
 * may send right after the shared bucket was lost.
 */
export function sharedShare({ requests, windowMs }: RequestWindow): TokenLimit {
  const limit = toLimit(requests * 0.13, (requests * 0.45) / windowMs, windowMs);
  // However often Redis loses its data, nothing is had by it.
  return { ...limit, start: 0 };
}

/**
 * For one of several that has lost the others: with all but one of them cut off, 1/3 together. Where that is less
 * than one request for each, none.
 */
export function ownShare({ requests, windowMs }: RequestWindow, replicas: number): TokenLimit {
  const share = requests / 3 / Math.max(1, replicas - 1);
  const burst = Math.max(1, Math.floor(share / 5));
  const limit = toLimit(burst, (share - burst) / windowMs, windowMs);
  if (share < 1) return { ...limit, burst: 0, perSecond: 0, start: 0 };
  // All of them start at the same moment, with ten requests together.
  return { ...limit, start: Math.min(1, 10 / replicas) };
}

/** What queries leave of a bucket to mutations. */
export function reserveOf(burst: number): number {
  return burst > 1 ? Math.max(1, Math.floor(burst / 4)) : 0;
}

/** A provider asks to be left alone for a window at most. Half of one is for the differences between clocks. */
const LONGEST_BLOCK_WINDOWS = 1.5;

function toLimit(size: number, perMs: number, windowMs: number): TokenLimit {
  const burst = Math.max(1, Math.floor(size));
  return {
    burst,
    perSecond: perMs * 1_000,
    // Enough for one query.
    start: reserveOf(burst) + 1,
    longestBlockMs: windowMs * LONGEST_BLOCK_WINDOWS,
  };
}
