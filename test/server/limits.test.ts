import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { HALL_OF_FAME } from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { capCases, repeat } from './limit-cases.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());
beforeEach(() => {
  for (const { requests } of [service.sandbox.returningAI, service.sandbox.tagMango]) {
    requests.length = 0;
  }
});

const providerCalls = () =>
  service.sandbox.returningAI.requests.length + service.sandbox.tagMango.requests.length;

async function ask(query: string, variables: object = {}) {
  const { status, errors } = await service.execute<unknown, object>(query, variables);
  return { status, errors, codes: errors?.map(({ extensions }) => extensions?.code) ?? [] };
}

describe('a request', () => {
  test.each(capCases)('may have $most $what, and calls a provider', async ({ ask: of, most }) => {
    const { query, variables } = of(most);
    expect((await ask(query, variables)).codes).not.toContain('LIMIT_EXCEEDED');
    expect(providerCalls()).toBeGreaterThan(0);
  });

  test.each(capCases)(
    'with one more than $most $what is refused without a call',
    async ({ ask: of, most, message }) => {
      const { query, variables } = of(most + 1);
      const { status, errors } = await ask(query, variables);
      expect(errors).toEqual([
        expect.objectContaining({
          message: expect.stringContaining(message) as unknown,
          extensions: { code: 'LIMIT_EXCEEDED', requestId: expect.any(String) as unknown },
        }),
      ]);
      expect([status, providerCalls()]).toEqual([400, 0]);
    },
  );
});

describe('a body', () => {
  const post = async (body: string, type = 'application/json'): Promise<unknown[]> => {
    const answer = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': type, 'x-request-id': 'router-42' },
      body,
    });
    return [answer.status, (await answer.json()) as unknown];
  };
  const refusal = (code: string, message: unknown) => ({
    errors: [{ message, extensions: { code, requestId: 'router-42' } }],
  });
  const query = (bytes: number) => `{"query":"{ __typename } #`.padEnd(bytes - 2, 'x') + '"}';

  test('may have one MiB, and not a byte more', async () => {
    expect((await post(query(1_048_576)))[0]).toBe(400);
    expect(await post(query(1_048_577))).toEqual([
      413,
      refusal('LIMIT_EXCEEDED', 'A request must have at most 1,048,576 bytes.'),
    ]);
    expect(providerCalls()).toBe(0);
  });

  test.each([
    ['is no JSON', '{', 'application/json', 400],
    ['would change the prototype of objects', '{"__proto__": {}}', 'application/json', 400],
    ['is empty', '', 'application/json', 400],
    ['is not an access token', '<query/>', 'application/xml', 415],
  ])('that %s is refused as GraphQL does', async (_what, body, type, status) => {
    expect(await post(body, type)).toEqual([status, refusal('BAD_REQUEST', expect.any(String))]);
  });
});

describe('a document that is nested too deep to be parsed', () => {
  test.each([
    ['lists', `{ badges(first: ${'['.repeat(1_990)}`],
    ['objects', `{ badges(filter: ${'{a:'.repeat(660)}`],
    ['selections', '{a'.repeat(995)],
    ['types', `query ($a: ${'['.repeat(1_990)}`],
  ])('of %s has a clear error', async (_what, query) => {
    const { status, codes } = await ask(query);
    expect(status).toBe(400);
    expect(['LIMIT_EXCEEDED', 'GRAPHQL_PARSE_FAILED']).toContain(codes[0]);
  });
});

describe('fragments that double with every spread', () => {
  const bomb = (type: string, field: string) =>
    `${repeat(100, (at) => `fragment F${at} on ${type} { ...F${at + 1} ...F${at + 1} }`)}
     fragment F100 on ${type} { ${field} }`;

  test.each([
    ['at the root', `{ ...F0 } ${bomb('Query', '__typename')}`],
    ['in a list', `{ badges { ...F0 } } ${bomb('BadgeConnection', 'totalCount')}`],
    ['in the introspection', `{ __schema { types { ...F0 } } } ${bomb('__Type', 'name')}`],
    ['in no operation', `{ __typename } ${bomb('Query', '__typename')}`],
  ])('%s are refused at once', async (_where, query) => {
    expect((await ask(query)).codes).toEqual(['LIMIT_EXCEEDED']);
  });

  test('and come back to themselves are refused as a circle', async () => {
    const { errors } = await ask(
      '{ ...A } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }',
    );
    expect(errors?.[0]?.message).toBe('Cannot spread fragment "A" within itself via "B".');
  });
});

