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
