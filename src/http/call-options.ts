/** The clock that calls to a provider use. Tests pass their own. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary moment. */
  now: () => number;
  /** Resolves after so many milliseconds, or as soon as the signal is aborted. */
  pause: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/**
 * What a call is for. `query`: a reader waits. `prepare`: a read before a write. `write`: sent at most once.
 * `settle`: a read that finds out whether a write of unknown outcome was applied.
 */
export type CallPurpose = 'query' | 'prepare' | 'write' | 'settle';

export interface CallBounds {
  purpose: CallPurpose;
  /** Monotonic milliseconds. Waiting, attempts and pauses all end by then. */
  deadlineAt: number;
  /** Called just before each attempt, after the wait for its turn: what is read is no older than this moment. */
  onSend?: () => void;
  /** Called if a cache on the way answered, with the age of its answer in milliseconds: what is read is that much older. */
  onAge?: (ageMs: number) => void;
}
