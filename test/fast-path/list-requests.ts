import { pick } from '../support/random.ts';

type Random = () => number;

export interface ListOptions {
  random: Random;
  /** Ids of badges that there are, by the name of their type. */
  ids: Readonly<Record<string, readonly string[]>>;
  /** Of lists in several orders, of several tenants, some of them from before a change. */
  cursors: readonly string[];
}

interface ListDocument {
  query: string;
  operationName?: string;
  /** Names of its variables. */
  names: readonly string[];
  /** Whether the document stands behind all else in the body, as some clients write it. */
  isTurned: boolean;
}

const chance = (random: Random, share: number): boolean => random() < share;

/** Pages, filters and orders without end, in JSON: the same documents with other arguments each time. */
export function createListBodies(options: ListOptions): () => string {
  const { random } = options;
  const documents = Array.from({ length: 10 }, () => toDocument(options));
  return () => {
    const { query, operationName, names, isTurned } = pick(documents, random);
    const values = names
      .filter(() => chance(random, 0.75))
      .map((name) => `${JSON.stringify(name)}:${JSON.stringify(toValue(name, options))}`);
    if (chance(random, 0.08)) values.push(pick(MORE_VARIABLES, random));
    const variables = `{${values.join(',')}}`;
    const members = [
      `"query":${JSON.stringify(query)}`,
      ...(operationName === undefined ? [] : [`"operationName":${JSON.stringify(operationName)}`]),
      ...(chance(random, 0.03) ? [] : [`"variables":${variables}`]),
      ...(chance(random, 0.06) ? [pick(MORE_MEMBERS, random)] : []),
    ];
    return `{${(isTurned ? members.toReversed() : members).join(',')}}`;
  };
}

/** Variables that are not declared, among them such as look like the end of all. */
const MORE_VARIABLES = [
  '"other":true',
  '"other":null',
  '"other":{"}":"{\\"}"}',
  '"other":"}"',
  '"other":[{"variables":{}}]',
  '"other":12345678901234567890',
  '"first":1',
  '"f\\u0069rst":2',
  '"__proto__":{}',
];
const MORE_MEMBERS = [
  '"extensions":{"clientLibrary":{"name":"front"}}',
  '"extensions":{"variables":{"first":1}}',
  '"variables":{"first":1}',
  '"variables":null',
  '"v\\u0061riables":{"first":1}',
  '"a\\"variables":{"first":1}',
];

const TYPES: Readonly<Record<string, string>> = {
  first: 'Int',
  after: 'String',
  last: 'Int',
  before: 'String',
  filter: 'BadgeFilter',
  orderBy: 'BadgeOrder',
  providers: '[BadgeProvider!]',
  direction: 'OrderDirection! = ASC',
  more: 'Boolean = false',
  keys: '[BadgeKey!]!',
  id: 'ID! = "none"',
};

const BADGE_SELECTIONS = [
  '__typename ... on BadgeFields { id name imageUrl version provider }',
  '...Shared ... on TagMangoBadge { creator createdAt automationEnabledMangoes }',
  '... on TagMangoBadge { a: name name pointsThreshold } ... on ReturningAIBadge { title award }',
  'kind: __typename ...Shared @include(if: $more)',
  '... on Badge { ... on BadgeFields @skip(if: $more) { description } } __typename',
  `... on BadgeFields { ${'id name version '.repeat(40)} }`,
];
const PARTS = [
  'totalCount',
  'count: totalCount __typename',
  'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }',
  'pageInfo { endCursor } page: pageInfo { __typename hasNextPage }',
  'sources { provider state asOf droppedRecords code retryAfterMs }',
  'edges { cursor }',
  `edges { ${'cursor '.repeat(7)} } ${'totalCount '.repeat(20)}`,
];
const ARGUMENTS = [
  'first: $first, after: $after',
  'first: $first, after: $after, filter: $filter, orderBy: $orderBy',
  'last: $last, before: $before, orderBy: $orderBy',
  'first: $first, last: $last, after: $after, before: $before',
  'first: 2, after: $after, filter: { providers: $providers }, orderBy: { field: ID, direction: $direction }',
  'last: 3, before: $before, filter: { providers: [TAG_MANGO] }',
  'filter: $filter, orderBy: { field: UPDATED_AT, direction: DESC }',
  'after: $after',
];

