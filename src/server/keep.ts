/**
 * Promises: all that is kept for documents, parsed ones and what the fast path makes of them, stays within one number of
 * bytes. What was used longest ago is dropped first,
 * and nothing that is dropped is needed for a right answer.
 */
import { LRUCache } from 'lru-cache';

export type KeptKind = 'documents' | 'plans' | 'fragments' | 'answers';

/** What may be dropped at any moment. */
export interface Kept {
  readonly kind: KeptKind;
  /** Called once it is dropped, for whatever reason. */
  onDrop(): void;
}

export interface Usage {
  /** Parsed and valid. */
  documents: number;
  plans: number;
  /** Tables of them: one for each plan and tenant. */
  fragments: number;
  answers: number;
  bytes: number;
}

export interface Keep {
  /** Keeps it, or notes its new size. An item that takes more than a quarter of the budget is dropped at once. */
  put(item: Kept, bytes: number): void;
  /** Notes that it was used. */
  use(item: Kept): void;
  drop(item: Kept): void;
  usage(): Usage;
}

const KEPT_BYTES = 32 * 1024 * 1024;

export function createKeep(budgetBytes = KEPT_BYTES): Keep {
  const counts = { documents: 0, plans: 0, fragments: 0, answers: 0 };
  const most = Math.floor(budgetBytes / 4);
  const items = new LRUCache<Kept, number>({
    maxSize: budgetBytes,
    sizeCalculation: (bytes) => Math.max(1, bytes),
    noDisposeOnSet: true,
    dispose(_bytes, item) {
      counts[item.kind] -= 1;
      item.onDrop();
    },
  });
  return {
    put(item, bytes) {
      if (bytes > most) return void (items.delete(item) || item.onDrop());
      if (!items.has(item)) counts[item.kind] += 1;
      items.set(item, bytes);
    },
    use: (item) => void items.get(item),
    drop: (item) => void items.delete(item),
    usage: () => ({ ...counts, bytes: items.calculatedSize }),
  };
}

/** Of a string in memory beside its characters, and of its place in a map. */
const AROUND_TEXT = 64;

export function bytesOf(...texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + AROUND_TEXT + length, 0);
}

/** The same text by itself: a part of another one, or a sum, would keep that one in memory. One byte a character. */
export function toFlat(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('latin1');
}

/** The bytes of its UTF-8 as a string of one byte a character, which is written as it is. */
export function toUtf8Bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
