import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestService } from '../support/service.ts';
import type { TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const aliases = (count: number, field: string) =>
  `{ ${Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ')} }`;
const codesOf = async (query: string, variables?: object) => {
  const { errors } = await service.execute<unknown, object>(query, variables);
  return errors?.map(({ extensions }) => extensions?.code);
};

describe('a document', () => {
  test('may have 50 aliases, and not one more', async () => {
    expect(await codesOf(aliases(50, '__typename'))).toBeUndefined();
    expect(await codesOf(aliases(51, 'badges { totalCount }'))).toEqual(['LIMIT_EXCEEDED']);
  });

  test('may have 5,000 tokens, and not many more', async () => {
    const document = (names: number) =>
      `{ badges(filter: { providers: [${'TAG_MANGO '.repeat(names)}] }) { totalCount } }`;
    expect(await codesOf(document(4_900))).toBeUndefined();
    expect(await codesOf(document(5_001))).toEqual(['GRAPHQL_PARSE_FAILED']);
  });
});

describe('the representations of a request', () => {
  const representations = (count: number) =>
    Array.from({ length: count }, () => ({ __typename: 'X' }));
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }`;
  const twice = `query ($r: [_Any!]!) {
    a: _entities(representations: $r) { __typename }
    b: _entities(representations: $r) { __typename }
  }`;

  test('may be 1,000, and not one more', async () => {
    expect(await codesOf(query, { r: representations(1_000) })).toHaveLength(1_000);
    expect(await codesOf(query, { r: representations(1_001) })).toEqual(['LIMIT_EXCEEDED']);
  });

  test('count together, under all aliases', async () => {
    const { data, errors } = await service.execute<unknown, object>(twice, {
      r: representations(501),
    });
    expect(data).toBeNull();
    expect(errors?.map(({ extensions }) => extensions?.code)).toContain('LIMIT_EXCEEDED');
  });
});

test('a text to look for in names may have 200 characters, and not one more', async () => {
  const query = 'query ($t: String) { badges(filter: { nameContains: $t }) { totalCount } }';
  expect(await codesOf(query, { t: 'x'.repeat(200) })).toBeUndefined();
  expect(await codesOf(query, { t: 'x'.repeat(201) })).toEqual(['INVALID_INPUT']);
});
