import type { Begun, Holder } from './holder.ts';
import type { SharedLook, SharedSnapshots } from './shared-snapshots.ts';
import type { Reading, Snapshot } from './snapshot.ts';

/** For replicas. `decode` throws for what another version wrote. */
export interface Codec<T> {
  encode(value: T): string;
  decode(text: string): T;
}

export interface LoaderOptions<T, Bounds> {
  name: string;
  /** Past every cache. */
  load: (bounds: Bounds) => Promise<T>;
  codec: Codec<T>;
  /** How long a value is fresh, milliseconds. */
  freshMs: (value: T) => number;
  staleMs: number;
  holder: Holder<T>;
  shared?: SharedSnapshots | undefined;
  /** Epoch milliseconds. */
  now: () => number;
  /** Within 0 and 1. */
  random: () => number;
  /** Ends early when the signal is aborted. */
  pause: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface Loader<T, Bounds> {
  /** What another replica has read or is reading, else a read of our own. */
  share(bounds: Bounds): Promise<Reading<T>>;
  /** A read of our own that begins now. */
  loadNew(bounds: Bounds): Promise<Snapshot<T>>;
}

/** A snapshot expires up to this part of its fresh time earlier, so that replicas do not read together. */
const JITTER = 0.1;
/** Between two looks for what another replica is reading. */
const POLL_MS = 50;

/** Gets new snapshots, and holds what may be held of them. */
export function createLoader<T, Bounds extends { deadlineAt: number }>(
  options: LoaderOptions<T, Bounds>,
): Loader<T, Bounds> {
  const { name, codec, staleMs, holder, shared, now, random, pause } = options;
  let alone: { begun: Begun; done: Promise<Reading<T>> } | undefined;

  async function load(bounds: Bounds, begun: Begun) {
    const snapshot = { value: await options.load(bounds), asOf: begun.at };
    const text = codec.encode(snapshot.value);
    const freshMs = options.freshMs(snapshot.value) * (1 - JITTER * random());
    holder.hold(snapshot, begun, { freshMs, bytes: text.length });
    return { snapshot, text, freshMs };
  }

  /** Holds what another replica has read, by our own settings. Undefined: there is nothing that is fresh. */
  function adopt({ held }: SharedLook, begun: Begun): Reading<T> | undefined {
    const value = held ? tryToDecode(held.text) : undefined;
    if (!held || value === undefined) return undefined;
    const { text, ageMs } = held;
    const freshMs = Math.min(held.freshMs, options.freshMs(value));
    const snapshot = { value, asOf: now() - ageMs };
    holder.hold(snapshot, begun, { freshMs, bytes: text.length });
    return ageMs < freshMs ? { snapshot, state: 'CACHED' } : undefined;
  }

  function tryToDecode(text: string): T | undefined {
    try {
      return codec.decode(text);
    } catch {
      // Another version of this service wrote it; ours will replace it.
      return undefined;
    }
  }

  return {
    async share(bounds) {
      for (;;) {
        const begun = holder.begin();
        const look = shared && (await shared.look(name, bounds.deadlineAt - now()));
        const adopted = look && adopt(look, begun);
        if (adopted) return adopted;
        const isLast = now() + POLL_MS > bounds.deadlineAt;
        // Another version holds it for fresh, or other settings do.
        const isOfNoUse = look?.held && !look.mayLoad;
        if (!shared || !look || isOfNoUse || isLast) return loadAlone(bounds);
        if (look.mayLoad) return loadForAll(shared, look, { bounds, begun });
        await pause(POLL_MS);
      }
    },
    loadNew: async (bounds) => (await load(bounds, holder.begin())).snapshot,
  };

  /** Those who learn together that the others are out of reach load together. */
  function loadAlone(bounds: Bounds): Promise<Reading<T>> {
    if (alone && holder.isCurrent(alone.begun)) return alone.done;
    const begun = holder.begin();
    const started = { begun, done: loadOnce(bounds, begun) };
    alone = started;
    const end = (): void => {
      if (alone === started) alone = undefined;
    };
    started.done.then(end, end);
    return started.done;
  }

  async function loadOnce(bounds: Bounds, begun: Begun): Promise<Reading<T>> {
    return { snapshot: (await load(bounds, begun)).snapshot, state: 'FRESH' };
  }

  async function loadForAll(
    place: SharedSnapshots,
    look: SharedLook,
    { bounds, begun }: { bounds: Bounds; begun: Begun },
  ): Promise<Reading<T>> {
    try {
      const { snapshot, text, freshMs } = await load(bounds, begun);
      void place.keep(look, { text, freshMs, ttlMs: Math.max(freshMs, staleMs) });
      return { snapshot, state: 'FRESH' };
    } catch (error) {
      void place.release(look);
      throw error;
    }
  }
}
