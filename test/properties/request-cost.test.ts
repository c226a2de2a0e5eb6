import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Kind, buildSchema, parse } from 'graphql';
import { checkRequest, isAdmittedAgain } from '../../src/server/limits/request-limits.ts';
import { TIMEOUT_MS, numRuns } from './runs.ts';

const schema = buildSchema(`
  scalar _Any
  input Filter { nameContains: String }
  type Badge { id: ID name: String }
  type BadgeConnection { nodes: [Badge] }
  type Query {
    _entities(representations: [_Any!]!): [Badge]
    badges(first: Int, filter: Filter): BadgeConnection
  }
`);
const PAGES = Array.from(
  { length: 20 },
  (_, at) => `p${at}: badges(first: $n, filter: $f) { nodes { ...All } }`,
);
const TEXT = `
  query ($a: _Any, $n: Int = 1, $b: _Any, $f: Filter, $l: [_Any!] = [], $with: Boolean = true) {
    one: _entities(representations: [$a, $b]) { id }
    many: _entities(representations: $l) { ...All @include(if: $with) }
    ${PAGES.join('\n')}
  }
  fragment All on Badge { ${Array.from({ length: 10 }, (_, at) => `n${at}: name`).join(' ')} }
`;
type Variables = Record<string, unknown>;

/** Asks one after the other for the same document. Returns the outcome of the last one. */
function outcomeOf(...requests: Variables[]): string {
  const document = parse(TEXT);
  const [operation] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('It begins with an operation');
  const outcomes = requests.map((variables) => {
    try {
      return checkRequest({ schema, document, operation, variables }).map(String).join();
    } catch (error) {
      return String(error);
    }
  });
  return outcomes.at(-1) ?? '';
}

const name = fc
  .array(fc.constantFrom('a', ':', 'text', ',', '{', '}', '[', ']', '"', '5'), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(''));
const value = fc.constantFrom('', 'x', 5, null, true);
const any = fc.oneof(
  { weight: 3, arbitrary: fc.dictionary(name, value, { maxKeys: 3 }) },
  // Of more sizes than are remembered as they are.
  { weight: 1, arbitrary: fc.dictionary(name, value, { minKeys: 15, maxKeys: 20 }) },
);
const variables = fc.record(
  {
    a: any,
    b: any,
    n: fc.constantFrom(null, 0, 1, 5, 50, 99, 100),
    f: fc.constantFrom(
      null,
      {},
      { nameContains: '' },
      { nameContains: null },
      { nameContains: 'x' },
    ),
    l: fc
      .array(any, { maxLength: 3 })
      .map((few) => few.flatMap((one) => Array(500).fill(one) as unknown[])),
    with: fc.boolean(),
  },
  { requiredKeys: ['a', 'b'] },
);

test(
  'what a request may cost does not depend on what was asked before with the same document',
  () => {
    const outcomes = new Set<boolean>();
    fc.assert(
      fc.property(variables, variables, (earlier, later) => {
        const alone = outcomeOf(later);
        outcomes.add(alone === '');
        expect(outcomeOf(earlier, later)).toBe(alone);
        expect(outcomeOf(later, earlier, later)).toBe(alone);
      }),
      { numRuns },
    );
    expect(outcomes).toEqual(new Set([true, false]));
  },
  TIMEOUT_MS,
);

test('names of members cannot make an expensive request look like a cheap one', () => {
  const cheap = { a: { a: 't' }, n: 1, b: { 'x:text},100,{b': 't' } };
  const expensive = { a: { 'a:text},1,{x': 't' }, n: 100, b: { b: 't' } };
  expect(outcomeOf(cheap)).toBe('');
  expect(outcomeOf(cheap, expensive)).toMatch(/must select at most/);
});

test('an input with many fields is admitted again, and one with another field is not', () => {
  const document = parse('query ($a: _Any!) { _entities(representations: [$a]) { id } }');
  const [operation] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('It begins with an operation');
  const withFields = (count: number): Variables => ({
    a: Object.fromEntries(Array.from({ length: count }, (_, at) => [`field${at}`, 'text'])),
  });
  expect(checkRequest({ schema, document, operation, variables: withFields(40) })).toEqual([]);
  expect(isAdmittedAgain({ operation, variables: withFields(40) })).toBe(true);
  expect(isAdmittedAgain({ operation, variables: withFields(41) })).toBe(false);
});
