/** gql.tada: types of the documents, without a step that generates them. */
import { initGraphQLTada } from 'gql.tada';
import type { introspection } from './generated/gql-tada.d.ts';

export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { DateTime: string; HttpsUrl: string; JSON: unknown };
}>();

export const badgesQuery = graphql(`
  query Badges($first: Int = 20, $after: String) {
    badges(first: $first, after: $after) {
      edges {
        node {
          __typename
          ... on BadgeFields {
            id
            name
            version
          }
          ... on TagMangoBadge {
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
`);

export const renameMutation = graphql(`
  mutation Rename($input: UpdateBadgeInput!, $expectedVersion: String, $idempotencyKey: String) {
    updateBadge(input: $input, expectedVersion: $expectedVersion, idempotencyKey: $idempotencyKey) {
      outcome
      userErrors {
        message
      }
    }
  }
`);
