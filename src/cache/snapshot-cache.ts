import {
  type Progress,
  type ReadToken,
  type Reading,
  type SharedRead,
  type SharedSnapshots,
  type Snapshot,
  type SnapshotEntry,
  type SnapshotEntryOptions,
  createSnapshotEntry,
} from './snapshot-entry.ts';

/** For replicas. `decode` rejects for what another version wrote. */
export interface Codec<T> {
  encode(value: T): Promise<string>;
  decode(text: string): Promise<T>;
}

export interface LoadBounds {
  /** Monotonic milliseconds. */
  deadlineAt: number;
  /** To be told just before the list is asked for. */
  onSend?: () => void;
  /** To be told when a cache on the way gave the list: how old that is, milliseconds. */
  onAge?: (ageMs: number) => void;
}

export interface SnapshotLoaderOptions<T, Bounds> {
  name: string;
  /** Past every cache. */
  load: (bounds: Bounds) => Promise<T>;
  codec: Codec<T>;
  /** How long a value is fresh, milliseconds. */
  freshMs: (value: T) => number;
  staleMs: number;
  holder: SnapshotEntry<T>;
  shared?: SharedSnapshots | undefined;
  /** Monotonic milliseconds. */
  now: () => number;
  /** Within 0 and 1. */
  random: () => number;
  /** Ends early when the signal is aborted. */
  pause: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface SnapshotLoader<T, Bounds> {
  /** What another replica has read or is reading, else a read of our own. Notes in `progress` how far it has come. */
  share(bounds: Bounds, progress: Progress): Promise<Reading<T>>;
  /** A read of our own that begins now. */
  loadNew(bounds: Bounds): Promise<Snapshot<T>>;
}

/** A snapshot expires up to this part of its fresh time earlier, so that replicas do not read together. */
const JITTER = 0.1;
/** Between two looks for what another replica is reading. */
const POLL_MS = 50;

/** Gets new snapshots, and holds what may be held of them. */
export function createSnapshotLoader<T, Bounds extends LoadBounds>(
  options: SnapshotLoaderOptions<T, Bounds>,
): SnapshotLoader<T, Bounds> {
  const { name, codec, staleMs, holder, shared, now, random, pause } = options;
  let alone: Alone<T> | undefined;

  /** The read begins when it is sent: while it waits for its turn, nothing that it will bring is old. */
  async function load(bounds: Bounds, followers: Iterable<Progress>) {
    let begun = holder.begin();
    let ageMs = 0;
    const onSend = (): void => {
      begun = holder.begin();
      ageMs = 0;
      for (const progress of followers) progress.begun = begun;
    };
    const onAge = (ms: number): void => void (ageMs = ms);
    const value = await options.load({ ...bounds, onSend, onAge });
    const snapshot = { value, asOf: begun.at - ageMs };
    const text = await codec.encode(value);
    const freshMs = options.freshMs(value) * (1 - JITTER * random());
    // What a cache kept from before a write is for nobody else.
    const mayKeep = ageMs === 0 || !holder.isForgotten(snapshot.asOf);
    if (mayKeep) holder.hold(snapshot, begun, { freshMs, bytes: text.length });
    return { snapshot, text, freshMs, ageMs, mayKeep };
  }

  /** Holds what another replica has read, by our own settings. Undefined: there is nothing that is fresh. */
  async function adopt({ held }: SharedRead, begun: ReadToken): Promise<Reading<T> | undefined> {
    const lookedAt = now();
    const value = held ? await tryToDecode(held.text) : undefined;
    if (!held || value === undefined) return undefined;
    const { text, ageMs } = held;
    const freshMs = Math.min(held.freshMs, options.freshMs(value));
    const snapshot = { value, asOf: lookedAt - ageMs };
    holder.hold(snapshot, begun, { freshMs, bytes: text.length });
    return ageMs < freshMs ? { snapshot, state: 'CACHED' } : undefined;
  }

  async function tryToDecode(text: string): Promise<T | undefined> {
    try {
      return await codec.decode(text);
    } catch {
      // Another version of this service wrote it; ours will replace it.
      return undefined;
    }
  }

  return {
    async share(bounds, progress) {
      for (;;) {
        if (!shared) return loadAlone(bounds, progress);
        const begun = holder.begin();
        progress.begun = begun;
        const look = await shared.look(name, bounds.deadlineAt - now());
        const adopted = look && (await adopt(look, begun));
        if (adopted) return adopted;
        progress.begun = undefined;
        const isLast = now() + POLL_MS > bounds.deadlineAt;
        // Another version holds it for fresh, or other settings do.
        const isOfNoUse = look?.held && !look.mayLoad;
        if (!look || isOfNoUse || isLast) return loadAlone(bounds, progress);
        if (look.mayLoad) return loadForAll(shared, look, { bounds, progress });
        await pause(POLL_MS);
      }
    },
    loadNew: async (bounds) => (await load(bounds, [])).snapshot,
  };

  /** Those who learn together that the others are out of reach load together. */
  function loadAlone(bounds: Bounds, progress: Progress): Promise<Reading<T>> {
    if (alone && holder.mayJoin(alone.progress)) {
      progress.begun = alone.progress.begun;
      alone.followers.add(progress);
      return alone.done;
    }
    const followers = new Set([progress]);
    const started: Alone<T> = { progress, followers, done: loadOnce(bounds, followers) };
    alone = started;
    const end = (): void => {
      if (alone === started) alone = undefined;
    };
    started.done.then(end, end);
    return started.done;
  }

  async function loadOnce(bounds: Bounds, followers: Set<Progress>): Promise<Reading<T>> {
    return { snapshot: (await load(bounds, followers)).snapshot, state: 'FRESH' };
  }

  async function loadForAll(
    place: SharedSnapshots,
    look: SharedRead,
    { bounds, progress }: { bounds: Bounds; progress: Progress },
  ): Promise<Reading<T>> {
    try {
      const { snapshot, mayKeep, text, freshMs, ageMs } = await load(bounds, [progress]);
      const ttlMs = Math.max(freshMs, staleMs);
      const kept = { text, freshMs, ttlMs, ...(ageMs > 0 && { ageMs }) };
      void (mayKeep ? place.keep(look, kept) : place.release(look));
      return { snapshot, state: 'FRESH' };
    } catch (error) {
      void place.release(look);
      throw error;
    }
  }
}

interface Alone<T> {
  progress: Progress;
  /** All reads that wait for it. */
  followers: Set<Progress>;
  done: Promise<Reading<T>>;
}

export interface SnapshotCache<T, Bounds> {
  /**
   * The snapshot while it is fresh, else a new read shared by all who wait, else a stale one.
   * Rejects as `load` does, when there is nothing to show.
   */
  read(bounds: Bounds): Promise<Reading<T>>;
  /** What `read` would give without waiting and without starting a read. Undefined: it would do one of these. */
  peek(): Reading<T> | undefined;
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
  /** Whether `patience` has resolved. */
  isOverdue: boolean;
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
      patience: pause(PATIENCE_MS).then(() => void (started.isOverdue = true)),
      isOverdue: false,
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

  function peek(): Reading<T> | undefined {
    const held = show();
    if (held?.state === 'CACHED' || (held && now() < nextRefreshAt)) return held;
    return flight?.isOverdue && holder.mayJoin(flight.progress) ? held : undefined;
  }

  async function read(bounds: Bounds): Promise<Reading<T>> {
    const held = peek();
    if (held) return held;
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
    peek,
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
