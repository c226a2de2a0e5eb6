import { StateError } from './state-store.ts';
import { takeToken } from './token-bucket.ts';
import type { TokenBucket, TokenBuckets, TokenLimit } from './token-bucket.ts';

/** What a provider allows: no stretch of `windowMs` may see more than `requests`. */
export interface RequestWindow {
  requests: number;
  windowMs: number;
}

export interface AllowanceOptions {
  /** Whom it is for; those of the same name share it. */
  name: string;
  window: RequestWindow;
  buckets: TokenBuckets;
  /** Whether other processes take from the same buckets. */
  isShared: boolean;
  /** How many processes there are. */
  replicas: number;
  /** Milliseconds that never go back. */
  now: () => number;
}

/** The requests to one provider, counted where all its callers count; without that place, a share of them. Never rejects. */
export interface Allowance {
  /** 0: one was taken. Else the milliseconds until it is worth asking again. Queries leave some for mutations. */
  take(isQuery: boolean): Promise<number>;
  /** Lets nobody take any for so many milliseconds. */
  block(ms: number): Promise<void>;
}

export function createAllowance(options: AllowanceOptions): Allowance {
  const { name, window, buckets, isShared, replicas, now } = options;
  const limit = isShared ? sharedLimit(window) : wholeLimit(window);
  const ownLimit = lostLimit(window, replicas);
  let own: TokenBucket | null = null;

  function takeOwn(isQuery: boolean): number {
    const taken = takeToken(own, ownLimit, { leave: leaveOf(ownLimit, isQuery), now: now() });
    own = taken.bucket;
    return taken.waitMs;
  }

  return {
    async take(isQuery) {
      try {
        return await buckets.take(name, limit, leaveOf(limit, isQuery));
      } catch (error) {
        if (!(error instanceof StateError)) throw error;
        return takeOwn(isQuery);
      }
    },
    async block(ms) {
      try {
        await buckets.block(name, ms);
      } catch (error) {
        // The caller keeps its own peace; others will be refused themselves.
        if (!(error instanceof StateError)) throw error;
      }
    },
  };
}

/** What queries leave to mutations. */
function leaveOf({ burst }: TokenLimit, isQuery: boolean): number {
  return isQuery ? Math.floor(burst / 3) : 0;
}

/*
 * A bucket lets burst + rate * time through, so these are shares of the window's requests. They add up to less
 * than all of it in the worst case: what is sent may arrive a second late, and somebody else may hold the same key.
 */

/** For the only process there is: 11/12 of the window. */
function wholeLimit({ requests, windowMs }: RequestWindow): TokenLimit {
  return toLimit({ burst: requests / 4, rest: (requests * 2) / 3, windowMs });
}

/**
 * For all replicas together: 2/3. The rest is what replicas that are cut off may send at the same time, and what all
 * may send right after the shared bucket was lost.
 */
function sharedLimit({ requests, windowMs }: RequestWindow): TokenLimit {
  return toLimit({ burst: requests / 6, rest: requests / 2, windowMs });
}

/** For one of several that has lost the others: with all but one of them cut off, 28/100 together. */
function lostLimit({ requests, windowMs }: RequestWindow, replicas: number): TokenLimit {
  const share = (requests * 0.28) / Math.max(1, replicas - 1);
  const limit = toLimit({ burst: share / 5, rest: (share * 4) / 5, windowMs });
  // All of them start at the same moment.
  return { ...limit, start: Math.min(1, 10 / replicas) };
}

function toLimit(parts: { burst: number; rest: number; windowMs: number }): TokenLimit {
  const burst = Math.max(1, Math.floor(parts.burst));
  const leave = leaveOf({ burst, perSecond: 0, start: 0 }, true);
  const perSecond = (parts.rest / parts.windowMs) * 1_000;
  return { burst, perSecond, start: Math.min(burst, leave + 2) };
}