function toDocument({ random }: ListOptions): ListDocument {
  const toSelection = (): string => {
    const parts = PARTS.filter(() => chance(random, 0.4));
    const badge = pick(BADGE_SELECTIONS, random);
    if (chance(random, 0.7)) parts.push(`nodes { ${badge} }`);
    if (chance(random, 0.3)) parts.push(`edges { node { ${pick(BADGE_SELECTIONS, random)} } }`);
    return parts.length > 0 ? parts.join(' ') : 'totalCount';
  };
  const toList = (): string => `badges(${pick(ARGUMENTS, random)}) { ${toSelection()} }`;
  const roots = [chance(random, 0.2) ? `found: ${toList()}` : toList()];
  if (chance(random, 0.15)) roots.push(`second: ${toList()}`);
  if (chance(random, 0.15))
    roots.push(`badge(provider: TAG_MANGO, id: $id) { ${pick(BADGE_SELECTIONS, random)} }`);
  if (chance(random, 0.15))
    roots.push(`badgesByKeys(keys: $keys) { ${pick(BADGE_SELECTIONS, random)} }`);
  const body = roots.join(' ');
  const fragment = body.includes('...Shared')
    ? ' fragment Shared on BadgeFields { id name description }'
    : '';
  const names = Object.keys(TYPES).filter((name) => new RegExp(`\\$${name}\\b`).test(body));
  const variables = names.map((name) => `$${name}: ${TYPES[name] ?? ''}`);
  const operationName = `List${Math.floor(random() * 1_000)}`;
  const declared = variables.length > 0 ? `(${variables.join(', ')})` : '';
  return {
    query: `query ${operationName}${declared} { ${body} }${fragment}`,
    ...(chance(random, 0.8) && { operationName }),
    names,
    isTurned: chance(random, 0.3),
  };
}

const SIZES = [1, 2, 2, 3, 5, 8, 100, null, 0, 101, -1, 2.5, '3'];
const ORDERS = [
  { field: 'NAME', direction: 'ASC' },
  { field: 'NAME', direction: 'DESC' },
  { field: 'CREATED_AT', direction: 'DESC' },
  { field: 'UPDATED_AT' },
  { field: 'ID', direction: 'DESC' },
  { direction: 'DESC' },
  {},
  null,
  { field: 'SIZE' },
];
const FILTERS = [
  { providers: ['TAG_MANGO'] },
  { providers: ['RETURNING_AI', 'TAG_MANGO'] },
  { providers: [] },
  { tagMango: { enableAutomation: true } },
  { tagMango: {} },
  { textContains: 'a' },
  { textContains: '' },
  { textContains: 'Zo\u0065\u0308' },
  { textContains: 'half \ud83d' },
  { textContains: 'x'.repeat(201) },
  {},
  null,
  { nothing: 1 },
];

function toValue(name: string, options: ListOptions): unknown {
  const { random, ids } = options;
  switch (name) {
    case 'first':
    case 'last':
      return pick(chance(random, 0.9) ? SIZES.slice(0, 8) : SIZES, random);
    case 'after':
    case 'before':
      return toCursor(options);
    case 'filter':
      return pick(FILTERS, random);
    case 'orderBy':
      return pick(ORDERS, random);
    case 'providers':
      return pick([['TAG_MANGO'], ['RETURNING_AI'], [], 'TAG_MANGO', null, ['OTHER']], random);
    case 'direction':
      return pick(['ASC', 'DESC', 'DESC', null], random);
    case 'more':
      return pick([true, false, null, 'true'], random);
    case 'keys':
      return Array.from({ length: pick([1, 2, 7], random) }, () => toKey(options));
    default:
      return pick(ids.TagMangoBadge ?? [], random);
  }
}

function toKey({ random, ids }: ListOptions): object {
  const isTagMango = chance(random, 0.6);
  const known = (isTagMango ? ids.TagMangoBadge : ids.ReturningAIBadge) ?? [];
  const provider = isTagMango ? 'TAG_MANGO' : 'RETURNING_AI';
  const id = chance(random, 0.05) ? 'no id' : pick(known, random);
  return { provider, id };
}

/** Half of them are of another order or list than the one that is asked for. */
function toCursor({ random, cursors }: ListOptions): unknown {
  const cursor = pick(cursors, random);
  if (chance(random, 0.9)) return cursor;
  const at = Math.floor(random() * cursor.length);
  return pick(
    [null, '', 'nowhere', `${cursor.slice(0, at)}A${cursor.slice(at + 1)}`, `${cursor}=`, 7],
    random,
  );
}
