/** One immutable reading of a whole list. */
export interface Snapshot<T> {
  readonly value: T;
  /** When the read began, epoch milliseconds: the value is no newer than this. */
  readonly asOf: number;
}

export interface Reading<T> {
  readonly snapshot: Snapshot<T>;
  /** FRESH: fetched for this reader, or for another one at the same moment. CACHED: within its fresh time. */
  readonly state: 'FRESH' | 'CACHED';
}

export interface SnapshotCache<T> {
  /** The snapshot while it is fresh, else a new read shared by all who wait. Rejects as `load` does. */
  read(): Promise<Reading<T>>;
  /** A read that begins now: past the cache, and never joined to one that began earlier. */
  readNew(): Promise<Snapshot<T>>;
  /** Forgets the snapshot. A read in flight still answers those who wait, but is never kept. */
  clear(): void;
}

interface SnapshotCacheOptions<T> {
  load: () => Promise<T>;
  /** Milliseconds. */
  freshMs: number;
  /** Epoch milliseconds. */
  now: () => number;
}

export function createSnapshotCache<T>(options: SnapshotCacheOptions<T>): SnapshotCache<T> {
  const { load, freshMs, now } = options;
  let kept: Snapshot<T> | undefined;
  let inFlight: Promise<Snapshot<T>> | undefined;
  let generation = 0;
  let reads = 0;
  let keptRead = 0;

  async function readNew(): Promise<Snapshot<T>> {
    const begunIn = generation;
    const begun = (reads += 1);
    const asOf = now();
    const snapshot = { value: await load(), asOf };
    if (begunIn === generation && begun > keptRead) {
      kept = snapshot;
      keptRead = begun;
    }
    return snapshot;
  }

  async function read(): Promise<Reading<T>> {
    const age = kept ? now() - kept.asOf : Infinity;
    // A negative age: the clock was set back, and nobody knows.
    if (kept && age >= 0 && age < freshMs) return { snapshot: kept, state: 'CACHED' };
    if (!inFlight) {
      const flight = readNew().finally(() => {
        if (inFlight === flight) inFlight = undefined;
      });
      inFlight = flight;
    }
    return { snapshot: await inFlight, state: 'FRESH' };
  }

  function clear(): void {
    generation += 1;
    kept = undefined;
    inFlight = undefined;
  }

  return { read, readNew, clear };
}
