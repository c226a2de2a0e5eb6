import {
  type SnapshotEntryOptions,
  type Progress,
  type Reading,
  type SharedSnapshots,
  type Snapshot,
  createSnapshotEntry,
} from './snapshot-entry.ts';
import {
  type LoadBounds,
  type SnapshotLoaderOptions,
  createSnapshotLoader,
} from './snapshot-loader.ts';

export interface SnapshotCache<T, Bounds> {
  /**
   * The snapshot while it is fresh, else a new read shared by all who wait, else a stale one.
   * Rejects as `load` does, when there is nothing to show.
   */
  read(bounds: Bounds): Promise<Reading<T>>;
  /** A read that begins now: past the cache, and never joined to one that began earlier. */
  readNew(bounds: Bounds): Promise<Snapshot<T>>;
  /**
   * Forgets the snapshot here and at all replicas, and waits for these at most `withinMs`.
   * A read in flight still answers those who wait, but is never kept.
   */
  clear(withinMs: number): Promise<void>;
  /** Ends what listens to other replicas. */
  close(): void;
}

/** `name` is that of the list among all of the process, and the same in every replica. */
export type SnapshotCacheOptions<T, Bounds> = Omit<SnapshotLoaderOptions<T, Bounds>, 'holder'> &
  SnapshotEntryOptions<T> & {
    /** Undefined: there is no other replica. */
    shared?: SharedSnapshots | undefined;
    /** What a write outdates: of this list, and of those of the same things that were read with other credentials. */
    topic: string;
    /** How to forget what other caches of this process hold of the same things, read with other credentials. */
    siblings?: Set<() => void>;
    judge: (error: unknown) => Judgement;
    /** Told of a read that failed when no reader waited for it any more. */
    onUnheard?: (error: unknown) => void;
  };

/** What follows from a read that failed. */
export interface Judgement {
  /** Whether a stale snapshot may be shown instead. */
  allowsStale: boolean;
  /** Whether the provider was bothered. */
  wasAsked: boolean;
}

/** How long a reader waits for a new snapshot while there is a stale one to show. */
const PATIENCE_MS = 250;
/** After a refresh that failed, a stale snapshot is shown for so long before the next one. */
const REFRESH_PAUSE_MS = 1_000;
/** After a read that failed, the next one begins so much later: nobody is told an old error, and nobody is flooded. */
const RETRY_PAUSE_MS = 100;

interface Flight<T> {
  done: Promise<Reading<T>>;
  patience: Promise<undefined>;
  progress: Progress;
  /** How many readers wait for it. */
  readers: number;
}

export function createSnapshotCache<T, Bounds extends LoadBounds>(
  options: SnapshotCacheOptions<T, Bounds>,
): SnapshotCache<T, Bounds> {
  const { topic, shared, siblings = new Set(), now, pause, judge, onUnheard } = options;
  const holder = createSnapshotEntry(options);
  const loader = createSnapshotLoader<T, Bounds>({ ...options, holder });
  let flight: Flight<T> | undefined;
  /** Of the last refresh. */
  let failure: unknown;
  let nextRefreshAt = -Infinity;
  let nextReadAt = -Infinity;

  /** The read under way, as long as it was not sent before something was forgotten. */
  function join(bounds: Bounds): Flight<T> {
    if (flight && holder.mayJoin(flight.progress)) return flight;
    const progress: Progress = { begun: undefined };
    const started: Flight<T> = {
      progress,
      done: shareInTime(bounds, progress),
      patience: pause(PATIENCE_MS).then(() => undefined),
      readers: 0,
    };
    flight = started;
    const end = (error?: unknown): void => {
      if (flight === started) flight = undefined;
      failure = error;
      if (error === undefined) return;
      if (started.readers === 0) onUnheard?.(error);
      const { allowsStale, wasAsked } = judge(error);
      if (allowsStale) nextRefreshAt = now() + REFRESH_PAUSE_MS;
      if (wasAsked) nextReadAt = now() + RETRY_PAUSE_MS;
    };
    started.done.then(() => end(), end);
    return started;
  }

  async function shareInTime(bounds: Bounds, progress: Progress): Promise<Reading<T>> {
    const waitMs = nextReadAt - now();
    if (waitMs > 0) await pause(waitMs);
    return loader.share(bounds, progress);
  }

  function show(): Reading<T> | undefined {
    const held = holder.show();
    return held?.state === 'STALE' && failure !== undefined ? { ...held, failure } : held;
  }

  async function read(bounds: Bounds): Promise<Reading<T>> {
    const held = show();
    if (held?.state === 'CACHED' || (held && now() < nextRefreshAt)) return held;
    const joined = join(bounds);
    const { done, patience } = joined;
    joined.readers += 1;
    try {
      // Nothing came in time: what is old will do, where there is something.
      return (await Promise.race([done, patience])) ?? show() ?? (await done);
    } catch (error) {
      const old = judge(error).allowsStale ? show() : undefined;
      if (old) return old;
      throw error;
    } finally {
      joined.readers -= 1;
    }
  }

  function forget(): void {
    holder.forget();
    failure = undefined;
    nextRefreshAt = -Infinity;
  }

  const stopListening = shared?.onForget((forgotten) => {
    if (forgotten === topic) forget();
  });
  siblings.add(forget);

  return {
    read,
    readNew: (bounds) => loader.loadNew(bounds),
    async clear(withinMs) {
      siblings.forEach((forgetSibling) => forgetSibling());
      if (!shared) return;
      const patience = new AbortController();
      await Promise.race([shared.forget(topic), pause(withinMs, patience.signal)]);
      patience.abort();
    },
    close() {
      stopListening?.();
      siblings.delete(forget);
      // Nobody hears of changes any more.
      holder.forget();
    },
  };
}
