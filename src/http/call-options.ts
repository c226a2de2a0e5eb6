/** Time as the calls to a provider see it; tests pass their own. */
export interface Clock {
  /** Monotonic milliseconds: they never go back, and count from no particular moment. */
  now: () => number;
  /** Resolves after so many milliseconds, or as soon as the signal is aborted. */
  pause: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/**
 * What a call is for. `query`: a reader waits. `prepare`: a read before a write. `write`: sent at most once.
 * `settle`: a read that shows what became of a write.
 */
export type CallPurpose = 'query' | 'prepare' | 'write' | 'settle';

export interface CallBounds {
  purpose: CallPurpose;
  /** When the caller must have its answer, monotonic milliseconds: waiting, attempts and pauses all end by then. */
  deadlineAt: number;
  /** Told just before each attempt, when it has waited for its turn: what is read then is no older than this moment. */
  onSend?: () => void;
  /** Told when a cache on the way gave the answer: how old that is, milliseconds. What is read is older by so much. */
  onAge?: (ageMs: number) => void;
}

/** What stands before the body of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** By lower-case name; a header that came several times has several values. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Every value of a header, in its order. Empty: it did not come. */
export function headerValues({ headers }: Pick<AnswerHead, 'headers'>, name: string): string[] {
  const value = headers[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : [...value];
}

/** How long ago a cache on the way got this answer from the provider, milliseconds; 0 for an answer of the provider itself. */
export function ageOf(head: Pick<AnswerHead, 'headers'>): number {
  const seconds = headerValues(head, 'age').flatMap((value) => value.split(','));
  const ages = seconds.map((text) => text.trim()).filter((text) => /^\d+$/.test(text));
  return Math.max(0, ...ages.map((age) => Math.min(Number(age), MAX_AGE_SECONDS))) * 1_000;
}

/** What RFC 9111 tells caches to send for anything older. */
const MAX_AGE_SECONDS = 2 ** 31;
