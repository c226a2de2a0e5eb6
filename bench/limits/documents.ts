import { getIntrospectionQuery } from 'graphql';
import type { Operation } from '../../test/support/graphql-client.ts';

/** A kind of expensive document. Its size is the maximum that the limits allow. */
export interface Family {
  name: string;
  ask: (size: number) => Operation;
}

export function repeat(times: number, text: (index: number) => string): string {
  return Array.from({ length: times }, (_, index) => text(index)).join(' ');
}

const inBadges = (fields: string) => `{ badges { nodes { ... on BadgeFields { ${fields} } } } }`;
const chain = (size: number, type: string, rest: string) =>
  `${repeat(size, (at) => `fragment F${at} on ${type} { ...F${at + 1} ${rest} }`)}
   fragment F${size} on ${type} { ${rest} }`;
const LEAVES = ['id', 'name', 'description', 'imageUrl', 'version', 'provider'];
const LONG = 'x'.repeat(4_000);
const of = (name: string, query: (size: number) => string): Family => ({
  name,
  ask: (size) => ({ query: query(size) }),
});
const withVariable = (
  name: string,
  query: string,
  variable: (size: number) => unknown,
): Family => ({
  name,
  ask: (size) => ({ query, variables: { x: variable(size) } }),
});
const list = <Item>(size: number, item: (index: number) => Item) =>
  Array.from({ length: size }, (_, index) => item(index));

const ENTITIES = `query ($x: [_Any!]!) { _entities(representations: $x) {
  ... on TagMangoBadge { ${LEAVES.join(' ')} } ... on ReturningAIBadge { ${LEAVES.join(' ')} } } }`;
const AWARD = `mutation ($x: [ID!]!) {
  awardBadge(dryRun: true, input: { tagMango: { userId: "1", badgeIds: $x } }) { userErrors { code } } }`;
const FILTER = 'query ($x: BadgeFilter) { badges(filter: $x) { totalCount } }';

