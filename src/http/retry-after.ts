import type { Repeat } from './provider-error.ts';

export interface RetryAfterHeaders {
  'retry-after'?: string | string[] | undefined;
  date?: string | string[] | undefined;
}

/** A window of the provider that has one. What it does not say, or says beyond reason, is taken to be this. */
const LONGEST_MS = 10_000;

/**
 * How long a provider that refuses one request too many asks to be left alone, and whether it said so in earnest.
 * A date counts from the answer's own: its clock and ours may be minutes apart.
 */
export function toRetryAfter(headers: RetryAfterHeaders): { retryAfterMs: number; repeat: Repeat } {
  const ms = readMs(headers['retry-after'], headers.date);
  const isSaid = ms >= 0 && ms <= LONGEST_MS;
  return { retryAfterMs: isSaid ? ms : LONGEST_MS, repeat: isSaid ? 'again' : 'never' };
}

/** NaN for what is none. */
function readMs(retryAfter: unknown, date: unknown): number {
  if (typeof retryAfter !== 'string') return NaN;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  // What parses as a date and is no HTTP date, such as "1.5", is nothing to rely on.
  const isDate = /^[A-Z][a-z]+,? /.test(retryAfter);
  return isDate && typeof date === 'string' ? Date.parse(retryAfter) - Date.parse(date) : NaN;
}
