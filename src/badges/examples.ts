import { parse, print } from 'graphql';
import { providers } from '../providers/index.ts';

/** A ready operation for the playground and the client kit; it works on the sandbox as it stands. */
export interface ExampleOperation {
  name: string;
  /** For people: what the operation shows. */
  about: string;
  query: string;
  variables: object;
}

const badgesExample: ExampleOperation = {
  name: 'Badges',
  about: 'Badges of all providers in one list. If one is down, its row in sources says so.',
  query: `query Badges($first: Int = 20, $after: String, $filter: BadgeFilter) {
    badges(first: $first, after: $after, filter: $filter) {
      totalCount
      sources { provider state code droppedRecords }
      pageInfo { hasNextPage endCursor }
      nodes {
        __typename
        ... on BadgeFields { id name description imageUrl version }
        ${providers.map(({ badgeClass, example }) => `... on ${badgeClass.name} { ${example.selection} }`).join('\n')}
      }
    }
  }`,
  variables: {},
};

const entitiesExample: ExampleOperation = {
  name: 'BadgeEntities',
  about: 'What a router asks when another subgraph refers to badges by their keys.',
  query: `query BadgeEntities($representations: [_Any!]!) {
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
    about: 'With dryRun set to true it shows what would change, and changes nothing.',
    query: `mutation ${operationName}($input: UpdateBadgeInput!, $dryRun: Boolean = false) {
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

/** The tabs that the playground opens with, in their order. The first opens without its variables shown. */
export const exampleOperations: readonly ExampleOperation[] = [
  badgesExample,
  entitiesExample,
  ...updateExamples,
].map((example) => ({
  ...example,
  query: `# ${example.about}\n${print(parse(example.query))}\n`,
}));
