import { providers } from '../providers/index.ts';

/** A ready operation for the playground and the client kit; it works on the sandbox as it stands. */
export interface ExampleOperation {
  name: string;
  query: string;
  variables: object;
}

const badgesExample: ExampleOperation = {
  name: 'Badges',
  query: `# Badges of both providers in one list. If one is down, its row in sources says so.
query Badges($first: Int, $after: String, $filter: BadgeFilter) {
  badges(first: $first, after: $after, filter: $filter) {
    totalCount
    sources { provider state code droppedRecords }
    pageInfo { hasNextPage endCursor }
    nodes {
      __typename
      ... on BadgeFields { id provider name description imageUrl version }
${providers.map(({ badgeClass, example }) => `      ... on ${badgeClass.name} { ${example.selection} }`).join('\n')}
    }
  }
}`,
  variables: { first: 20, filter: { nameContains: '' } },
};

const entitiesExample: ExampleOperation = {
  name: 'BadgeEntities',
  query: `# What a router asks when another subgraph refers to badges by their keys.
query BadgeEntities($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on BadgeFields { id name }
  }
}`,
  variables: {
    representations: providers.map(({ badgeClass, example }) => ({
      __typename: badgeClass.name,
      id: example.badgeId,
    })),
  },
};

const updateExamples: ExampleOperation[] = providers.flatMap(({ key, badgeClass, example }) =>
  example.updates.map(({ operationName, input }) => ({
    name: operationName,
    query: `# Set dryRun to true to see what would change without changing it.
mutation ${operationName}($input: UpdateBadgeInput!, $dryRun: Boolean = false) {
  updateBadge(input: $input, dryRun: $dryRun) {
    badge {
      ... on BadgeFields { id name version }
      ... on ${badgeClass.name} { ${example.selection} }
    }
    changes { field before after }
    warnings { code message fields }
    userErrors {
      __typename
      code
      message
      field
      ... on BadgeConflictError { currentBadge { ... on BadgeFields { name version } } }
      ... on BadgeProviderError { provider retryable retryAfterMs }
    }
  }
}`,
    variables: { input: { [key]: input }, dryRun: false },
  })),
);

/** The tabs that the playground opens with, in their order. */
export const exampleOperations: readonly ExampleOperation[] = [
  badgesExample,
  entitiesExample,
  ...updateExamples,
];
