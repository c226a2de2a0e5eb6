import type { Breaker, Verdict } from './breaker.ts';
import type { Bulkhead } from './bulkhead.ts';
import type { CallBounds } from './call-bounds.ts';
import type { Limiter } from './limiter.ts';
import { ProviderError } from './provider-error.ts';

export interface Admission {
  /** Waits until a call may be made, and no longer than `until`, monotonic milliseconds. Throws a `ProviderError` of effect `not-sent`. */
  enter(bounds: CallBounds, until: number): Promise<Admitted>;
  coolDown(ms: number): void;
}

export interface Admitted {
  /** To be told once how the call ended. */
  leave: (verdict: Verdict) => void;
}

/** What stands before every call: the breaker, a place among the connections, and the provider's limit. */
export function createAdmission(parts: {
  breaker: Breaker;
  bulkhead: Bulkhead;
  limiter: Limiter;
}): Admission {
  const { breaker, bulkhead, limiter } = parts;

  /** What became of a write is worth a call to a provider that seems to be down. */
  function checkBreaker({ purpose }: CallBounds): void {
    const waitMs = breaker.waitMs();
    if (purpose === 'settle' || waitMs === 0) return;
    throw new ProviderError('is not asked for a while, since its last calls failed', {
      kind: 'unavailable',
      effect: 'not-sent',
      repeat: 'never',
      retryAfterMs: Math.ceil(waitMs),
    });
  }

  return {
    async enter(bounds, until) {
      checkBreaker(bounds);
      const leaveBulkhead = await bulkhead.enter(bounds.purpose === 'query', until);
      if (!leaveBulkhead) throw tooBusy();
      try {
        await limiter.enter(bounds.purpose, until);
        // It may have opened meanwhile.
        checkBreaker(bounds);
      } catch (error) {
        leaveBulkhead();
        throw error;
      }
      const end = breaker.enter();
      return {
        leave(verdict) {
          leaveBulkhead();
          end(verdict);
        },
      };
    },
    coolDown: (ms) => limiter.coolDown(ms),
  };
}

function tooBusy(): ProviderError {
  return new ProviderError('could not be asked in time: too many calls are under way', {
    kind: 'timeout',
    effect: 'not-sent',
    repeat: 'never',
  });
}
