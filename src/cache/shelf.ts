import type { Snapshot } from './snapshot.ts';

/** A snapshot with what must be known to show it. */
export interface Held<T> {
  readonly snapshot: Snapshot<T>;
  /** Monotonic milliseconds. */
  readonly freshUntil: number;
  /** The epoch of the replicas in which its read began. */
  readonly epoch: number;
  /** Of its encoded text; what it takes in memory is a few times as much. */
  readonly bytes: number;
}

/** Snapshots of all lists of a process, within bounds: the ones that were not used for longest go first. */
export interface Shelf<T> {
  get(name: string): Held<T> | undefined;
  put(name: string, held: Held<T>): void;
  remove(name: string): void;
}

export interface ShelfBounds {
  maxEntries: number;
  maxBytes: number;
}

export function createShelf<T>({ maxEntries, maxBytes }: ShelfBounds): Shelf<T> {
  /** In the order of their last use. */
  const entries = new Map<string, Held<T>>();
  let bytes = 0;

  function remove(name: string): void {
    bytes -= entries.get(name)?.bytes ?? 0;
    entries.delete(name);
  }

  return {
    get(name) {
      const held = entries.get(name);
      if (!held) return undefined;
      entries.delete(name);
      entries.set(name, held);
      return held;
    },
    put(name, held) {
      remove(name);
      if (held.bytes > maxBytes) return;
      entries.set(name, held);
      bytes += held.bytes;
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && bytes <= maxBytes) break;
        remove(oldest);
      }
    },
    remove,
  };
}
