import { parse, print } from 'graphql';
import { providers } from '../providers/index.ts';
import type { OperationKind, Provider } from '../providers/provider.ts';

/** In the order in which the playground shows them. */
export const EXAMPLE_GROUPS = [
  'Read',
  'Change',
  'Award',
  'History',
  'Entities, for routers',
] as const;

/** A complete operation for the playground and the client kit. It works on a new sandbox. */
export interface ExampleOperation {
  name: string;
  group: (typeof EXAMPLE_GROUPS)[number];
  /** What the operation demonstrates. */
  about: string;
  /** A further line of its comment. */
  hint?: string;
  query: string;
  variables: object;
  /** The demo badges of each provider that the operation concerns. Empty if it names no badge and no provider. */
  demoBadges: readonly DemoBadges[];
}

interface DemoBadges {
  /** A value of the enum `BadgeProvider`. */
  provider: string;
  title: string;
  ids: readonly string[];
}

const demoBadgesOf = ({ name, example }: Provider, ids: readonly string[] = []): DemoBadges => ({
  provider: name.enumValue,
  title: name.title,
  ids: [...new Set([...ids, example.badgeId])],
});

const oneDemoBadgeEach = providers.map((provider) => demoBadgesOf(provider));

const badgesExample: ExampleOperation = {
  name: 'Badges',
  group: 'Read',
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
  demoBadges: [],
};

const exampleKeys = providers.map(({ name, example }) => ({
  provider: name.enumValue,
  id: example.badgeId,
}));

const badgesByKeysExample: ExampleOperation = {
  name: 'BadgesByKeys',
  group: 'Read',
  about: 'Badges whose keys are known, in the order of the keys.',
  query: `query BadgesByKeys($keys: [BadgeKey!]!) {
    badgesByKeys(keys: $keys) {
      __typename
      ... on BadgeFields { id provider name imageUrl version }
    }
  }`,
  variables: { keys: exampleKeys },
  demoBadges: oneDemoBadgeEach,
};

const badgeProvidersExample: ExampleOperation = {
  name: 'BadgeProviders',
  group: 'Read',
  about: 'What each provider can do, and how much of its rate limit is free.',
  query: `query BadgeProviders {
    badgeProviders {
      provider title badgeType inputField configured operations
      requestWindows { requests windowMs freeShare }
    }
  }`,
  variables: {},
  demoBadges: [],
};

const historyExample: ExampleOperation = {
  name: 'HistoryOfBadge',
  group: 'History',
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
  demoBadges: oneDemoBadgeEach,
};

const entitiesExample: ExampleOperation = {
  name: 'BadgeEntities',
  group: 'Entities, for routers',
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
  demoBadges: oneDemoBadgeEach,
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

const ABOUT: Readonly<Record<OperationKind, (title: string) => string>> = {
  create: (title) => `Creates a badge at ${title}.`,
  update: (title) => `Changes a badge at ${title}.`,
  delete: (title) => `Deletes a badge at ${title}.`,
  award: (title) => `Gives a member a badge at ${title}.`,
  revoke: (title) => `Takes a badge from a member at ${title}.`,
};

const mutationExamples = providers.flatMap((provider) =>
  provider.example.operations.map((mutation): ExampleOperation => ({
    name: mutation.operationName,
    group: mutation.kind === 'award' || mutation.kind === 'revoke' ? 'Award' : 'Change',
    ...toMutation(provider, mutation),
    demoBadges: [
      demoBadgesOf(provider, provider.operations[mutation.kind]?.target(mutation.input)?.ids),
    ],
  })),
);

function toMutation(
  { key, name, badgeClass, example }: Provider,
  { kind, operationName, input, ...rest }: Provider['example']['operations'][number],
): Pick<ExampleOperation, 'about' | 'hint' | 'query' | 'variables'> {
  return {
    about: rest.about ?? ABOUT[kind](name.title),
    ...(!rest.dryRun && { hint: 'Set dryRun to true to preview it.' }),
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
  };
}

function toRank({ group, query }: ExampleOperation): number {
  if (group === 'Award') return 2;
  return query.includes('updateBadge(') ? 0 : 1;
}

/** By group, and the updates of all providers before other changes. */
export const exampleOperations: readonly ExampleOperation[] = [
  badgesExample,
  badgesByKeysExample,
  badgeProvidersExample,
  ...mutationExamples.toSorted((one, other) => toRank(one) - toRank(other)),
  historyExample,
  entitiesExample,
].map((example) => ({
  ...example,
  query: `${[example.about, example.hint].map((line) => line && `# ${line}\n`).join('')}${print(parse(example.query))}\n`,
}));
