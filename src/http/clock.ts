/** Time as the calls to a provider see it; tests pass their own. */
export interface Clock {
  /** Monotonic milliseconds: they never go back, and count from no particular moment. */
  now: () => number;
  /** Resolves after so many milliseconds, or as soon as the signal is aborted. */
  pause: (ms: number, signal?: AbortSignal) => Promise<void>;
}
