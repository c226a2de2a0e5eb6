import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestService, startTestService } from '../support/service.ts';

let service: TestService;
let production: TestService;
beforeAll(async () => {
  service = await startTestService({ hasPlayground: true });
  production = await startTestService({
    isProduction: true,
    hasPlayground: false,
    hasIntrospection: false,
  });
});
afterAll(async () => {
  await service.close();
  await production.close();
});

const INTROSPECTION = '{ __schema { queryType { name } } }';

describe('outside production', () => {
  test('introspection answers, and so does a GET that no form can send', async () => {
    const { data } = await service.execute(INTROSPECTION);
    expect(data).toEqual({ __schema: { queryType: { name: 'Query' } } });

    const url = `${service.url}/graphql?query=${encodeURIComponent('{ __typename }')}`;
    const answer = await fetch(url, { headers: { 'apollo-require-preflight': 'true' } });
    expect([answer.status, await answer.json()]).toEqual([200, { data: { __typename: 'Query' } }]);
    expect((await fetch(url)).status).toBe(400);
  });
});

describe('in production', () => {
  test('introspection is refused, _service is not', async () => {
    const { errors } = await production.execute(INTROSPECTION);
    expect(errors).toHaveLength(1);
    const { data } = await production.execute<{ _service: { sdl: string } }, object>(
      '{ _service { sdl } }',
    );
    expect(data._service.sdl).toContain('union Badge =');
  });

  test('there is no GET and no playground', async () => {
    expect((await fetch(`${production.url}/graphql?query={__typename}`)).status).toBe(405);
    expect((await fetch(`${production.url}/`)).status).toBe(404);
  });

  test('an error suggests no names of the schema', async () => {
    for (const query of [
      '{ badgs { totalCount } }',
      '{ badge(provider: TAG_MANGOS, id: "1") { __typename } }',
    ]) {
      const { errors } = await production.execute(query);
      expect(errors?.[0]?.message).toMatch(/\S/);
      expect(errors?.[0]?.message).not.toContain('Did you mean');
    }
  });

  test('a picture on this machine is not shown: only https is', async () => {
    const { data } = await production.execute(
      '{ badges(first: 1) { nodes { ... on BadgeFields { imageUrl } } } }',
    );
    expect(data).toEqual({ badges: { nodes: [{ imageUrl: null }] } });
  });
});

test('an error holds its code and the request’s id, and nothing else', async () => {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'router-42' },
    body: JSON.stringify({
      query: '{ badge(provider: TAG_MANGO, id: "x/assign") { __typename } }',
    }),
  });

  expect(response.headers.get('x-request-id')).toBe('router-42');
  expect(await response.json()).toEqual({
    data: { badge: null },
    errors: [
      {
        message:
          'TagMango cannot have a badge with this ID: its badge IDs have 24 hexadecimal digits (inferred).',
        locations: [{ line: 1, column: 3 }],
        path: ['badge'],
        extensions: { code: 'INVALID_INPUT', requestId: 'router-42' },
      },
    ],
  });
});

test('a request id that could not stand in a log line is replaced', async () => {
  const response = await fetch(`${service.url}/health/live`, {
    headers: { 'x-request-id': 'x'.repeat(200) },
  });
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('a document that cannot be parsed is refused with its place', async () => {
  const { status, errors } = await service.execute('{ badges');
  expect([status, errors?.[0]?.extensions?.code]).toEqual([400, 'GRAPHQL_PARSE_FAILED']);
});

test('several operations in one request are refused', async () => {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ query: '{ __typename }' }, { query: '{ __typename }' }]),
  });
  expect(response.status).toBe(400);
});

test('a body above one MiB is refused', async () => {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: `{ __typename } # ${'x'.repeat(1024 * 1024)}` }),
  });
  expect(response.status).toBe(413);
});

describe('cache tags', () => {
  const id = '6657092c8142bfe0656481bf';
  const entity = `{ __typename: "TagMangoBadge", id: "${id}" }`;
  const tags = ['badges:TAG_MANGO', `badge:TAG_MANGO:${id}`];

  async function extensionsOf(query: string, url = tagging.url): Promise<unknown> {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    return ((await response.json()) as { extensions?: unknown }).extensions;
  }
  let tagging: TestService;
  beforeAll(async () => {
    tagging = await startTestService({ hasCacheTags: true });
  });
  afterAll(() => tagging.close());

  test.each([
    [
      'a list has those of its providers',
      '{ badges { totalCount } }',
      { apolloCacheTags: ['badges:RETURNING_AI', 'badges:TAG_MANGO'] },
    ],
    [
      'a badge has its own too',
      `{ badge(provider: TAG_MANGO, id: "${id}") { __typename } }`,
      { apolloCacheTags: expect.arrayContaining(tags) },
    ],
    [
      'entities have one list each',
      `{ _entities(representations: [${entity}, ${entity}]) { __typename } }`,
      { apolloEntityCacheTags: [tags, tags] },
    ],
    ['an answer that is not kept has none', '{ __typename }', undefined],
    [
      'under two fields of entities nobody could tell whose they are',
      `{ a: _entities(representations: [${entity}]) { __typename } b: _entities(representations: [${entity}]) { __typename } }`,
      undefined,
    ],
  ])('%s', async (_name, query, expected) => {
    expect(await extensionsOf(query)).toEqual(expected);
  });

  test('there are none unless they are asked for', async () => {
    expect(await extensionsOf('{ badges { totalCount } }', service.url)).toBeUndefined();
  });
});

describe('cache-control', () => {
  test.each([
    ['a whole answer', '{ badges { totalCount } }', /^private, max-age=(29|30)$/],
    [
      'a missing badge',
      `{ badge(provider: TAG_MANGO, id: "${'f'.repeat(24)}") { __typename } }`,
      /^private, max-age=[45]$/,
    ],
    ['an answer that read nothing', '{ __typename }', /^no-store$/],
    ['an error', '{ badges(first: -1) { totalCount } }', /^no-store$/],
  ])('of %s', async (_name, query, expected) => {
    const { headers } = await service.execute(query);
    expect(headers.get('cache-control')).toMatch(expected);
  });
});