/** Of all rules that are known to be slow, and of all parts of a request. */
export const families: readonly Family[] = [
  of('one leaf again and again', (size) => inBadges(repeat(size, () => 'name'))),
  of('all leaves again and again', (size) =>
    inBadges(repeat(size, (at) => LEAVES[at % LEAVES.length] ?? '')),
  ),
  of(
    'one list again and again',
    (size) => `{ badges { ${repeat(size, () => 'nodes { __typename }')} } }`,
  ),
  of(
    'lists in lists again and again',
    (size) =>
      `{ ${repeat(10, () => `badges { ${repeat(size, () => 'edges { node { __typename } }')} }`)} }`,
  ),
  of(
    'lists in lists, once more each',
    (size) =>
      `{ badges { edges { ${repeat(size, () => 'node { ... on BadgeFields { id name } ... on TagMangoBadge { id } }')} } } }`,
  ),
  of(
    'two inline fragments by turns',
    (size) =>
      `{ badges { nodes { ${repeat(size, () => '... on ReturningAIBadge { id } ... on TagMangoBadge { id }')} } } }`,
  ),
  of('one name for two fields', (size) =>
    inBadges(repeat(Math.min(size, 25), () => 'a: id a: name') + ' name'.repeat(size)),
  ),
  of(
    'one field with other arguments',
    (size) =>
      `{ ${repeat(size, (at) => `badge(provider: TAG_MANGO, id: "${LONG}${at}") { __typename }`)} }`,
  ),
  of('fields that are not there', (size) => `{ badges { ${repeat(size, (at) => `x${at}`)} } }`),
  of(
    'fields that are almost there',
    (size) => `{ badges { ${repeat(size, (at) => `totalCoun${at}`)} } }`,
  ),
  of(
    'fields on a fragment that are almost there',
    (size) => `{ badges { nodes { ${repeat(size, (at) => `nam${at}`)} } } }`,
  ),
  of(
    'arguments that are not there',
    (size) => `{ badges(${repeat(size, (at) => `firs${at}: 1`)}) { totalCount } }`,
  ),
  of(
    'one argument again and again',
    (size) => `{ badges(${repeat(size, () => 'first: 1')}) { totalCount } }`,
  ),
  of(
    'input fields that are not there',
    (size) =>
      `mutation { updateBadge(input: { tagMango: { ${repeat(size, (at) => `nam${at}: 1`)} } }) { changes { field } } }`,
  ),
  of(
    'variables that are not used',
    (size) => `query (${repeat(size, (at) => `$v${at}: Int`)}) { __typename }`,
  ),
  of(
    'variables that are not there',
    (size) => `{ _entities(representations: [${repeat(size, (at) => `$v${at}`)}]) { __typename } }`,
  ),
  of(
    'variables that are used',
    (size) =>
      `query (${repeat(size, (at) => `$v${at}: _Any!`)}) { _entities(representations: [${repeat(size, (at) => `$v${at}`)}]) { __typename } }`,
  ),
  of('directives', (size) => `{ badges ${repeat(size, () => '@skip(if: false)')} { totalCount } }`),
  of('directives that are not there', (size) => `{ badges ${repeat(size, (at) => `@x${at}`)} }`),
  of('operations', (size) => repeat(size, (at) => `query q${at} { __typename }`)),
  of(
    'operations over one chain of fragments',
    (size) =>
      `${repeat(size, (at) => `query q${at} { ...F0 }`)} ${chain(19, 'Query', 'badges { totalCount }')}`,
  ),
  of(
    'operations with variables over fragments',
    (size) =>
      `${repeat(size, (at) => `query q${at}($a: Int) { ...F0 }`)} ${chain(10, 'Query', 'badges(first: $a) { totalCount }')}`,
  ),
  of(
    'fragments side by side',
    (size) =>
      `{ badges { ${repeat(size, (at) => `...F${at}`)} } } ${repeat(size, (at) => `fragment F${at} on BadgeConnection { nodes { __typename } }`)}`,
  ),
  of(
    'fragments that spread all later ones',
    (size) =>
      `{ badges { ...F0 } } ${repeat(size, (at) => `fragment F${at} on BadgeConnection { totalCount ${repeat(size - at - 1, (more) => `...F${at + more + 1}`)} }`)}`,
  ),
  of(
    'fragments that double, up to the cap',
    (size) =>
      `{ badges { ...F0 } } ${repeat(size, (at) => `fragment F${at} on BadgeConnection { ...F${at + 1} nodes { __typename } ...F${at + 1} }`)}
       fragment F${size} on BadgeConnection { nodes { __typename } }`,
  ),
  of(
    'a circle of fragments',
    (size) =>
      `{ badges { ...F0 } } ${repeat(size, (at) => `fragment F${at} on BadgeConnection { ...F${(at + 1) % size} ...F${(at * 7) % size} }`)}`,
  ),
  of(
    'fragment spreads that are not there',
    (size) => `{ badges { ${repeat(size, (at) => `...F${at}`)} } }`,
  ),
  of(
    'deep inline fragments',
    (size) => `{ ${'... { '.repeat(size)} __typename ${'}'.repeat(size)} }`,
  ),
  of(
    'deep introspection',
    (size) => `{ __schema { types { ${'ofType { '.repeat(size)} name ${'}'.repeat(size)} } } }`,
  ),
  of(
    'wide introspection',
    (size) =>
      `{ __schema { ${repeat(size, (at) => `a${at}: types { name fields { name type { name fields { name } } } }`)} } }`,
  ),
  of('the introspection of tools', () => getIntrospectionQuery()),
  of(
    'deep lists',
    (size) => `{ badges(first: ${'['.repeat(size)}1${']'.repeat(size)}) { __typename } }`,
  ),
  of(
    'deep objects',
    (size) => `{ badges(filter: ${'{ a: '.repeat(size)}1${'}'.repeat(size)}) { __typename } }`,
  ),
  of(
    'deep types',
    (size) => `query ($a: ${'['.repeat(size)}Int${']'.repeat(size)}) { __typename }`,
  ),
  of(
    'a list of ids',
    (size) =>
      `mutation { awardBadge(dryRun: true, input: { tagMango: { userId: "1", badgeIds: [${repeat(size, String)}] } }) { userErrors { code } } }`,
  ),
  of(
    'representations in the document',
    (size) =>
      `{ _entities(representations: [${repeat(size, (at) => `{ __typename: "TagMangoBadge", id: "${at}" }`)}]) { __typename } }`,
  ),
  of(
    'a long string',
    (size) => `{ badge(provider: TAG_MANGO, id: "${'x'.repeat(size)}") { __typename } }`,
  ),
  of(
    'a long block string',
    (size) => `{ badge(provider: TAG_MANGO, id: """${'\n x'.repeat(size)}""") { __typename } }`,
  ),
  of('a long name', (size) => `{ ${'x'.repeat(size)} }`),
  of('a long alias', (size) => `{ ${'x'.repeat(size)}: __typename }`),
  of('a huge number', (size) => `{ badges(first: ${'9'.repeat(size)}) { totalCount } }`),
  of('comments', (size) => `{ __typename } ${'#\n'.repeat(size)}`),
  of('commas', (size) => `{ __typename } ${','.repeat(size)}`),
  withVariable('representations', ENTITIES, (size) =>
    list(Math.min(size, 1_000), (at) => ({
      __typename: 'TagMangoBadge',
      id: at.toString(16).padStart(24, '0'),
    })),
  ),
  withVariable('representations of nothing', ENTITIES, (size) =>
    list(Math.min(size, 1_000), (at) => ({ __typename: `X${at}` })),
  ),
  {
    name: 'representations of nothing under a long alias',
    ask: (size) => ({
      query: `query ($x: [_Any!]!) { ${'x'.repeat(90_000)}: _entities(representations: $x) { __typename } }`,
      variables: { x: list(Math.min(size, 3_000), () => ({ __typename: 'X' })) },
    }),
  },
  withVariable('errors behind many lines', `${'\n'.repeat(495)} ${ENTITIES}`, (size) =>
    list(Math.min(size, 1_000), () => ({ __typename: 'X' })),
  ),
  withVariable('representations with much that is not read', ENTITIES, (size) =>
    list(Math.min(size, 900), () => ({
      __typename: 'TagMangoBadge',
      id: '1',
      x: 'y'.repeat(1_000),
    })),
  ),
  withVariable('ids in variables', AWARD, (size) => list(size, String)),
  withVariable('wrong ids in variables', AWARD, (size) => list(size, () => ({}))),
  withVariable('input fields that are not there, in variables', FILTER, (size) =>
    Object.fromEntries(list(size, (at) => [`nameContain${at}`, 1] as const)),
  ),
  withVariable('a long string where an object belongs', FILTER, (size) => 'x'.repeat(size)),
  {
    name: 'full pages',
    ask: (size) => ({
      query: `query ($x: Int) { ${repeat(Math.min(size, 50), (at) => `a${at}: badges(first: $x) { nodes { ... on BadgeFields { ${LEAVES.join(' ')} } } edges { cursor } }`)} }`,
      variables: { x: 100 },
    }),
  },
  {
    name: 'pages that cost nothing to ask for',
    ask: (size) => ({
      query: `{ ${repeat(Math.min(size, 50), (at) => `a${at}: badges(first: 0) { totalCount sources { provider state asOf code droppedRecords retryAfterMs } pageInfo { endCursor hasNextPage } }`)} }`,
    }),
  },
];
