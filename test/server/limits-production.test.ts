import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { HALL_OF_FAME } from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';

const SECRET =
  "Cannot read properties of undefined (reading 'token') at /srv/app/dist/store.js:12:7";

let folder: string;
let store: StateStore;
let service: TestService;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'badges-test-'));
  const sound = createEmbeddedStore({ folder, now: Date.now });
  store = {
    ...sound,
    readBackward: async () => {
      throw new TypeError(SECRET);
    },
  };
  service = await startTestService({
    isProduction: true,
    hasPlayground: false,
    hasIntrospection: false,
    store,
  });
});
afterAll(async () => {
  await service.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

const QUERY = JSON.stringify({ query: '{ badges { totalCount } }' });
const send = (init: RequestInit, path = '/graphql') => fetch(`${service.url}${path}`, init);

describe('in production', () => {
  test('a failure of ours shows neither its message nor its stack, and the log has both', async () => {
    const { status, errors } = await service.execute(
      `{ badgeHistory(provider: TAG_MANGO, id: "${HALL_OF_FAME}") { nodes { id } } }`,
    );
    expect([status, errors]).toEqual([
      200,
      [
        {
          message: 'Internal server error',
          locations: [{ line: 1, column: 3 }],
          path: ['badgeHistory'],
          extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) as unknown },
        },
      ],
    ]);
    expect(JSON.stringify(service.log)).toContain('Cannot read properties');
  });

  test.each([
    ['a field', '{ badgs { totalCount } }', {}],
    ['an argument', '{ badges(frist: 1) { totalCount } }', {}],
    ['a type', '{ badges { nodes { ... on TagMangoBadg { id } } } }', {}],
    ['an enum value', '{ badge(provider: TAG_MANGOS, id: "1") { __typename } }', {}],
    [
      'an input field in a variable',
      'query ($x: BadgeFilter) { badges(filter: $x) { totalCount } }',
      { x: { nameContain: 'x' } },
    ],
    [
      'an enum value in a variable',
      'query ($x: BadgeProvider!) { badge(provider: $x, id: "1") { __typename } }',
      { x: 'TAG_MANGOS' },
    ],
  ])(
    '%s that is almost right is refused without the right one',
    async (_what, query, variables) => {
      const { status, errors } = await service.execute<unknown, object>(query, variables);
      expect([status, errors?.length]).toEqual([400, 1]);
      expect(errors?.[0]?.message).not.toContain('Did you mean');
    },
  );

  test.each(['{ __schema { types { name } } }', '{ __type(name: "Badge") { name } }'])(
    'introspection is refused: %s',
    async (query) => {
      const { status, data, errors } = await service.execute(query);
      expect([status, data, errors?.[0]?.extensions?.code]).toEqual([
        400,
        undefined,
        'GRAPHQL_VALIDATION_FAILED',
      ]);
      expect(errors?.[0]?.message).toBe(
        'Introspection is turned off. Use the schema of your supergraph.',
      );
    },
  );

  test.each(['GET', 'HEAD', 'PUT', 'DELETE'])('there is no %s', async (method) => {
    const headers = { 'apollo-require-preflight': 'true' };
    expect((await send({ method, headers }, '/graphql?query={__typename}')).status).toBe(405);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'what a form of any page could send is refused: %s',
    async (type) => {
      const answer = await send({ method: 'POST', headers: { 'content-type': type }, body: QUERY });
      expect([400, 415]).toContain(answer.status);
      expect(await answer.text()).not.toContain('totalCount');
    },
  );

  test('pages of other origins are told of no permission', async () => {
    const origin = 'https://elsewhere.example';
    const preflight = await send({
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    const answer = await send({
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: QUERY,
    });
    expect([preflight.status, answer.status]).toEqual([405, 200]);
    for (const { headers } of [preflight, answer]) {
      const permissions = [...headers.keys()].filter((name) => name.startsWith('access-control-'));
      expect(permissions).toEqual([]);
    }
  });
});
