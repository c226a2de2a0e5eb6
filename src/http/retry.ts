import { type AnswerHead, type CallBounds, type Clock, headerValues } from './call-options.ts';
import { ProviderError, type Repeat } from './provider-error.ts';

/** How long a provider may be left alone after it refused one request too many, milliseconds. */
export interface RetryAfterBounds {
  /** The longest wait that it can ask for in earnest. */
  longestMs: number;
  /** Where it asks for none, or for one beyond reason. */
  unsaidMs: number;
}

/** For a provider that states no window. A minute is the longest window that is usual. */
const WITHOUT_WINDOW: RetryAfterBounds = { longestMs: 60_000, unsaidMs: 10_000 };

/** A window passes once it was waited out. Undefined: the provider states none. */
export function toRetryAfterBounds(windowMs: number | undefined): RetryAfterBounds {
  return windowMs === undefined ? WITHOUT_WINDOW : { longestMs: windowMs, unsaidMs: windowMs };
}

/**
 * How long a provider asks to be left alone, and whether it said so in earnest; for one that refuses one request too many
 * without a word of it, what is usual.
 * A date counts from the answer's own: its clock and ours may be minutes apart.
 */
export function toRetryAfter(
  head: Pick<AnswerHead, 'headers'>,
  { longestMs, unsaidMs }: RetryAfterBounds,
): { retryAfterMs: number; repeat: Repeat } {
  const ms = readMs(onlyValue(head, 'retry-after'), onlyValue(head, 'date'));
  const isSaid = ms >= 0 && ms <= longestMs;
  return { retryAfterMs: isSaid ? ms : unsaidMs, repeat: isSaid ? 'again' : 'never' };
}

/** Of a header that came several times, what it says each time. */
function onlyValue(head: Pick<AnswerHead, 'headers'>, name: string): string | undefined {
  const [value, ...others] = new Set(headerValues(head, name));
  return others.length === 0 ? value : undefined;
}

/** NaN for what is none. */
function readMs(retryAfter: string | undefined, date: string | undefined): number {
  if (retryAfter === undefined) return NaN;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  // What parses as a date and is no HTTP date, such as "1.5", is nothing to rely on.
  const isDate = /^[A-Z][a-z]+,? /.test(retryAfter);
  return isDate && date !== undefined ? Date.parse(retryAfter) - Date.parse(date) : NaN;
}

const MAX_ATTEMPTS = 3;
const BASE_MS = 100;
const BASE_AFTER_429_MS = 500;
const LONGEST_PAUSE_MS = 2_000;
/** An attempt that has less time than this would only cost the provider. */
export const MIN_ATTEMPT_MS = 100;

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
      if (clock.now() + pauseMs + MIN_ATTEMPT_MS > deadlineAt) throw error;
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
      return attempts < MAX_ATTEMPTS;
  }
}

function toPause(error: ProviderError, attempts: number, random: () => number): number {
  const base = error.kind === 'rate-limited' ? BASE_AFTER_429_MS : BASE_MS;
  const jitter = random() * Math.min(LONGEST_PAUSE_MS, base * 2 ** (attempts - 1));
  return (error.retryAfterMs ?? 0) + jitter;
}
