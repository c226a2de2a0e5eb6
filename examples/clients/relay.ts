/** Relay: an environment, a connection and writes for badges. */
import {
  ConnectionHandler,
  Environment,
  type FetchFunction,
  Network,
  RecordSource,
  Store,
  commitMutation,
  createOperationDescriptor,
  fetchQuery,
  getRequest,
  graphql,
} from 'relay-runtime';
import type {
  relayBadgesQuery,
  relayBadgesQuery$data,
  relayBadgesQuery$variables,
} from './generated/relay/relayBadgesQuery.graphql.ts';
import type { relayDeleteMutation } from './generated/relay/relayDeleteMutation.graphql.ts';
import type { relayRenameMutation } from './generated/relay/relayRenameMutation.graphql.ts';

// #region network
const MAX_ATTEMPTS = 5;

/** All attempts of a mutation send the same key. */
function toNetwork(url: string): FetchFunction {
  return async ({ text, operationKind }, given) => {
    const idempotencyKey = given.idempotencyKey ?? crypto.randomUUID();
    const variables = operationKind === 'mutation' ? { ...given, idempotencyKey } : given;
    const body = JSON.stringify({ query: text, variables });
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt === MAX_ATTEMPTS;
      try {
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(url, { method: 'POST', headers, body });
        if (answer.status < 500 || isLast) return await answer.json();
      } catch (error) {
        if (isLast) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 300 * 2 ** (attempt - 1)));
    }
  };
}

export function createRelayEnvironment(url: string): Environment {
  return new Environment({
    network: Network.create(toNetwork(url)),
    store: new Store(new RecordSource()),
  });
}
// #endregion

const badgesQuery = graphql`
  query relayBadgesQuery($first: Int = 20, $after: String, $filter: BadgeFilter) {
    badges(first: $first, after: $after, filter: $filter)
      @connection(key: "relayBadgesQuery_badges", filters: ["filter"]) {
      sources {
        provider
        state
      }
      edges {
        node {
          __typename
          ... on ReturningAIBadge {
            id
            name
            version
            quantity
          }
          ... on TagMangoBadge {
            id
            name
            version
            pointsThreshold
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

// #region pages
/** With `after`, adds a page to those in the store. `usePaginationFragment` of react-relay does the same. */
export async function loadPage(environment: Environment, variables: relayBadgesQuery$variables) {
  await fetchQuery<relayBadgesQuery>(environment, badgesQuery, variables).toPromise();
}

/** All pages in the store. */
export function readBadges(environment: Environment, variables: relayBadgesQuery$variables) {
  const { fragment } = createOperationDescriptor(getRequest(badgesQuery), variables);
  return (environment.lookup(fragment).data as relayBadgesQuery$data | undefined)?.badges;
}
// #endregion

const renameMutation = graphql`
  mutation relayRenameMutation(
    $input: UpdateBadgeInput!
    $expectedVersion: String
    $idempotencyKey: String
  ) @raw_response_type {
    updateBadge(input: $input, expectedVersion: $expectedVersion, idempotencyKey: $idempotencyKey) {
      outcome
      badge {
        __typename
        ... on BadgeFields {
          id
          name
          version
        }
      }
      userErrors {
        __typename
        message
        ... on BadgeConflictError {
          currentBadge {
            __typename
            ... on BadgeFields {
              id
              name
              version
            }
          }
        }
      }
    }
  }
`;

// #region rename
/** Shows the new name at once. A conflict brings the current badge, which replaces it in the store. */
export function rename(
  environment: Environment,
  { id, version }: { id: string; version: string },
  name: string,
) {
  return new Promise<relayRenameMutation['response']>((resolve, reject) => {
    commitMutation<relayRenameMutation>(environment, {
      mutation: renameMutation,
      variables: { input: { tagMango: { id, name } }, expectedVersion: version },
      optimisticResponse: {
        updateBadge: {
          outcome: 'APPLIED',
          badge: {
            __typename: 'TagMangoBadge',
            __isBadgeFields: 'TagMangoBadge',
            id,
            name,
            version,
          },
          userErrors: [],
        },
      },
      onCompleted: resolve,
      onError: reject,
    });
  });
}
// #endregion

const deleteMutation = graphql`
  mutation relayDeleteMutation(
    $input: DeleteBadgeInput!
    $idempotencyKey: String
    $connections: [ID!]!
  ) {
    deleteBadge(input: $input, idempotencyKey: $idempotencyKey) {
      outcome
      deletedBadgeId @deleteEdge(connections: $connections)
    }
  }
`;

// #region remove
export function remove(environment: Environment, id: string) {
  const list = ConnectionHandler.getConnectionID('client:root', 'relayBadgesQuery_badges', {});
  return new Promise<relayDeleteMutation['response']>((resolve, reject) => {
    commitMutation<relayDeleteMutation>(environment, {
      mutation: deleteMutation,
      variables: { input: { returningAI: { id } }, connections: [list] },
      onCompleted: resolve,
      onError: reject,
    });
  });
}
// #endregion
