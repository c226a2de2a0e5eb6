import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { print } from 'graphql';
import { createBadgesSchema } from '../../src/badges/schema.ts';
import {
  HALL_OF_FAME,
  MAJOR,
  STORED,
  operationCases,
  resetStandIns,
} from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { type Issuer, createSigner, createSigningKey, startIssuer } from '../support/tokens.ts';
import { type Answered, ask, callsTo, toAnswer } from './ask.ts';

let issuer: Issuer;
let service: TestService;
let url: string;
let tokenWith: (claims: Readonly<Record<string, unknown>>) => Promise<string>;

beforeAll(async () => {
  const key = await createSigningKey('key-1');
  issuer = await startIssuer([key]);
  const sign = createSigner(issuer);
  tokenWith = (claims) => sign(key, { claims });
  service = await startTestService({ sandbox: STORED, tokens: issuer.settings, freshSeconds: 0 });
  url = `${service.url}/graphql`;
});
afterAll(async () => {
  await service.close();
  await issuer.close();
});
beforeEach(() => resetStandIns(service.sandbox));

const [toMajor, toHall] = [
  { __typename: 'ReturningAIBadge', id: MAJOR },
  { __typename: 'TagMangoBadge', id: HALL_OF_FAME },
];

interface RootField {
  field: string;
  query: string;
  variables?: object;
  /** What it gives to whoever may read, from the stand-ins as they are. */
  data: object;
  /** What is left of the data where it may not be read: null goes up from what is never null. */
  without: object | null;
}

const READS: readonly RootField[] = [
  {
    field: 'badges',
    query: '{ badges { totalCount } }',
    data: { badges: { totalCount: 3 } },
    without: { badges: null },
  },
  {
    field: 'badge',
    query: `{ badge(provider: RETURNING_AI, id: "${MAJOR}") { __typename } }`,
    data: { badge: { __typename: 'ReturningAIBadge' } },
    without: { badge: null },
  },
  {
    field: 'badgesByKeys',
    query: `{ badgesByKeys(keys: [{ provider: RETURNING_AI, id: "${MAJOR}" }]) { __typename } }`,
    data: { badgesByKeys: [{ __typename: 'ReturningAIBadge' }] },
    without: null,
  },
  {
    field: 'badgeProviders',
    query: '{ badgeProviders { provider } }',
    data: { badgeProviders: [{ provider: 'RETURNING_AI' }, { provider: 'TAG_MANGO' }] },
    without: { badgeProviders: null },
  },
  {
    field: 'badgeHistory',
    query: `{ badgeHistory(provider: RETURNING_AI, id: "${MAJOR}") { nodes { id } } }`,
    data: { badgeHistory: { nodes: [] } },
    without: { badgeHistory: null },
  },
  {
    field: 'tagMangoMember',
    query: '{ tagMangoMember(email: "ada@example.com") { __typename } }',
    data: { tagMangoMember: { __typename: 'TagMangoMember' } },
    without: { tagMangoMember: null },
  },
  {
    field: '_entities',
    query: 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }',
    variables: { of: [toMajor, toHall] },
    data: { _entities: [{ __typename: 'ReturningAIBadge' }, { __typename: 'TagMangoBadge' }] },
    without: null,
  },
];

const lacks = (scope: string, paths: readonly string[], data: object | null): Answered =>
  toAnswer({
    data,
    errors: paths.map((path) => ({
      message: `The token lacks the scope ${scope}.`,
      locations: [expect.anything()],
      path: [path],
      extensions: { code: 'FORBIDDEN', requestId: 'asked-1' },
    })),
  });

test('what follows goes through every root field, but for the one that tells the schema', async () => {
  const { schema } = await createBadgesSchema();
  const fields = (type = schema.getQueryType()) => Object.keys(type?.getFields() ?? {}).sort();
  expect(['_service', ...READS.map(({ field }) => field)].sort()).toEqual(fields());
  expect([...new Set(operationCases.map(({ asked }) => asked.field))].sort()).toEqual(
    fields(schema.getMutationType()),
  );
});

describe('badges:read', () => {
  test.each(READS)('lets $field through', async ({ query, variables = {}, data }) => {
    const token = await tokenWith({ scope: 'badges:read' });
    expect(await ask(url, { token, query, variables })).toEqual(toAnswer({ data }));
  });

  test.each(READS)('is what $field needs', async ({ field, query, variables = {}, without }) => {
    const token = await tokenWith({ scope: 'badges:write' });
    expect(await ask(url, { token, query, variables })).toEqual(
      lacks('badges:read', [field], without),
    );
    expect(callsTo(service)).toEqual([]);
  });

  test('is asked for under every alias and in every fragment', async () => {
    const token = await tokenWith({ scope: 'badges:write' });
    const query = `
      query { a: badges { totalCount } ...Others __typename _service { sdl } }
      fragment Others on Query {
        b: badges { totalCount }
        ... on Query { c: badge(provider: RETURNING_AI, id: "${MAJOR}") { __typename } }
        ... { d: badges @include(if: true) { totalCount } }
      }`;

    expect(await ask(url, { token, query })).toEqual(
      lacks('badges:read', ['a', 'b', 'c', 'd'], {
        a: null,
        b: null,
        c: null,
        d: null,
        __typename: 'Query',
        _service: { sdl: expect.any(String) as unknown },
      }),
    );
    expect(callsTo(service)).toEqual([]);
  });
});

