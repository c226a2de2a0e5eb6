import type { CallBounds } from './call-bounds.ts';
import type { Clock } from './clock.ts';
import { ProviderError } from './provider-error.ts';

const MOST_ATTEMPTS = 3;
const BASE_MS = 100;
const BASE_AFTER_429_MS = 500;
const LONGEST_PAUSE_MS = 2_000;
/** An attempt that has less time than this would only cost the provider. */
export const LEAST_ATTEMPT_MS = 100;

export interface RetryOptions {
  clock: Clock;
  /** Within 0 and 1. */
  random: () => number;
}

/** Tries a read again while its fault may pass, with full jitter, within its deadline. A write is tried once. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  { purpose, deadlineAt }: CallBounds,
  { clock, random }: RetryOptions,
): Promise<T> {
  let last: ProviderError | undefined;
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      // An attempt that was never made says less than the one before it.
      if (last && error.effect === 'not-sent' && error.consequences.repeat === 'never') throw last;
      last = error;
      if (purpose === 'write' || !mayRepeat(error, attempts)) throw error;
      const pauseMs = toPause(error, attempts, random);
      if (clock.now() + pauseMs + LEAST_ATTEMPT_MS > deadlineAt) throw error;
      await clock.pause(pauseMs);
    }
  }
}

function mayRepeat({ consequences }: ProviderError, attempts: number): boolean {
  switch (consequences.repeat) {
    case 'never':
      return false;
    case 'once':
      return attempts < 2;
    case 'again':
      return attempts < MOST_ATTEMPTS;
  }
}

function toPause(error: ProviderError, attempts: number, random: () => number): number {
  const base = error.kind === 'rate-limited' ? BASE_AFTER_429_MS : BASE_MS;
  const jitter = random() * Math.min(LONGEST_PAUSE_MS, base * 2 ** (attempts - 1));
  return (error.retryAfterMs ?? 0) + jitter;
}
