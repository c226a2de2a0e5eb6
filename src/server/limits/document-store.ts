import type { ApolloServerOptions, BaseContext } from '@apollo/server';
import type { DocumentNode } from 'graphql';

type DocumentStore = NonNullable<ApolloServerOptions<BaseContext>['documentStore']>;

/** Some hundred bytes each, once parsed. A gateway's operations have about a hundred. */
const MOST_TOKENS = 200_000;

/**
 * Documents that were good, so that they are not parsed and validated again; those used last are kept. The server's
 * own store goes by the length of their JSON, which says little of what they hold, and writes it for each.
 */
export function createDocumentStore(mostTokens = MOST_TOKENS): DocumentStore {
  const documents = new Map<string, DocumentNode>();
  let tokens = 0;

  function remove(key: string): boolean {
    tokens -= tokensOf(documents.get(key));
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
      tokens += tokensOf(document);
      for (const oldest of documents.keys()) {
        if (tokens <= mostTokens) break;
        remove(oldest);
      }
    },
    delete: async (key) => remove(key),
  };
}

function tokensOf(document: DocumentNode | undefined): number {
  return document?.tokenCount ?? 0;
}
