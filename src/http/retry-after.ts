import { headerValues } from './answer.ts';
import type { AnswerHead } from './answer.ts';
import type { Repeat } from './provider-error.ts';

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
