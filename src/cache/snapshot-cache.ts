import { createHash } from 'node:crypto';
import {
  type Held,
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

/**
 * Encodes values for other replicas. `decode` rejects what another version wrote, and returns `last` if the text is that
 * of an equal value.
 */
export interface Codec<T> {
  encode(value: T): Promise<string>;
  decode(text: string, last?: T): Promise<T>;
}

interface LoadBounds {
  /** Monotonic milliseconds. */
  deadlineAt: number;
  /** Called just before the list is requested. */
  onSend?: () => void;
  /** Called if a cache on the way answered, with the age of its answer in milliseconds. */
  onAge?: (ageMs: number) => void;
}

interface SnapshotLoaderOptions<T, Bounds> {
  name: string;
  /** Reads the list past every cache. Returns `last`, the value that was read before, if the list did not change. */
  load: (bounds: Bounds, last?: T) => Promise<T>;
  codec: Codec<T>;
  /** How long a value is fresh, milliseconds. */
  freshMs: (value: T) => number;
  staleMs: number;
  entry: SnapshotEntry<T>;
  shared?: SharedSnapshots | undefined;
  /** Monotonic milliseconds. */
  now: () => number;
  /** Between 0 and 1. */
  random: () => number;
  /** Ends early when the signal is aborted. */
  pause: (ms: number, signal?: AbortSignal) => Promise<void>;
}

interface SnapshotLoader<T, Bounds> {
  /** The snapshot that another replica has read or is reading, else a new read. Notes its progress in `progress`. */
  share(bounds: Bounds, progress: Progress): Promise<Reading<T>>;
  /** A new read that begins now. */
  loadNew(bounds: Bounds): Promise<Snapshot<T>>;
}

/** A snapshot expires up to this part of its fresh time earlier, so that replicas do not read at the same moment. */
const JITTER = 0.1;
/** How often to look for the snapshot that another replica is reading. */
const POLL_MS = 50;

/** Loads new snapshots, and holds those that may be shown later. */
function createSnapshotLoader<T, Bounds extends LoadBounds>(
  options: SnapshotLoaderOptions<T, Bounds>,
): SnapshotLoader<T, Bounds> {
  const { name, codec, staleMs, entry, shared, now, random, pause } = options;
  let alone: Alone<T> | undefined;

  /** The read begins when it is sent: while it waits for its turn, its result cannot be outdated. */
  async function load(bounds: Bounds, followers: Iterable<Progress>) {
    let begun = entry.begin();
    let ageMs = 0;
    const onSend = (): void => {
      begun = entry.begin();
      ageMs = 0;
      for (const progress of followers) progress.begun = begun;
    };
    const onAge = (ms: number): void => void (ageMs = ms);
    const last = entry.last();
    const value = await options.load({ ...bounds, onSend, onAge }, last?.snapshot.value);
    const snapshot = { value, asOf: begun.at - ageMs };
    const { text, ...measures } = await encode(value, last);
    const freshMs = options.freshMs(value) * (1 - JITTER * random());
    // The answer of a cache on the way may be older than a write: it is not kept.
    const mayKeep = ageMs === 0 || !entry.isForgotten(snapshot.asOf);
    if (mayKeep) entry.hold(snapshot, begun, { freshMs, ...measures });
    return { snapshot, text, freshMs, ageMs, mayKeep };
  }

  /** The text is only of use to other replicas. */
  async function encode(value: T, last: Held<T> | undefined) {
    if (!shared && last?.snapshot.value === value) return { text: '', bytes: last.bytes };
    const text = await codec.encode(value);
    return { text, bytes: text.length, digest: shared && digestOf(text) };
  }

  /** Holds the snapshot of another replica, within the fresh time of this one. Undefined: there is no fresh one. */
  async function adopt({ held }: SharedRead, begun: ReadToken): Promise<Reading<T> | undefined> {
    const lookedAt = now();
    const digest = held ? digestOf(held.text) : undefined;
    const last = entry.last();
    const isSame = last?.digest !== undefined && last.digest === digest;
    const decoded =
      held && !isSame ? await tryToDecode(held.text, last?.snapshot.value) : undefined;
    const value = isSame ? last.snapshot.value : decoded;
    if (!held || value === undefined) return undefined;
    const { text, ageMs } = held;
    const freshMs = Math.min(held.freshMs, options.freshMs(value));
    const snapshot = { value, asOf: lookedAt - ageMs };
    entry.hold(snapshot, begun, { freshMs, bytes: text.length, digest });
    return ageMs < freshMs ? { snapshot, state: 'CACHED' } : undefined;
  }

  async function tryToDecode(text: string, last: T | undefined): Promise<T | undefined> {
    try {
      return await codec.decode(text, last);
    } catch {
      // Written by another version of this service; the next read replaces it.
      return undefined;
    }
  }

  return {
    async share(bounds, progress) {
      for (;;) {
        if (!shared) return loadAlone(bounds, progress);
        const begun = entry.begin();
        progress.begun = begun;
        const look = await shared.look(name, bounds.deadlineAt - now());
        const adopted = look && (await adopt(look, begun));
        if (adopted) return adopted;
        progress.begun = undefined;
        const isLast = now() + POLL_MS > bounds.deadlineAt;
        // Fresh for another version, or by other settings.
        const isOfNoUse = look?.held && !look.mayLoad;
        if (!look || isOfNoUse || isLast) return loadAlone(bounds, progress);
        if (look.mayLoad) return loadForAll(shared, look, { bounds, progress });
        await pause(POLL_MS);
      }
    },
    loadNew: async (bounds) => (await load(bounds, [])).snapshot,
  };

  /** Readers that find the other replicas out of reach share one read. docs/architecture.md says why. */
  function loadAlone(bounds: Bounds, progress: Progress): Promise<Reading<T>> {
    if (alone && entry.mayJoin(alone.progress)) {
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

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

interface Alone<T> {
  progress: Progress;
  /** All readers that wait for it. */
  followers: Set<Progress>;
  done: Promise<Reading<T>>;
}

export interface SnapshotCache<T, Bounds> {
  /**
   * The snapshot while it is fresh, else a new read that all waiting readers share, else a stale snapshot.
   * Rejects like `load` if there is nothing to show.
   */
  read(bounds: Bounds): Promise<Reading<T>>;
  /** The result of `read` if it would neither wait nor start a read, else undefined. */
  peek(): Reading<T> | undefined;
  /** The snapshot that is held and may be shown, as metrics look at it: this does not count as a use. */
  look(): Reading<T> | undefined;
  /** A read that begins now, past the cache. It never joins one that began earlier. */
  readNew(bounds: Bounds): Promise<Snapshot<T>>;
  /**
   * Forgets the snapshot here and at all replicas, and waits at most `withinMs` for them.
   * An in-flight read still answers its readers, but is not kept.
   */
  clear(withinMs: number): Promise<void>;
  /** Stops listening to other replicas. */
  close(): void;
}

/** `name` identifies the list in the process, and is the same in every replica. */
export type SnapshotCacheOptions<T, Bounds> = Omit<SnapshotLoaderOptions<T, Bounds>, 'entry'> &
  SnapshotEntryOptions<T> & {
    /** Undefined: there are no other replicas. */
    shared?: SharedSnapshots | undefined;
    /** What a write invalidates: this list, and lists of the same badges that were read with other credentials. */
    topic: string;
    /** Invalidate the caches of this process with the same badges, read with other credentials. */
    siblings?: Set<() => void>;
    /** How long a reader waits for a new snapshot if there is a stale one to show, milliseconds. 250 if omitted. */
    patienceMs?: number | undefined;
    judge: (error: unknown) => Judgement;
    /** Called if a read failed after its last reader had gone. */
    onUnheard?: (error: unknown) => void;
  };

/** The consequences of a failed read. */
export interface Judgement {
  /** Whether a stale snapshot may be shown instead. */
  allowsStale: boolean;
  /** Whether a request reached the provider. */
  wasAsked: boolean;
}

const PATIENCE_MS = 250;
/** How long after a failed refresh a stale snapshot is shown before the next refresh starts. */
const REFRESH_PAUSE_MS = 1_000;
/** How long after a failed read the next one starts, so that the provider is not flooded. Errors are not cached. */
const RETRY_PAUSE_MS = 100;

interface InFlightRead<T> {
  done: Promise<Reading<T>>;
  patience: Promise<undefined>;
  /** Whether `patience` has resolved. */
  isOverdue: boolean;
  progress: Progress;
  /** How many readers wait for the result. */
  readers: number;
}

export function createSnapshotCache<T, Bounds extends LoadBounds>(
  options: SnapshotCacheOptions<T, Bounds>,
): SnapshotCache<T, Bounds> {
  const { topic, shared, siblings = new Set(), now, pause, judge, onUnheard } = options;
  const { patienceMs = PATIENCE_MS } = options;
  const entry = createSnapshotEntry(options);
  const loader = createSnapshotLoader<T, Bounds>({ ...options, entry });
  let inFlight: InFlightRead<T> | undefined;
  /** The error of the last refresh. */
  let failure: unknown;
  /** When a read failed in a way after which no snapshot from before it may be shown as stale. */
  let refusedAt = -Infinity;
  let nextRefreshAt = -Infinity;
  let nextReadAt = -Infinity;

  /** The in-flight read, unless it was sent before an invalidation. */
  function join(bounds: Bounds): InFlightRead<T> {
    if (inFlight && entry.mayJoin(inFlight.progress)) return inFlight;
    const progress: Progress = { begun: undefined };
    const started: InFlightRead<T> = {
      progress,
      done: shareInTime(bounds, progress),
      patience: pause(patienceMs).then(() => void (started.isOverdue = true)),
      isOverdue: false,
      readers: 0,
    };
    inFlight = started;
    const end = (error?: unknown): void => {
      if (error !== undefined && started.readers === 0) onUnheard?.(error);
      const { allowsStale, wasAsked } =
        error === undefined ? { allowsStale: false, wasAsked: false } : judge(error);
      if (wasAsked) nextReadAt = now() + RETRY_PAUSE_MS;
      // A superseded read says nothing about the entry of the reads after it.
      if (inFlight !== started) return;
      inFlight = undefined;
      failure = error;
      if (error !== undefined && !allowsStale) refusedAt = now();
      // A read that was not sent does not say whether the provider still refuses.
      else if (error === undefined || wasAsked) refusedAt = -Infinity;
      if (allowsStale) nextRefreshAt = now() + REFRESH_PAUSE_MS;
    };
    started.done.then(() => end(), end);
    return started;
  }

  async function shareInTime(bounds: Bounds, progress: Progress): Promise<Reading<T>> {
    const waitMs = nextReadAt - now();
    if (waitMs > 0) await pause(waitMs);
    return loader.share(bounds, progress);
  }

  function unlessRefused(held: Reading<T> | undefined): Reading<T> | undefined {
    return held?.state === 'STALE' && held.snapshot.asOf <= refusedAt ? undefined : held;
  }

  function show(): Reading<T> | undefined {
    const held = unlessRefused(entry.show());
    return held?.state === 'STALE' && failure !== undefined ? { ...held, failure } : held;
  }

  function peek(): Reading<T> | undefined {
    const held = show();
    if (held?.state === 'CACHED' || (held && now() < nextRefreshAt)) return held;
    return inFlight?.isOverdue && entry.mayJoin(inFlight.progress) ? held : undefined;
  }

  async function read(bounds: Bounds): Promise<Reading<T>> {
    const held = peek();
    if (held) return held;
    const joined = join(bounds);
    const { done, patience } = joined;
    joined.readers += 1;
    try {
      // Too slow: the stale snapshot is shown if there is one.
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
    entry.forget();
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
    look: () => unlessRefused(entry.look()),
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
      // Changes would go unnoticed from now on.
      entry.forget();
    },
  };
}
