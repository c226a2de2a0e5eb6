/** graphql-request, a client without a cache. It takes the documents of codegen's client preset and of gql.tada. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { ClientError, GraphQLClient } from 'graphql-request';

const MAX_ATTEMPTS = 5;

export const createRequestClient = (url: string): GraphQLClient =>
  new GraphQLClient(url, { errorPolicy: 'all' });

/** Repeats what got no answer, or one of a server that is not well. All attempts send the same key. */
export async function write<Data, Variables extends object>(
  client: GraphQLClient,
  document: TypedDocumentNode<Data, Variables>,
  given: Variables & { idempotencyKey?: string | null },
): Promise<Data> {
  const variables = { ...given, idempotencyKey: given.idempotencyKey ?? crypto.randomUUID() };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.request<Data>({ document, variables });
    } catch (error) {
      const isRefused = error instanceof ClientError && error.response.status < 500;
      if (isRefused || attempt === MAX_ATTEMPTS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 300 * 2 ** (attempt - 1)));
  }
}
