import { LRUCache } from 'lru-cache';

/** An immutable reading of a whole list. */
export interface Snapshot<T> {
  readonly value: T;
  /** When the read began, monotonic milliseconds: the value is no newer than this. */
  readonly asOf: number;
}

export interface Reading<T> {
  readonly snapshot: Snapshot<T>;
  /**
   * FRESH: read for this reader, or for another one at the same moment. CACHED: within its fresh time.
   * STALE: older, because a new read failed or has not ended in time.
   */
  readonly state: 'FRESH' | 'CACHED' | 'STALE';
  /** Why the last read failed, if the snapshot is stale. Absent: the next read is only slow. */
  readonly failure?: unknown;
}

/** What follows it in a name tells variants apart: each has a value of its own, and all are forgotten together. */
export const VARIANT = '@';

/** Where replicas share snapshots, and tell each other what has changed. */
export interface SharedSnapshots<Read extends SharedRead = SharedRead> {
  /**
   * Changes when a message of another replica may have been missed, and again once messages are sure to arrive.
   * A snapshot that was read under another epoch must not be shown. While the other replicas can be reached but not
   * heard, every call gives a new epoch: nothing is held then, and every read looks at the shared snapshot.
   */
  epoch(): number;
  /** The listener is told each name that another replica forgets. Returns a function that stops it. */
  onForget(listener: (name: string) => void): () => void;
  /**
   * Makes all replicas forget a name with all its variants, and resolves once none of them shows the old value. Never
   * rejects: if the other replicas are out of reach, they are told once they are back.
   */
  forget(name: string): Promise<void>;
  /**
   * What is shared under this name, and whether the caller may read it anew, for at most `claimMs`.
   * Undefined: the other replicas are out of reach, or what they share may be older than a write of this replica.
   */
  look(name: string, claimMs: number): Promise<Read | undefined>;
  /** Shares what was read, unless the name was forgotten since `look`. Never rejects. */
  keep(read: Read, value: KeptValue): Promise<void>;
  /** Gives up the right to read, so that another replica may try. Never rejects. */
  release(read: Read): Promise<void>;
}

export interface SharedRead {
  /** Null: nothing is shared, or only an old value while another replica reads it anew. */
  readonly held: SharedValue | null;
  /** Whether this replica is to read it anew. The held value is old then. */
  readonly mayLoad: boolean;
}

export interface SharedValue {
  readonly text: string;
  /** How long before this look it was read, milliseconds. */
  readonly ageMs: number;
  /** How long it is fresh after it was read, milliseconds. */
  readonly freshMs: number;
}

interface KeptValue extends Omit<SharedValue, 'ageMs'> {
  /** How old it was when it was read, milliseconds; 0 if left out. */
  readonly ageMs?: number;
  /** How long it may be shown at all, milliseconds. */
  readonly ttlMs: number;
}

/** A snapshot with what is needed to decide whether it may be shown. */
export interface Held<T> {
  readonly snapshot: Snapshot<T>;
  /** Monotonic milliseconds. */
  readonly freshUntil: number;
  /** The epoch of the replicas in which its read began. */
  readonly epoch: number;
  /** The length of its encoded text. In memory it takes several times as much. */
  readonly bytes: number;
  /** Equal for equal encoded texts. Undefined if no replica shares it. */
  readonly digest?: string | undefined;
}

/** The snapshots of all lists of a process, by the names of the lists. */
export type SnapshotStore<T> = Pick<LRUCache<string, Held<T>>, 'get' | 'peek' | 'set' | 'delete'>;

interface SnapshotStoreBounds {
  maxEntries: number;
  maxBytes: number;
}

/** Keeps the most recently used snapshots, within both bounds. */
export function createSnapshotStore<T>({
  maxEntries,
  maxBytes,
}: SnapshotStoreBounds): SnapshotStore<T> {
  return new LRUCache<string, Held<T>>({
    max: maxEntries,
    maxSize: maxBytes,
    // The library rejects a size of 0.
    sizeCalculation: ({ bytes }) => Math.max(1, bytes),
  });
}

