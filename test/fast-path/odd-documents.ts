import { pick } from '../support/random.ts';
import type { ListOptions } from './list-requests.ts';

type Random = () => number;

interface OddDocument {
  query: string;
  /** Names of its operations. */
  operations?: readonly string[];
  variables?: Readonly<Record<string, Values>>;
}

/** Of a variable, in JSON. */
interface Values {
  usual: readonly string[];
  /** Most are rejected, or say the same in another way. */
  odd: readonly string[];
}

const chance = (random: Random, share: number): boolean => random() < share;

/** Ways of saying a document and its variables that few clients have: the same documents with other values each time. */
export function createOddBodies(options: ListOptions): () => string {
  const { random } = options;
  const documents = toDocuments(options);
  return () => {
    const { query, operations = [], variables = {} } = pick(documents, random);
    const members = [`"query":${toText(query, random)}`];
    if (Object.keys(variables).length > 0 || chance(random, 0.3))
      members.push(`"variables":${toVariables(variables, random)}`);
    if (operations.length > 0 || chance(random, 0.1))
      members.push(`"operationName":${toOperationName(operations, random)}`);
    if (chance(random, 0.05)) members.push(pick(MORE_MEMBERS, random));
    const ordered = chance(random, 0.2) ? members.toReversed() : members;
    const body = `{${ordered.join(pick(SEPARATORS, random))}}`;
    return chance(random, 0.02) ? `[${body}]` : body;
  };
}

const SEPARATORS = [...Array.from({ length: 30 }, () => ','), ' , ', ',\n', ',\t\r\n', ',\f'];
const MORE_MEMBERS = [
  '"extensions":null',
  '"extensions":{"persistedQuery":null}',
  '"variables":null',
  '"variables":[]',
  '"variables":"{}"',
  '"operationName":7',
  '"__proto__":null',
  '"constructor":{}',
  '"toString":"x"',
  '"query":null',
  '"q\\u0075ery":"{ __typename }"',
  '"QUERY":"{ __typename }"',
];

