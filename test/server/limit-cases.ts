import { parse } from 'graphql';
import { ADA, HALL_OF_FAME } from '../support/operation-cases.ts';

/** A limit, and a request that has so many of what it limits. */
export interface CapCase {
  what: string;
  most: number;
  /** What the refusal says. */
  message: string;
  ask: (number: number) => { query: string; variables?: object };
}

/** Always calls a provider. */
const MEMBER = `tagMangoMember(email: "${ADA.email}") { id }`;

export function repeat(times: number, text: (index: number) => string): string {
  return Array.from({ length: times }, (_, index) => text(index)).join(' ');
}

const representations = (number: number) =>
  Array.from({ length: number }, () => ({ __typename: 'X' }));
const tokensOf = (query: string) => parse(query).tokenCount ?? NaN;

function withTokens(number: number): string {
  const withNames = (names: number) =>
    `{ ${MEMBER} badges(filter: { providers: [${'TAG_MANGO '.repeat(names)}] }) { totalCount } }`;
  return withNames(number - tokensOf(withNames(0)));
}

export const capCases: readonly CapCase[] = [
  {
    what: 'tokens',
    most: 2_000,
    message: 'A document must have at most 2,000 tokens.',
    ask: (number) => ({ query: withTokens(number) }),
  },
  {
    what: 'characters',
    most: 100_000,
    message: 'A document must have at most 100,000 characters.',
    ask: (number) => ({ query: `{ ${MEMBER} }`.padEnd(number) }),
  },
  {
    what: 'comments',
    most: 400,
    message: 'A document must have at most 400 comments.',
    ask: (number) => ({ query: `{ ${MEMBER} } ${'#\n'.repeat(number)}` }),
  },
  {
    what: 'lines',
    most: 500,
    message: 'A document must have at most 500 lines.',
    ask: (number) => ({ query: `{ ${MEMBER} } ${'\r\n'.repeat(number - 1)}` }),
  },
  {
    what: 'aliases',
    most: 50,
    message: 'A document must have at most 50 aliases.',
    ask: (number) => ({
      query: `{ ${MEMBER} badges { ${repeat(number, (at) => `a${at}: totalCount`)} } }`,
    }),
  },
  {
    what: 'directives',
    most: 50,
    message: 'A document must have at most 50 directives.',
    ask: (number) => ({
      query: `{ ${MEMBER} badges { ${repeat(number, () => 'totalCount @include(if: true)')} } }`,
    }),
  },
  {
    what: 'fields with the same name',
    most: 100,
    message: 'A document must have at most 100 fields with the same name.',
    ask: (number) => ({
      query: `{ ${MEMBER} badges { ${'nodes { __typename } '.repeat(number)} } }`,
    }),
  },
  {
    what: 'fields with the same name and no alias or arguments',
    most: 500,
    message:
      'A document must have at most 500 fields with the same name and no alias or arguments.',
    ask: (number) => ({
      query: `{ ${MEMBER} badges { ${'totalCount '.repeat(number)} } }`,
    }),
  },
  {
    what: 'fragment spreads',
    most: 100,
    message: 'A document must have at most 100 fragment spreads.',
    ask: (number) => ({
      query: `{ ${MEMBER} badges { ${'...F '.repeat(number)} } } fragment F on BadgeConnection { totalCount }`,
    }),
  },
  {
    what: 'levels of values',
    most: 10,
    message: 'A document must have at most 10 levels of nested lists and objects.',
    ask: (number) => ({
      query: `{ ${MEMBER} _entities(representations: [{ a: ${'['.repeat(number - 2)}${']'.repeat(number - 2)} }]) { __typename } }`,
    }),
  },
  {
    what: 'levels of selections',
    most: 25,
    message: 'An operation must have at most 25 levels of nested selections.',
    ask: (number) => ({
      query: `{ ${MEMBER} ${'... {'.repeat(number - 1)} __typename ${'}'.repeat(number - 1)} }`,
    }),
  },
  {
    what: 'levels of selections through fragments',
    most: 25,
    message: 'An operation must have at most 25 levels of nested selections.',
    ask: (number) => ({
      query: `{ ${MEMBER} ...F2 } ${repeat(number - 2, (at) => `fragment F${at + 2} on Query { ...F${at + 3} }`)}
        fragment F${number} on Query { __typename }`,
    }),
  },
  {
    what: 'selections, fragments written out',
    most: 2_000,
    message: 'An operation must have at most 2,000 selections, including those of its fragments.',
    ask: (number) => ({
      query: `{ ${MEMBER} badges { ${'...F '.repeat(19)} ${'totalCount '.repeat(number - 1_922)} } }
        fragment F on BadgeConnection { ${'totalCount '.repeat(100)} }`,
    }),
  },
  {
    what: 'root fields',
    most: 20,
    message: 'An operation must have at most 20 root fields.',
    ask: (number) => ({
      query: `{ ${MEMBER} ...F ...F ${'__typename '.repeat(number - 17)} }
        fragment F on Query { ${'__typename '.repeat(8)} }`,
    }),
  },
  {
    what: 'mutations',
    most: 5,
    message: 'An operation must have at most 5 mutations.',
    ask: (number) => ({
      query: `mutation { ${repeat(
        number,
        (at) =>
          `m${at}: updateBadge(input: { tagMango: { id: "${HALL_OF_FAME}", name: "${at}" } }) { changes { field } }`,
      )} }`,
    }),
  },
  {
    what: 'values in variables',
    most: 10_000,
    message: 'The variables of a request must have at most 10,000 values.',
    ask: (number) => ({
      query: `query ($r: [_Any!]!) { ${MEMBER} _entities(representations: $r) { __typename } }`,
      variables: { r: [{ __typename: 'X', x: Array.from({ length: number - 4 }, () => 1) }] },
    }),
  },
  {
    what: 'characters in a name in variables',
    most: 200,
    message: 'Names in variables must have at most 200 characters.',
    ask: (number) => ({
      query: `query ($r: [_Any!]!) { ${MEMBER} _entities(representations: $r) { __typename } }`,
      variables: { r: [{ ['x'.repeat(number)]: 1 }] },
    }),
  },
  {
    what: 'levels of variables',
    most: 10,
    message: 'Variables must have at most 10 levels of nested lists and objects.',
    ask: (number) => ({
      query: `query ($r: [_Any!]!) { ${MEMBER} _entities(representations: $r) { __typename } }`,
      variables: {
        r: [{ x: JSON.parse('['.repeat(number - 2) + ']'.repeat(number - 2)) as unknown }],
      },
    }),
  },
  {
    what: 'searches by name',
    most: 9,
    message: 'A request must select at most about 20,000 fields, but this one selects 20,012',
    ask: (number) => ({
      query: `{ ${MEMBER} ${repeat(number, (at) => `a${at}: badges(filter: { textContains: "${at}" }) { totalCount }`)} }`,
    }),
  },
  {
    what: 'representations, under all aliases',
    most: 3_000,
    message:
      'A request must have at most 3,000 representations, but this one has 3,001. The subgraph whose list refers to these badges should paginate it.',
    ask: (number) => ({
      query: `query ($a: [_Any!]!, $b: [_Any!]!) {
        ${MEMBER}
        a: _entities(representations: $a) { __typename }
        b: _entities(representations: $b) { __typename }
      }`,
      variables: { a: representations(1_400), b: representations(number - 1_400) },
    }),
  },
  {
    what: 'fields in its answer',
    most: 20_000,
    message:
      'A request must select at most about 20,000 fields, but this one selects 20,001. Request fewer fields or badges at once.',
    ask: (number) => ({
      query: `query ($first: Int, $last: Int) {
        tagMangoMember(email: "${ADA.email}") { ${'id '.repeat(number - 19_951)} }
        badges(first: $first) { nodes { ... on BadgeFields { ${'name '.repeat(150)} } } }
        b: badges(last: $last) { edges { ${'cursor '.repeat(100)} } }
      }`,
      variables: { first: 100, last: 48 },
    }),
  },
];
