import { ownShare, reserveOf, sharedShare, wholeShare } from './request-shares.ts';
import type { RequestWindow } from './request-shares.ts';
import { StateError } from './state-store.ts';
import { takeToken } from './token-bucket.ts';
import type { TokenBucket, TokenBuckets } from './token-bucket.ts';

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
  const limit = isShared ? sharedShare(window) : wholeShare(window);
  const ownLimit = ownShare(window, replicas);
  let own: TokenBucket | null = null;
  let ownUntil = -Infinity;

  function takeOwn(isQuery: boolean): number {
    const taken = takeToken(own, ownLimit, {
      leave: isQuery ? reserveOf(ownLimit.burst) : 0,
      now: now(),
    });
    own = taken.bucket;
    return Math.min(taken.waitMs, window.windowMs);
  }

  return {
    async take(isQuery) {
      // To go to and fro would use both shares within one window.
      if (now() < ownUntil) return takeOwn(isQuery);
      try {
        return await buckets.take(name, limit, isQuery ? reserveOf(limit.burst) : 0);
      } catch (error) {
        if (!(error instanceof StateError)) throw error;
        ownUntil = now() + window.windowMs;
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
