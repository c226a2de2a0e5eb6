/**
 * Promises: all that is kept for documents, parsed ones and what the fast path makes of them, stays within one number of
 * bytes. What was used longest ago is dropped first, and nothing that is dropped is needed for a right answer. What is
 * counted of an item is at least four fifths of what it takes in memory, whatever its document looks like.
 */
import type { ApolloServerOptions, BaseContext } from '@apollo/server';
import { type DocumentNode, visit } from 'graphql';
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
  /** The two that were used last, in any order: neither is dropped while there are others. */
  let last: Kept | undefined;
  let lastButOne: Kept | undefined;
  const items = new LRUCache<Kept, number>({
    maxSize: budgetBytes,
    sizeCalculation: (bytes) => Math.max(1, bytes),
    noDisposeOnSet: true,
    dispose(_bytes, item) {
      if (item === last) last = undefined;
      if (item === lastButOne) lastButOne = undefined;
      counts[item.kind] -= 1;
      item.onDrop();
    },
  });

  function noteUse(item: Kept): void {
    if (item === last) return;
    lastButOne = last;
    last = item;
  }
  return {
    put(item, bytes) {
      if (bytes > most) return void (items.delete(item) || item.onDrop());
      if (!items.has(item)) counts[item.kind] += 1;
      items.set(item, bytes);
      noteUse(item);
    },
    use(item) {
      // A small request takes a twentieth longer if each use is noted.
      if (item === last || item === lastButOne) return;
      if (items.get(item) !== undefined) noteUse(item);
    },
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

type DocumentStore = NonNullable<ApolloServerOptions<BaseContext>['documentStore']>;

/** Of a parsed document for each node, with its place, and for each token. */
const BYTES_OF_NODE = 200;
const BYTES_OF_TOKEN = 95;
/** Beside them, with the cost of its operation. */
const DOCUMENT_BYTES = 2_000;
/** Of its text, comments included, which may be long for few tokens. */
const BYTES_OF_CHARACTER = 2;

export interface Documents extends DocumentStore {
  /** The valid document with this text. */
  find(text: string): DocumentNode | undefined;
}

/**
 * Keeps the valid documents that were used last, so that they are not parsed and validated again. Apollo Server's own
 * store measures a document by its JSON, which is slow and says little about its memory.
 */
export function createDocumentStore(keep: Keep): Documents {
  const byHash = new Map<string, KeptDocument>();
  const byText = new Map<string, KeptDocument>();

  function use(kept: KeptDocument | undefined): DocumentNode | undefined {
    if (kept) keep.use(kept);
    return kept?.document;
  }
  function drop(hash: string): boolean {
    const kept = byHash.get(hash);
    if (kept) keep.drop(kept);
    return kept !== undefined;
  }
  return {
    find: (text) => use(byText.get(text)),
    get: async (hash) => use(byHash.get(hash)),
    async set(hash, document) {
      drop(hash);
      const text = document.loc?.source.body ?? '';
      const onDrop = (): void => {
        byHash.delete(hash);
        byText.delete(text);
      };
      const kept: KeptDocument = { kind: 'documents', document, onDrop };
      byHash.set(hash, kept);
      byText.set(text, kept);
      keep.put(kept, sizeOf(document, text));
    },
    delete: async (hash) => drop(hash),
  };
}

interface KeptDocument extends Kept {
  document: DocumentNode;
}

function sizeOf(document: DocumentNode, text: string): number {
  const { tokenCount = 0 } = document;
  const ofNodes = BYTES_OF_NODE * countNodes(document);
  const ofTokens = BYTES_OF_TOKEN * tokenCount;
  return DOCUMENT_BYTES + ofNodes + ofTokens + BYTES_OF_CHARACTER * text.length;
}

/** Short names and brackets may make many nodes of few characters. */
export function countNodes(document: DocumentNode): number {
  let nodes = 0;
  visit(document, { enter: () => void (nodes += 1) });
  return nodes;
}
