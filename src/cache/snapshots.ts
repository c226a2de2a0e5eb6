import { createHolder } from './holder.ts';
import type { Begun, HolderOptions } from './holder.ts';
import { createLoader } from './loader.ts';
import type { LoaderOptions } from './loader.ts';
import type { SharedSnapshots } from './shared-snapshots.ts';
import type { Reading, Snapshot } from './snapshot.ts';

export interface SnapshotCache<T, Bounds> {
  /**
   * The snapshot while it is fresh, else a new read shared by all who wait, else a stale one.
   * Rejects as `load` does, when there is nothing to show.
   */
  read(bounds: Bounds): Promise<Reading<T>>;
  /** A read that begins now: past the cache, and never joined to one that began earlier. */
  readNew(bounds: Bounds): Promise<Snapshot<T>>;
  /** Forgets the snapshot here and at all replicas. A read in flight still answers those who wait, but is never kept. */
  clear(): Promise<void>;
  /** Ends what listens to other replicas. */
  close(): void;
}

/** `name` is that of the list among all of the process, and the same in every replica. */
export type SnapshotCacheOptions<T, Bounds> = Omit<LoaderOptions<T, Bounds>, 'holder'> &
  HolderOptions<T> & {
    /** Undefined: there is no other replica. */
    shared?: SharedSnapshots | undefined;
  };

/** How long a reader waits for a new snapshot while there is a stale one to show. */
const PATIENCE_MS = 250;
/** After a refresh that failed, a stale snapshot is shown for so long before the next one. */
const REFRESH_PAUSE_MS = 1_000;

interface Flight<T> {
  done: Promise<Reading<T>>;
  patience: Promise<undefined>;
  begun: Begun;
}

export function createSnapshotCache<T, Bounds extends { deadlineAt: number }>(
  options: SnapshotCacheOptions<T, Bounds>,
): SnapshotCache<T, Bounds> {
  const { name, shared, now, pause } = options;
  const holder = createHolder(options);
  const loader = createLoader<T, Bounds>({ ...options, holder });
  let flight: Flight<T> | undefined;
  let nextRefreshAt = -Infinity;

  /** The read under way, as long as it began after all that was forgotten since. */
  function join(bounds: Bounds): Flight<T> {
    if (flight && holder.isCurrent(flight.begun)) return flight;
    const started: Flight<T> = {
      begun: holder.begin(),
      done: loader.share(bounds),
      patience: pause(PATIENCE_MS).then(() => undefined),
    };
    flight = started;
    const end = (): void => {
      if (flight === started) flight = undefined;
    };
    started.done.then(end, () => {
      nextRefreshAt = now() + REFRESH_PAUSE_MS;
      end();
    });
    return started;
  }

  async function read(bounds: Bounds): Promise<Reading<T>> {
    const held = holder.show();
    if (held?.state === 'CACHED' || (held && now() < nextRefreshAt)) return held;
    const { done, patience } = join(bounds);
    const soon = await Promise.race([done, patience]).catch(() => undefined);
    if (soon) return soon;
    // Nothing came in time, or the read has failed: the latter is told only where there is nothing to show.
    return holder.show() ?? (await done);
  }

  function forget(): void {
    holder.forget();
    nextRefreshAt = -Infinity;
  }

  const stopListening = shared?.onForget((forgotten) => {
    if (forgotten === name) forget();
  });

  return {
    read,
    readNew: (bounds) => loader.loadNew(bounds),
    async clear() {
      forget();
      await shared?.forget(name);
    },
    close: () => stopListening?.(),
  };
}
