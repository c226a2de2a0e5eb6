import type { ApolloServerOptions, BaseContext } from '@apollo/server';
import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

type DocumentStore = NonNullable<ApolloServerOptions<BaseContext>['documentStore']>;

/** In tokens, each of which takes some hundred bytes once parsed. A gateway's operations have about a hundred. */
const MAX_WEIGHT = 200_000;
/** A document keeps its text, including comments: this many characters take at least as much memory as one token. */
const CHARACTERS_PER_TOKEN = 10;

/**
 * Valid documents, so that they are not parsed and validated again. Those used last are kept. Apollo's own store weighs
 * a document by the length of its JSON, which says little about its memory, and writes that JSON for each.
 */
export function createDocumentStore(maxWeight = MAX_WEIGHT): DocumentStore {
  const documents = new LRUCache<string, DocumentNode>({
    maxSize: maxWeight,
    sizeCalculation: weigh,
  });
  return {
    get: async (key) => documents.get(key),
    set: async (key, document) => void documents.set(key, document),
    delete: async (key) => documents.delete(key),
  };
}

function weigh({ loc, tokenCount = 0 }: DocumentNode): number {
  const characters = loc?.source.body.length ?? 0;
  return Math.max(1, tokenCount, Math.ceil(characters / CHARACTERS_PER_TOKEN));
}
