/** Apollo Client: a cache, links and writes for badges. */
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, ServerError } from '@apollo/client';
import { RetryLink } from '@apollo/client/link/retry';
import { relayStylePagination } from '@apollo/client/utilities';
import possibleTypes from '../../schema/possible-types.json' with { type: 'json' };
import {
  DeleteReturningAiBadgeDocument,
  RenameTagMangoBadgeDocument,
  type RenameTagMangoBadgeMutation,
} from './generated/codegen/graphql.ts';

// #region cache
const cache = () =>
  new InMemoryCache({
    ...possibleTypes,
    typePolicies: {
      Query: {
        fields: {
          badges: relayStylePagination(['filter', 'orderBy']),
          badgeHistory: relayStylePagination(['provider', 'id']),
        },
      },
      BadgeProviderStatus: { keyFields: ['provider'] },
    },
  });
// #endregion

// #region links
/** Before the retries, so that they all send the same key. */
const keyLink = new ApolloLink((operation, forward) => {
  if (operation.operationType === 'mutation') {
    operation.variables.idempotencyKey ??= crypto.randomUUID();
  }
  return forward(operation);
});

/** Repeats what got no answer, or one of a server that is not well. */
const retryLink = new RetryLink({
  attempts: {
    max: 5,
    retryIf: (error) => !ServerError.is(error) || error.statusCode >= 500,
  },
});
// #endregion

// #region client
declare module '@apollo/client' {
  namespace ApolloClient.DeclareDefaultOptions {
    interface WatchQuery {
      errorPolicy: 'all';
    }
    interface Query {
      errorPolicy: 'all';
    }
  }
}

export function createApolloClient(uri: string): ApolloClient {
  return new ApolloClient({
    cache: cache(),
    link: ApolloLink.from([keyLink, retryLink, new HttpLink({ uri })]),
    defaultOptions: { watchQuery: { errorPolicy: 'all' }, query: { errorPolicy: 'all' } },
  });
}
// #endregion

type Renamed = NonNullable<RenameTagMangoBadgeMutation['updateBadge']['badge']>;

// #region rename
/** Shows the new name at once. A conflict brings the current badge, which replaces it in the cache. */
export async function rename(client: ApolloClient, badge: Renamed, name: string) {
  const { data } = await client.mutate({
    mutation: RenameTagMangoBadgeDocument,
    variables: { input: { tagMango: { id: badge.id, name } }, expectedVersion: badge.version },
    optimisticResponse: {
      updateBadge: {
        __typename: 'UpdateBadgePayload',
        outcome: 'APPLIED',
        badge: { ...badge, name },
        changes: [],
        warnings: [],
        userErrors: [],
      },
    },
  });
  return data?.updateBadge;
}
// #endregion

// #region remove
export async function remove(client: ApolloClient, id: string) {
  const { data } = await client.mutate({
    mutation: DeleteReturningAiBadgeDocument,
    variables: { input: { returningAI: { id } } },
    update(cache, { data }) {
      const { deletedBadgeType, deletedBadgeId } = data?.deleteBadge ?? {};
      if (!deletedBadgeType || !deletedBadgeId) return;
      cache.evict({ id: cache.identify({ __typename: deletedBadgeType, id: deletedBadgeId }) });
      cache.gc();
    },
  });
  return data?.deleteBadge;
}
// #endregion
