import { parse, print } from 'graphql';
import { providers } from '../providers/index.ts';
import type { OperationKind } from '../providers/provider.ts';

/** A complete operation for the playground and the client kit. It works on a new sandbox. */
export interface ExampleOperation {
  name: string;
  /** What the operation demonstrates. */
  about: string;
  query: string;
  variables: object;
}

const badgesExample: ExampleOperation = {
  name: 'Badges',
  about: 'Badges of all providers in one list.',
  query: `query Badges($first: Int = 20, $after: String, $filter: BadgeFilter, $orderBy: BadgeOrder) {
    badges(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      totalCount
      sources { provider state asOf code retryAfterMs droppedRecords }
      edges {
        cursor
        node {
          __typename
          ... on BadgeFields { id provider name description imageUrl version }
          ${providers.map(({ badgeClass, example }) => `... on ${badgeClass.name} { ${example.selection} }`).join('\n')}
        }
      }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }`,
  variables: {},
};

const exampleKeys = providers.map(({ name, example }) => ({
  provider: name.enumValue,
  id: example.badgeId,
}));

const badgesByKeysExample: ExampleOperation = {
  name: 'BadgesByKeys',
  about: 'Badges whose keys are known, in the order of the keys.',
  query: `query BadgesByKeys($keys: [BadgeKey!]!) {
    badgesByKeys(keys: $keys) {
      __typename
      ... on BadgeFields { id provider name imageUrl version }
    }
  }`,
  variables: { keys: exampleKeys },
};

const badgeProvidersExample: ExampleOperation = {
  name: 'BadgeProviders',
  about: 'What each provider can do, and how much of its rate limit is free.',
  query: `query BadgeProviders {
    badgeProviders {
      provider title badgeType inputField configured operations
      requestWindows { requests windowMs freeShare }
    }
  }`,
  variables: {},
};

const historyExample: ExampleOperation = {
  name: 'HistoryOfBadge',
  about: 'The mutations of a badge that were sent through this service.',
  query: `query HistoryOfBadge($provider: BadgeProvider!, $id: ID!, $first: Int = 20, $after: String) {
    badgeHistory(provider: $provider, id: $id, first: $first, after: $after) {
      edges {
        cursor
        node {
          id at caller operation outcome memberId
          changes { field sharedField before beforeKnown after }
        }
      }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }`,
  variables: { ...exampleKeys[0] },
};

const entitiesExample: ExampleOperation = {
  name: 'BadgeEntities',
  about: 'What a router sends: badges by their keys.',
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

/** The result fields that each kind of mutation selects. */
const RESULTS: Readonly<Record<OperationKind, (badge: string) => string>> = {
  create: (badge) => `badge ${badge}`,
  update: (badge) => `badge ${badge}`,
  delete: (badge) => `deletedBadgeId deletedBadgeType deletedBadge ${badge}`,
  award: (badge) => `awardedBadges ${badge} memberBadges ${badge}`,
  revoke: (badge) => `badge ${badge}`,
};

/** The kinds that change a badge that was there. */
const HAS_VERSION: readonly OperationKind[] = ['update', 'delete'];

const toInputName = (kind: OperationKind): string =>
  `${kind.charAt(0).toUpperCase()}${kind.slice(1)}BadgeInput`;

const mutationExamples: ExampleOperation[] = providers.flatMap(({ key, badgeClass, example }) =>
  example.operations.map(({ kind, operationName, input, ...rest }) => ({
    name: operationName,
    about: rest.about ?? 'Set dryRun to true to preview the change without writing it.',
    query: `mutation ${operationName}($input: ${toInputName(kind)}!${HAS_VERSION.includes(kind) ? ', $expectedVersion: String' : ''}, $dryRun: Boolean = false, $idempotencyKey: String) {
      ${kind}Badge(input: $input${HAS_VERSION.includes(kind) ? ', expectedVersion: $expectedVersion' : ''}, dryRun: $dryRun, idempotencyKey: $idempotencyKey) {
        outcome
        ${RESULTS[kind](`{
          __typename
          ... on BadgeFields { id name version }
          ... on ${badgeClass.name} { ${example.selection} }
        }`)}
        changes { field sharedField before beforeKnown after }
        warnings { code message fields }
        userErrors {
          __typename
          code
          message
          fields
          ... on BadgeConflictError { currentBadge { __typename ... on BadgeFields { id name version } } }
          ... on BadgeProviderError { provider retryable retryAfterMs }
        }
      }
    }`,
    variables: {
      ...(rest.expectedVersion !== undefined && { expectedVersion: rest.expectedVersion }),
      dryRun: rest.dryRun ?? false,
      ...(rest.idempotencyKey && { idempotencyKey: rest.idempotencyKey }),
      input: { [key]: input },
    },
  })),
);

const isUpdate = ({ query }: ExampleOperation): boolean => query.includes('updateBadge(');

/** The initial tabs of the playground, in order. */
export const exampleOperations: readonly ExampleOperation[] = [
  badgesExample,
  badgesByKeysExample,
  badgeProvidersExample,
  entitiesExample,
  ...mutationExamples.filter(isUpdate),
  ...mutationExamples.filter((example) => !isUpdate(example)),
  historyExample,
].map((example) => ({
  ...example,
  query: `# ${example.about}\n${print(parse(example.query))}\n`,
}));
