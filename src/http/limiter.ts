import type { CallPurpose } from './call-bounds.ts';
import type { Clock } from './clock.ts';
import { ProviderError } from './provider-error.ts';

/** The requests that a provider allows, as all who share them count them. Never rejects. */
export interface Allowance {
  /** Takes one. 0 when it was there, else the milliseconds until it is worth asking again. Queries leave some for mutations. */
  take(isQuery: boolean): Promise<number>;
  /** Lets nobody take any for so many milliseconds. */
  block(ms: number): Promise<void>;
}

export interface Limiter {
  /** Waits for a request until `until`, monotonic milliseconds. Throws a `ProviderError`, at once when the wait would be longer. */
  enter(purpose: CallPurpose, until: number): Promise<void>;
  /** The provider has refused a request as one too many. */
  coolDown(ms: number): void;
}

/** `allowance` undefined: the provider states no limit, and only its refusals count. */
export function createLimiter(clock: Clock, allowance: Allowance | undefined): Limiter {
  let coolUntil = -Infinity;

  async function waitMs(purpose: CallPurpose): Promise<number> {
    const cooling = coolUntil - clock.now();
    if (cooling > 0) return cooling;
    return allowance ? allowance.take(purpose === 'query') : 0;
  }

  return {
    async enter(purpose, until) {
      for (;;) {
        const ms = await waitMs(purpose);
        if (ms <= 0) return;
        if (clock.now() + ms > until) throw tooMany(ms);
        await clock.pause(ms);
      }
    },
    coolDown(ms) {
      coolUntil = Math.max(coolUntil, clock.now() + ms);
      void allowance?.block(ms);
    },
  };
}

function tooMany(retryAfterMs: number): ProviderError {
  return new ProviderError('takes no more requests for now', {
    kind: 'rate-limited',
    effect: 'not-sent',
    retryAfterMs: Math.ceil(retryAfterMs),
  });
}
