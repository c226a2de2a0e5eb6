import type { ApolloServerOptions, BaseContext } from '@apollo/server';
import type { DocumentNode } from 'graphql';

type DocumentStore = NonNullable<ApolloServerOptions<BaseContext>['documentStore']>;

/** In tokens, of some hundred bytes each once parsed. A gateway's operations have about a hundred. */
const MOST_WEIGHT = 200_000;
/** A document keeps its text, comments and all: so many characters take as much as a token at least. */
const CHARACTERS_OF_TOKEN = 10;

/**
 * Documents that were good, so that they are not parsed and validated again; those used last are kept. The server's
 * own store goes by the length of their JSON, which says little of what they hold, and writes it for each.
 */
export function createDocumentStore(mostWeight = MOST_WEIGHT): DocumentStore {
  const documents = new Map<string, DocumentNode>();
  let weight = 0;

  function remove(key: string): boolean {
    weight -= weigh(documents.get(key));
    return documents.delete(key);
  }
  return {
    async get(key) {
      const document = documents.get(key);
      if (!document) return undefined;
      documents.delete(key);
      documents.set(key, document);
      return document;
    },
    async set(key, document) {
      remove(key);
      documents.set(key, document);
      weight += weigh(document);
      for (const oldest of documents.keys()) {
        if (weight <= mostWeight) break;
        remove(oldest);
      }
    },
    delete: async (key) => remove(key),
  };
}

function weigh(document: DocumentNode | undefined): number {
  if (!document) return 0;
  const characters = document.loc?.source.body.length ?? 0;
  return Math.max(document.tokenCount ?? 0, Math.ceil(characters / CHARACTERS_OF_TOKEN));
}