describe('badges:write', () => {
  test.each(operationCases)('is what $what needs, and its dry run', async ({ asked }) => {
    const token = await tokenWith({ scope: 'badges:read' });
    const query = print(asked.document);
    for (const args of [{}, { dryRun: true }, { idempotencyKey: 'key-1' }]) {
      expect(
        await ask(url, { token, query, variables: { ...asked.variables, ...args } }),
      ).toMatchObject(lacks('badges:write', [asked.field], null));
    }
    expect(callsTo(service)).toEqual([]);
  });

  test.each(operationCases)('lets $what through, without the other', async ({ asked, payload }) => {
    // Of its own: what was written lately counts for what follows.
    const own = await startTestService({ sandbox: STORED, tokens: issuer.settings });
    try {
      const token = await tokenWith({ scope: 'badges:write' });
      const { variables, document, field } = asked;
      const asking = { token, query: print(document), variables };
      const { body } = await ask(`${own.url}/graphql`, asking);
      expect(body).toEqual({ data: { [field]: payload } });
    } finally {
      await own.close();
    }
  });

  test('is asked for by each of several mutations in one request', async () => {
    const token = await tokenWith({ scope: 'badges:read' });
    const mutation = `updateBadge(input: { tagMango: { id: "${HALL_OF_FAME}", name: "New" } }) {
      userErrors { code }
    }`;
    const query = `
      mutation { a: ${mutation} ...Other }
      fragment Other on Mutation { b: ${mutation} __typename }`;
    const { body } = await ask(url, { token, query });
    expect(body).toMatchObject({
      data: null,
      errors: [{ path: ['a'], extensions: { code: 'FORBIDDEN' } }],
    });
    expect(callsTo(service)).toEqual([]);
  });
});

describe('scopes are read from', () => {
  test.each([
    ['the text scope', { scope: 'openid badges:read profile' }],
    ['the text scp', { scope: undefined, scp: 'badges:read' }],
    ['the list scp', { scope: undefined, scp: ['openid', 'badges:read'] }],
    ['both together', { scope: 'openid', scp: ['badges:read'] }],
    ['a list whose texts hold several', { scope: undefined, scp: ['openid badges:read'] }],
  ])('%s', async (_what, claims) => {
    const { body } = await ask(url, { token: await tokenWith(claims) });
    expect(body).toEqual({ data: { badges: { totalCount: 3 } } });
  });

  test.each([
    ['no claim', { scope: undefined }],
    ['an empty text', { scope: '' }],
    ['an empty list', { scope: undefined, scp: [] }],
    ['a part of the name', { scope: 'badges' }],
    ['a longer name', { scope: 'badges:read:none badges:readonly' }],
    ['a star', { scope: 'badges:* *' }],
    ['other letters', { scope: 'Badges:Read' }],
    ['commas', { scope: 'badges:read,badges:write' }],
    [
      'a claim of another name',
      { scope: undefined, scopes: 'badges:read', roles: ['badges:read'] },
    ],
  ])('and not from %s', async (_what, claims) => {
    expect(await ask(url, { token: await tokenWith(claims) })).toEqual(
      lacks('badges:read', ['badges'], { badges: null }),
    );
    expect(callsTo(service)).toEqual([]);
  });
});

describe('without a token every root field is refused, a dry run too, and no provider is asked:', () => {
  test.each([
    ...READS.map(({ field, query, variables = {} }) => ({ field, query, variables })),
    ...operationCases.map(({ asked: { field, document, variables } }) => ({
      field,
      query: print(document),
      variables: { ...variables, dryRun: true },
    })),
  ])('$field', async ({ field, query, variables }) => {
    const { status, challenge, body } = await ask(url, { query, variables });
    expect([status, challenge]).toEqual([200, null]);
    expect(body).toMatchObject({
      errors: [
        {
          message: 'A bearer token is required. Send it in the authorization header.',
          path: [field],
          extensions: { code: 'UNAUTHENTICATED', requestId: 'asked-1' },
        },
      ],
    });
    expect(callsTo(service)).toEqual([]);
  });
});

test('without settings for tokens whoever the router sends has both scopes', async () => {
  const trusting = await startTestService({ sandbox: STORED });
  try {
    const { asked, payload } = operationCases[0] ?? {};
    if (!asked) throw new Error('there is no case');
    const { variables, document, field } = asked;
    const { body } = await ask(`${trusting.url}/graphql`, { query: print(document), variables });
    expect(body).toEqual({ data: { [field]: payload } });
    expect(await ask(`${trusting.url}/graphql`, { token: 'of nobody' })).toEqual(
      toAnswer({ data: { badges: { totalCount: 4 } } }),
    );
  } finally {
    await trusting.close();
  }
});
