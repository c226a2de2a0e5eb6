/** urql with graphcache: a cache, exchanges and writes for badges. */
import { Client, type Operation, fetchExchange, makeOperation, mapExchange } from '@urql/core';
import {
  type CacheExchangeOpts,
  type UpdateResolver,
  cacheExchange,
} from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { retryExchange } from '@urql/exchange-retry';
import {
  DeleteReturningAiBadgeDocument,
  type DeleteReturningAiBadgeMutation,
  RenameTagMangoBadgeDocument,
  type RenameTagMangoBadgeMutationVariables,
} from './generated/codegen/graphql.ts';

// #region cache
/** `introspectionFromSchema(buildSchema(sdl))` of schema/api.graphql, which you make when you build the page. */
type Introspection = CacheExchangeOpts['schema'];

const toCache = (schema: Introspection) =>
  cacheExchange({
    schema,
    resolvers: { Query: { badges: relayPagination(), badgeHistory: relayPagination() } },
    keys: {
      BadgeProviderStatus: ({ provider }) => String(provider),
      BadgeRequestWindow: () => null,
      BadgeSourceStatus: () => null,
      BadgeChange: () => null,
    },
    optimistic: { updateBadge: toRenamed },
    updates: { Mutation: { deleteBadge: evict } },
  });
// #endregion

// #region client
/** Before the retries, so that they all send the same key. */
const keyExchange = mapExchange({
  onOperation(operation: Operation) {
    if (operation.kind !== 'mutation') return operation;
    const idempotencyKey = operation.variables?.idempotencyKey ?? crypto.randomUUID();
    const variables = { ...operation.variables, idempotencyKey };
    return makeOperation('mutation', { ...operation, variables }, operation.context);
  },
});

export function createUrqlClient(url: string, schema: Introspection): Client {
  return new Client({
    url,
    preferGetMethod: false,
    exchanges: [
      toCache(schema),
      keyExchange,
      retryExchange({ initialDelayMs: 300, maxNumberAttempts: 5 }),
      fetchExchange,
    ],
  });
}
// #endregion

// #region rename
/** What a page shows until the answer is there. A conflict brings the current badge instead. */
function toRenamed({ input }: RenameTagMangoBadgeMutationVariables) {
  return {
    __typename: 'UpdateBadgePayload',
    outcome: 'APPLIED',
    badge: input.tagMango ? { __typename: 'TagMangoBadge', ...input.tagMango } : null,
    changes: [],
    warnings: [],
    userErrors: [],
  };
}

export function rename(client: Client, badge: { id: string; version: string }, name: string) {
  const input = { tagMango: { id: badge.id, name } };
  return client.mutation(RenameTagMangoBadgeDocument, { input, expectedVersion: badge.version });
}
// #endregion

// #region remove
const evict: UpdateResolver = ({ deleteBadge }: DeleteReturningAiBadgeMutation, _, cache) => {
  const { deletedBadgeType, deletedBadgeId } = deleteBadge;
  if (deletedBadgeType && deletedBadgeId)
    cache.invalidate({ __typename: deletedBadgeType, id: deletedBadgeId });
};

export function remove(client: Client, id: string) {
  return client.mutation(DeleteReturningAiBadgeDocument, { input: { returningAI: { id } } });
}
// #endregion