describe('variables', () => {
  const LEVELS = 11_000;

  test.each([
    ['an id', 'query ($x: ID!) { badge(provider: TAG_MANGO, id: $x) { __typename } }'],
    ['representations', 'query ($x: [_Any!]!) { _entities(representations: $x) { __typename } }'],
    ['a filter', 'query ($x: BadgeFilter) { badges(filter: $x) { totalCount } }'],
  ])('that nest 11,000 levels where %s belongs have a clear error', async (_what, query) => {
    const answer = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // Too deep for JSON.stringify.
      body: `{"query":${JSON.stringify(query)},"variables":{"x":${'['.repeat(LEVELS)}${']'.repeat(LEVELS)}}}`,
    });
    expect(await answer.json()).toMatchObject({
      errors: [
        {
          message: 'Variables must have at most 10 levels of nested lists and objects.',
          extensions: { code: 'LIMIT_EXCEEDED' },
        },
      ],
    });
  });

  test('with a thousand errors have a clear one', async () => {
    const query =
      'query ($x: [BadgeProvider!]) { badges(filter: { providers: $x }) { totalCount } }';
    const { status, errors, codes } = await ask(query, {
      x: Array.from({ length: 1_000 }, () => 'NO'),
    });
    expect(status).toBe(400);
    expect(codes).toEqual(Array.from({ length: 4 }, () => 'BAD_USER_INPUT'));
    expect(errors?.[0]?.message).toContain('got invalid value "NO" at "x[0]"');
    expect(errors?.[3]?.message).toContain('Too many errors processing variables');
  });

  test('that are wrong and long are not repeated in full', async () => {
    const query =
      'query ($x: [BadgeProvider!]) { badges(filter: { providers: $x }) { totalCount } }';
    const { errors } = await ask(query, { x: 'x'.repeat(100_000) });
    expect(errors?.[0]?.message).toHaveLength(1_001);
  });

  test.each([
    [
      'an argument',
      'query ($x: BadgeProvider = TAG_MANGO) { badge(provider: $x, id: "1") { __typename } }',
    ],
    ['a directive', 'query ($x: Boolean = true) { badges @include(if: $x) { totalCount } }'],
  ])('that are null where %s needs a value have a clear error', async (_what, query) => {
    expect((await ask(query, { x: null })).codes).toEqual(['BAD_USER_INPUT']);
  });

  test('hide no costs behind errors of other fields', async () => {
    const query = `query ($x: BadgeProvider = TAG_MANGO, $r: [_Any!]!) {
      badge(provider: $x, id: "1") { __typename }
      _entities(representations: $r) { __typename }
    }`;
    const r = Array.from({ length: 3_001 }, () => ({ __typename: 'X' }));
    expect((await ask(query, { x: null, r })).codes).toEqual(['LIMIT_EXCEEDED']);
  });
});

test('an operation of a kind that the graph does not have is refused as a document that is wrong', async () => {
  const { status, errors } = await ask('subscription { badges { totalCount } }');
  expect([status, errors]).toEqual([
    400,
    [
      expect.objectContaining({
        message: 'This graph has no subscription type.',
        extensions: expect.objectContaining({ code: 'GRAPHQL_VALIDATION_FAILED' }) as unknown,
      }),
    ],
  ]);
});

describe('what the caps must let through', () => {
  const folder = join(import.meta.dirname, '../../schema/operations');
  const kit = readdirSync(folder).filter((file) => file.endsWith('.graphql'));
  const textOf = (file: string) => readFileSync(join(folder, file), 'utf8');

  test.each(kit)('%s of the client kit', async (file) => {
    const variables = JSON.parse(textOf(file.replace('.graphql', '.variables.json'))) as object;
    expect((await ask(textOf(file), variables)).codes).not.toContain('LIMIT_EXCEEDED');
  });

  test('the introspection of tools, with all that they may ask for', async () => {
    const all = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    expect(await ask(all)).toEqual({ status: 200, errors: undefined, codes: [] });
  });

  test('pages of 100 with all that a badge has', async () => {
    const page = readFileSync(join(folder, 'Badges.graphql'), 'utf8');
    expect((await ask(page, { first: 100 })).codes).toEqual([]);
  });

  test('a thousand representations with all that a badge has', async () => {
    const query = `query ($r: [_Any!]!) { _entities(representations: $r) {
      ... on TagMangoBadge { __typename id provider name description imageUrl version creator createdAt updatedAt
        enableAutomation pointsThreshold pointCategoryForAutomation automationEnabledMangoes } } }`;
    const r = Array.from({ length: 1_000 }, () => ({
      __typename: 'TagMangoBadge',
      id: HALL_OF_FAME,
    }));
    expect((await ask(query, { r })).codes).toEqual([]);
  });
});

test('a text to look for in names may have 200 characters, and not one more', async () => {
  const query = 'query ($t: String) { badges(filter: { textContains: $t }) { totalCount } }';
  expect((await ask(query, { t: 'x'.repeat(200) })).codes).toEqual([]);
  expect((await ask(query, { t: 'x'.repeat(201) })).codes).toEqual(['INVALID_INPUT']);
});