/** The text in JSON, in rare cases with escapes that mean the same. */
function toText(query: string, random: Random): string {
  const json = JSON.stringify(query);
  if (chance(random, 0.9)) return json;
  return pick(
    [
      json.replace('b', '\\u0062'),
      json.replaceAll('{', '\\u007b'),
      json.replace(/"$/, ' # \\ud83d"'),
      json.replace(/"$/, ' # \\u00e9 mutation"'),
      json.replace(/^"/, '"\\ufeff'),
      json.replaceAll(' ', '\\n,'),
      json.replaceAll('/', '\\/'),
    ],
    random,
  );
}

function toOperationName(operations: readonly string[], random: Random): string {
  const known = operations.map((name) => JSON.stringify(name));
  return pick([...known, ...known, ...known, 'null', '""', '"Other"', '"\\u0041"', '" A"'], random);
}

const MORE_VARIABLES = [
  '"other":1e2',
  '"other":-0',
  '"other":1.0000000000000000000001',
  '"other":"\\ud83d"',
  '"other":{"constructor":{"prototype":{}}}',
  '"__pro\\u0074o__":{}',
  '"hasOwnProperty":null',
  '"constructor":1',
  '"toString":{}',
  '"":true',
];

function toVariables(variables: NonNullable<OddDocument['variables']>, random: Random): string {
  const given = Object.entries(variables)
    .filter(() => chance(random, 0.97))
    .map(([name, { usual, odd }]) => {
      const value = pick(chance(random, 0.9) ? usual : odd, random);
      return `${toName(name, random)}:${value}`;
    });
  if (chance(random, 0.05)) given.push(...given.slice(0, 1));
  const [name] = Object.keys(variables);
  if (name !== undefined && chance(random, 0.05)) given.push(`${toName(name, random)}:null`);
  if (chance(random, 0.08)) given.push(pick(MORE_VARIABLES, random));
  const ordered = chance(random, 0.2) ? given.toReversed() : given;
  return `{${ordered.join(chance(random, 0.1) ? ' ,\n' : ',')}}`;
}

function toName(name: string, random: Random): string {
  return chance(random, 0.96)
    ? JSON.stringify(name)
    : `"\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}"`;
}

const FLAGS: Values = { usual: ['true', 'false'], odd: ['null', '1', '"true"'] };
const SIZES: Values = {
  usual: ['1', '2', '2.0', '2e0', '1e1'],
  odd: [
    ...['-0', '0', '3.5', '1e400', '2147483648', '"2"', 'true', '9007199254740993', '[2]'],
    ...['{}', 'null', '"\\ud83d"', '12345678901234567890'],
  ],
};
const FILTERS: Values = {
  usual: [
    '{}',
    '{"providers":"TAG_MANGO"}',
    '{"providers":["TAG_MANGO","TAG_MANGO"]}',
    '{"tagMango":{"enableAutomation":true}}',
    '{"providers":["RETURNING_AI"],"providers":["TAG_MANGO"]}',
  ],
  odd: [
    'null',
    '{"providers":[null]}',
    '{"providers":null,"tagMango":null}',
    '{"tagMango":{"enableAutomation":null}}',
    '{"tagMango":{"enableAutomation":1}}',
    '{"textContains":null}',
    '{"__proto__":{"textContains":"a"}}',
  ],
};
const ORDERS: Values = {
  usual: ['{"field":"ID"}', '{"direction":"DESC"}', '{"field":"N\\u0041ME","direction":"DESC"}'],
  odd: ['null', '{"field":null}', '{"field":0}', '[{"field":"ID"}]'],
};

function toDocuments({ ids }: ListOptions): OddDocument[] {
  const { TagMangoBadge: [tagMango = ''] = [], ReturningAIBadge: [returningAI = ''] = [] } = ids;
  const [one, other] = [JSON.stringify(tagMango), JSON.stringify(returningAI)];
  const escaped = `\\u${tagMango.charCodeAt(0).toString(16).padStart(4, '0')}${tagMango.slice(1)}`;
  const badgeIds: Values = {
    usual: [one, one, other, `"${escaped}"`, JSON.stringify('f'.repeat(24))],
    odd: [
      JSON.stringify(tagMango.toUpperCase()),
      JSON.stringify(` ${tagMango}`),
      ...['7', '7.0', '1e2', '-0', '"\\ud83d"', '"Zoë 🏅"', 'null', 'true', `[${one},${other}]`],
    ],
  };
  const ofTagMango = `{"__typename":"TagMangoBadge","id":${one}}`;
  const ofReturningAI = `{"__typename":"ReturningAIBadge","id":${other}}`;
  const representations: Values = {
    usual: [`[${ofTagMango}]`, `[${ofTagMango},${ofTagMango}]`, `[${ofTagMango},${ofReturningAI}]`],
    odd: [
      `[{"__typename":"TagMangoBadge","id":${one},"id":${other}}]`,
      `[{"__typename":"Nowhere","id":${one}}]`,
      `[{"__typename":"TagMangoMember","id":${one}}]`,
      '[null]',
      `[[${ofTagMango}]]`,
      ofTagMango,
      '[]',
      'null',
    ],
  };
  const key = `{"provider":"TAG_MANGO","id":${one}}`;
  const keys: Values = {
    usual: [
      `[${key}]`,
      key,
      `[{"id":${other},"provider":"RETURNING_AI"},${key}]`,
      `[${key},${key}]`,
    ],
    odd: ['[{"provider":"TAG_MANGO","id":7}]', '[{"provider":"OTHER","id":"7"}]', '[null]', '[]'],
  };
  const providers: Values = { usual: ['"TAG_MANGO"', '"RETURNING_AI"'], odd: ['null', '"OTHER"'] };
  const twoOperations = `
    query A($representations: [_Any!]!) { _entities(representations: $representations) { ...B } }
    query B($first: Int, $yes: Boolean = true) { badges(first: $first) { nodes { ...B @include(if: $yes) } totalCount } }
    query AB($yes: Boolean! = false) { badges(first: 1) @skip(if: $yes) { totalCount } __typename }
    fragment B on Badge { __typename ... on BadgeFields { id name } }`;
  return [
    {
      query: twoOperations,
      operations: ['A'],
      variables: { representations },
    },
    {
      query: twoOperations,
      operations: ['B', 'AB'],
      variables: { first: SIZES, yes: FLAGS },
    },
    { query: '{ badges(first: 1) { totalCount } __schema { queryType { name } } }' },
    { query: '{ __typename badges(first: 1) { __typename totalCount } t: __typename }' },
    {
      query: `query($name: String!) { __type(name: $name) { kind possibleTypes { name } } badges(first: 1) { totalCount } }`,
      variables: { name: { usual: ['"Badge"'], odd: ['"Nowhere"', 'null'] } },
    },
    {
      query:
        'query($r: [_Any!]!) { _entities(representations: $r) { __typename ... on BadgeFields { id } } }',
      variables: { r: representations },
    },
    {
      query: `query($id: ID!) { _entities(representations: [{ __typename: "TagMangoBadge", id: $id }]) { __typename ... on BadgeFields { id } } }`,
      variables: { id: badgeIds },
    },
    {
      query: `query($representations: [_Any!]!, $yes: Boolean!) { _entities(representations: $representations) @include(if: $yes) { __typename ... on BadgeFields @skip(if: $yes) { id } ... @include(if: $yes) { t: __typename } } }`,
      variables: { representations, yes: FLAGS },
    },
    {
      query: `query($representations: [_Any!]! = []) { _entities(representations: $representations) { __typename } badges(first: 1) { totalCount } }`,
      variables: { representations },
    },
    {
      query: `query($representations: [_Any!]!) { ...Q } fragment Q on Query { found: _entities(representations: $representations) { ... on Badge { ... on TagMangoBadge { ... on BadgeFields { id t: __typename } } } ...on ReturningAIBadge { id title } } }`,
      variables: { representations },
    },
    {
      query: `query($first: Int = 2, $yes: Boolean = true, $no: Boolean! = false) { badges(first: $first) @include(if: $yes) { totalCount @skip(if: $no) nodes { __typename } } one: badges(first: 1) @skip(if: $yes) { totalCount } }`,
      variables: { first: SIZES, yes: FLAGS, no: FLAGS },
    },
    { query: '{ badges(first: 1) @include(if: false) { totalCount } }' },
    {
      query:
        '{ badges(first: 2) { ...P ...P nodes { ...B } nodes { ...B ... on TagMangoBadge { name } } edges { node { ...B } cursor } } } fragment P on BadgeConnection { totalCount pageInfo { endCursor } pageInfo { __typename hasNextPage } } fragment B on Badge { __typename ... on BadgeFields { id ... on ReturningAIBadge { title } } }',
    },
    {
      query:
        'query($first: Int, $filter: BadgeFilter = { providers: TAG_MANGO }, $order: BadgeOrder = { field: ID }) { badges(first: $first, filter: $filter, orderBy: $order) { totalCount nodes { ... on BadgeFields { name } } } }',
      variables: { first: SIZES, filter: FILTERS, order: ORDERS },
    },
    {
      query:
        'query($p: [BadgeProvider!], $on: Boolean, $d: OrderDirection! = DESC, $f: BadgeOrderField! = NAME) { badges(first: 3, filter: { providers: $p, tagMango: { enableAutomation: $on } }, orderBy: { field: $f, direction: $d }) { totalCount nodes { ... on BadgeFields { name } } sources { provider state } } }',
      variables: {
        p: {
          usual: ['"TAG_MANGO"', '["TAG_MANGO"]', '["RETURNING_AI","TAG_MANGO"]'],
          odd: ['[]', 'null', '["tag_mango"]', '[["TAG_MANGO"]]'],
        },
        on: FLAGS,
        d: { usual: ['"ASC"', '"DESC"'], odd: ['null', '"asc"'] },
        f: { usual: ['"NAME"', '"CREATED_AT"', '"ID"'], odd: ['null', '0'] },
      },
    },
    {
      query: `query($id: ID!, $p: BadgeProvider! = TAG_MANGO) { badge(provider: $p, id: $id) { __typename ... on BadgeFields { id name } } other: badge(id: $id, provider: RETURNING_AI) { __typename } }`,
      variables: { id: badgeIds, p: providers },
    },
    {
      query: `query($keys: [BadgeKey!]! = [{ provider: TAG_MANGO, id: "${tagMango}" }]) { badgesByKeys(keys: $keys) { __typename ... on BadgeFields { id } } }`,
      variables: { keys },
    },
    {
      query: `query($p: BadgeProvider!, $id: ID!) { badgesByKeys(keys: [{ provider: $p, id: $id }, { provider: TAG_MANGO, id: "${tagMango}" }]) { __typename ... on BadgeFields { id } } }`,
      variables: { p: providers, id: badgeIds },
    },
    {
      query: `{ badge(provider: TAG_MANGO, id: """${tagMango}""") { ... on BadgeFields { id } } } # the end`,
    },
    {
      query: `{,,badge(provider:TAG_MANGO id:"${escaped}"){...on BadgeFields{id,id}}}`,
    },
    {
      query: `{ badge(provider: TAG_MANGO, id: "${tagMango}") { ... on TagMangoBadge { x: createdAt y: pointsThreshold } ... on ReturningAIBadge { y: quantity } } }`,
    },
    // Names that objects of JavaScript have by themselves, or that change how they are written.
    {
      query:
        '{ __proto__: badges(first: 2) { toJSON: nodes { then: __typename ... on BadgeFields { __proto__: id constructor: name toString: version } } hasOwnProperty: totalCount then: pageInfo { toJSON: hasNextPage __proto__: endCursor } } }',
    },
    {
      query:
        'query($representations: [_Any!]!) { __proto__: _entities(representations: $representations) { __proto__: __typename ... on BadgeFields { then: id toJSON: name constructor: provider } } }',
      variables: { representations },
    },
    {
      query:
        'query($toString: Int, $constructor: Boolean = true, $hasOwnProperty: BadgeFilter, $valueOf: OrderDirection! = DESC) { badges(first: $toString, filter: $hasOwnProperty, orderBy: { direction: $valueOf }) { totalCount nodes { ... on BadgeFields @include(if: $constructor) { name } } } }',
      variables: {
        toString: SIZES,
        constructor: FLAGS,
        hasOwnProperty: FILTERS,
        valueOf: { usual: ['"ASC"'], odd: ['null', '"asc"'] },
      },
    },
    { query: '{ badges(first: 1) { totalCount } badgeProviders { provider } }' },
    { query: 'subscription { badges { totalCount } }' },
    {
      query: 'query($unused: Int) { badges(first: 1) { totalCount } }',
      variables: { unused: SIZES },
    },
    { query: '' },
  ];
}
