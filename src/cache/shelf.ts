import { LRUCache } from 'lru-cache';
import type { Snapshot } from './snapshot.ts';

/** A snapshot with what must be known to show it. */
export interface Held<T> {
  readonly snapshot: Snapshot<T>;
  /** Monotonic milliseconds. */
  readonly freshUntil: number;
  /** The epoch of the replicas in which its read began. */
  readonly epoch: number;
  /** The length of its encoded text. In memory it takes a few times as much. */
  readonly bytes: number;
}

/** The snapshots of all lists of a process, by the names of the lists. */
export type Shelf<T> = Pick<LRUCache<string, Held<T>>, 'get' | 'set' | 'delete'>;

export interface ShelfBounds {
  maxEntries: number;
  maxBytes: number;
}

/** Keeps the snapshots that were used last, within both bounds. */
export function createShelf<T>({ maxEntries, maxBytes }: ShelfBounds): Shelf<T> {
  return new LRUCache<string, Held<T>>({
    max: maxEntries,
    maxSize: maxBytes,
    // The library refuses a size of 0.
    sizeCalculation: ({ bytes }) => Math.max(1, bytes),
  });
}
