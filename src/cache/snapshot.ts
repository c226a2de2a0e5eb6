/** One immutable reading of a whole list. */
export interface Snapshot<T> {
  readonly value: T;
  /** When the read began, monotonic milliseconds: the value is no newer than this. */
  readonly asOf: number;
}

export interface Reading<T> {
  readonly snapshot: Snapshot<T>;
  /**
   * FRESH: fetched for this reader, or for another one at the same moment. CACHED: within its fresh time.
   * STALE: older, because a new one could not be had at all, or not soon.
   */
  readonly state: 'FRESH' | 'CACHED' | 'STALE';
  /** Of a stale one: why the last read failed. Absent: the next one is only slow. */
  readonly failure?: unknown;
}