/** Taken when a read begins. It decides whether the result may be shown later. */
export interface ReadToken {
  readonly at: number;
  readonly generation: number;
  readonly epoch: number;
}

/** How far a read has come. Undefined: nothing is sent yet, so any later reader may join. */
export interface Progress {
  begun: ReadToken | undefined;
}

interface KeptMeasures extends Pick<Held<unknown>, 'bytes' | 'digest'> {
  freshMs: number;
}

/** The snapshot of one list that this process holds, and whether it may be shown. */
export interface SnapshotEntry<T> {
  begin(): ReadToken;
  /** Whether nothing was forgotten since then, here or at another replica as far as is known. */
  isCurrent(begun: ReadToken): boolean;
  /** Whether the result of the read may be shown to a reader that comes now. */
  mayJoin(progress: Progress): boolean;
  /** Whether something was forgotten since this moment. */
  isForgotten(asOf: number): boolean;
  /** `freshMs` counts from `asOf`. A snapshot that is not current, or older than the present one, is dropped. */
  hold(snapshot: Snapshot<T>, begun: ReadToken, kept: KeptMeasures): void;
  /** The last snapshot, to compare a new one with. It may not be shown: it may be forgotten. */
  last(): Held<T> | undefined;
  /** Undefined: there is nothing that may be shown. */
  show(): Reading<T> | undefined;
  /** The same, without counting as a use. */
  look(): Reading<T> | undefined;
  forget(): void;
}

export interface SnapshotEntryOptions<T> {
  name: string;
  snapshotStore: SnapshotStore<T>;
  /** The maximum age of a stale snapshot that is shown, milliseconds. */
  staleMs: number;
  shared?: Pick<SharedSnapshots, 'epoch'> | undefined;
  /** Monotonic milliseconds. */
  now: () => number;
}

export function createSnapshotEntry<T>({
  name,
  snapshotStore,
  staleMs,
  shared,
  now,
}: SnapshotEntryOptions<T>): SnapshotEntry<T> {
  let generation = 0;
  let forgottenAt = -Infinity;
  /** Weak: a forgotten snapshot takes no memory that is needed. */
  let forgotten: WeakRef<Held<T>> | undefined;
  const epoch = (): number => shared?.epoch() ?? 0;

  function isCurrent(begun: ReadToken): boolean {
    return begun.generation === generation && begun.epoch === epoch();
  }

  function toReading(held: Held<T> | undefined): Reading<T> | undefined {
    if (held?.epoch !== epoch()) return undefined;
    const { snapshot, freshUntil } = held;
    const age = now() - snapshot.asOf;
    // A negative age: the clock was set back, so the age is unknown.
    if (age < 0) return undefined;
    if (now() < freshUntil) return { snapshot, state: 'CACHED' };
    return age < staleMs ? { snapshot, state: 'STALE' } : undefined;
  }

  return {
    begin: () => ({ at: now(), generation, epoch: epoch() }),
    isCurrent,
    isForgotten: (asOf) => asOf < forgottenAt,
    mayJoin: ({ begun }) => begun === undefined || isCurrent(begun),
    last: () => snapshotStore.get(name) ?? forgotten?.deref(),
    hold(snapshot, begun, { freshMs, ...measures }) {
      const held = snapshotStore.get(name);
      const heldAsOf = held?.epoch === begun.epoch ? held.snapshot.asOf : -Infinity;
      const isOlder = heldAsOf > snapshot.asOf && heldAsOf <= now();
      if (!isCurrent(begun) || isOlder) return;
      const freshUntil = snapshot.asOf + freshMs;
      snapshotStore.set(name, { snapshot, freshUntil, epoch: begun.epoch, ...measures });
    },
    show: () => toReading(snapshotStore.get(name)),
    look: () => toReading(snapshotStore.peek(name)),
    forget() {
      generation += 1;
      forgottenAt = now();
      const held = snapshotStore.get(name);
      if (held) forgotten = new WeakRef(held);
      snapshotStore.delete(name);
    },
  };
}
