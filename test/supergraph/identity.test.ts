import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { composeSupergraph } from '../../examples/supergraph/compose.ts';
import { membersSdl, startMembers } from '../../examples/supergraph/members.ts';
import { createBadgesSchema } from '../../src/badges/schema.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ROUTER_SECRET } from '../support/gateways/forwarded.ts';
import {
  type GatewayName,
  type RunningGateway,
  startGatewayProcess,
} from '../support/gateways/index.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { type Issuer, createSigner, createSigningKey, startIssuer } from '../support/tokens.ts';

const QUIZ_MASTER = '6657092c8142bfe0656481c5';
const READ = '{ badges { totalCount } }';
const ENTITIES =
  '{ member(id: "grace") { name badges { __typename ... on BadgeFields { name } } } }';
const UPDATE = `mutation {
  updateBadge(input: { tagMango: { id: "${QUIZ_MASTER}", name: "New" } }) {
    badge { ... on BadgeFields { name } }
    userErrors { code }
  }
}`;
const HISTORY = `{ badgeHistory(provider: TAG_MANGO, id: "${QUIZ_MASTER}", first: 1) { nodes { caller } } }`;
const KEPT_MS = 600_000;

const anyId: unknown = expect.stringMatching(/^[0-9a-f-]{36}$/);
/** Of a field; both gateways pass it on. */
interface FieldError {
  path: string;
  message: string;
  code: string;
  retry?: object;
}

const toFieldError = ({ path, message, code, retry }: FieldError) => ({
  message,
  path: [path],
  extensions: { code, ...retry, requestId: anyId, serviceName: 'badges' },
});

interface GatewayCase {
  name: GatewayName;
  title: string;
  /** What its client gets when the subgraph refuses the whole request. */
  toRefusal: (of: FieldError) => object;
  /** The codes that it gives for two entities in the place of ours: of a field, or of the whole request. */
  atEntities: Record<'ofField' | 'ofRequest', (code: string) => string[]>;
}

const cases: GatewayCase[] = [
  {
    name: 'hive-forwarding',
    title: 'Hive Gateway, which passes our error on,',
    toRefusal: toFieldError,
    atEntities: {
      // The second is of its own, for the second entity that is missing.
      ofField: (code) => [code, 'INTERNAL_SERVER_ERROR'],
      ofRequest: (code) => [code, code],
    },
  },
  {
    name: 'apollo-forwarding',
    title: "Apollo's gateway, which passes our error on without its place,",
    toRefusal: ({ message, code, retry }) => ({
      message,
      extensions: { code, ...retry, requestId: anyId },
    }),
    atEntities: { ofField: (code) => [code], ofRequest: (code) => [code] },
  },
];

let sandboxes: Record<'acme' | 'bolt', Sandbox>;
let issuer: Issuer;
let skipped = 0;
const now = () => Date.now() + skipped;
let service: TestService;
let members: Awaited<ReturnType<typeof startMembers>>;
let supergraphSdl: string;
let toToken: (claims?: Readonly<Record<string, unknown>>) => Promise<string>;

beforeAll(async () => {
  sandboxes = { acme: await startSandbox(), bolt: await startSandbox() };
  sandboxes.bolt.tagMango.badges.clear();
  const key = await createSigningKey('key-1');
  issuer = await startIssuer([key]);
  const sign = createSigner(issuer, now);
  toToken = (claims) => sign(key, { claims: { tenant: 'acme', ...claims } });
  service = await startTestService({
    now,
    freshSeconds: 0,
    tenants: Object.entries(sandboxes).map(([id, { providerValues }]) => ({
      id,
      providerValues,
      requestLimits: {},
    })),
    defaultTenant: undefined,
    tokens: issuer.settings,
    routerSecrets: [ROUTER_SECRET],
  });
  members = await startMembers({ port: 0 });
  const { sdl } = await createBadgesSchema();
  supergraphSdl = composeSupergraph([
    { name: 'badges', url: `${service.url}/graphql`, sdl },
    { name: 'members', url: members.url, sdl: membersSdl },
  ]);
});
afterAll(async () => {
  await members.close();
  await service.close();
  await issuer.close();
  await Promise.all(Object.values(sandboxes).map((sandbox) => sandbox.close()));
});

const calls = () =>
  Object.values(sandboxes).flatMap(({ returningAI, tagMango }) => [
    ...returningAI.requests,
    ...tagMango.requests,
  ]);
beforeEach(() => {
  for (const { returningAI, tagMango } of Object.values(sandboxes)) {
    returningAI.requests.length = 0;
    tagMango.requests.length = 0;
  }
});

describe.each(cases)('$title', ({ name, toRefusal, atEntities }) => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGatewayProcess(name, supergraphSdl);
  });
  afterAll(() => gateway.close());

  async function ask(
    query: string,
    token?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    const { text } = await sendOperation(
      gateway.url,
      { query },
      {
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...headers,
        },
      },
    );
    expect(text).not.toContain(ROUTER_SECRET);
    if (token !== undefined) expect(text).not.toContain(token);
    return JSON.parse(text);
  }

  test("shows each caller the badges of its token's tenant, also when they ask the same at once", async () => {
    const tenants = ['acme', 'bolt', 'acme', 'bolt', 'bolt', 'acme'];
    const answers = tenants.map(async (tenant) =>
      ask(READ, await toToken({ tenant }), { 'x-badges-tenant': 'acme' }),
    );
    expect(await Promise.all(answers)).toEqual(
      tenants.map((tenant) => ({ data: { badges: { totalCount: tenant === 'acme' ? 16 : 8 } } })),
    );
  });

  test('passes the caller on: entities are found, a badge is changed, and the record names the subject', async () => {
    expect(await ask(ENTITIES, await toToken({ scope: 'badges:read' }))).toEqual({
      data: {
        member: {
          name: 'Grace',
          badges: [
            { __typename: 'ReturningAIBadge', name: 'Chart Analyst' },
            { __typename: 'TagMangoBadge', name: expect.any(String) as unknown },
          ],
        },
      },
    });
    const token = await toToken({ sub: `ada-by-${name}` });
    expect(await ask(UPDATE, token, { 'x-badges-actor': 'root' })).toEqual({
      data: { updateBadge: { badge: { name: 'New' }, userErrors: [] } },
    });
    expect(await ask(HISTORY, token)).toEqual({
      data: { badgeHistory: { nodes: [{ caller: `ada-by-${name}` }] } },
    });
  });

  describe('passes the code on when', () => {
    const asked = [
      {
        what: 'a query',
        query: READ,
        path: 'badges',
        data: { badges: null },
        scope: 'badges:read',
      },
      { what: 'a mutation', query: UPDATE, path: 'updateBadge', data: null, scope: 'badges:write' },
    ];

    test.each(asked)('$what has no token', async ({ query, path, data }) => {
      const message = 'A bearer token is required. Send it in the authorization header.';
      expect(await ask(query)).toEqual({
        data,
        errors: [toFieldError({ path, message, code: 'UNAUTHENTICATED' })],
      });
      expect(calls()).toEqual([]);
    });

    test.each(asked)(
      '$what has a token without the scope',
      async ({ query, path, data, scope }) => {
        const message = `The token lacks the scope ${scope}.`;
        expect(await ask(query, await toToken({ scope: 'openid' }))).toEqual({
          data,
          errors: [toFieldError({ path, message, code: 'FORBIDDEN' })],
        });
        expect(calls()).toEqual([]);
      },
    );

    test.each([
      {
        what: 'has expired',
        claims: { exp: 1 },
        refusal: { message: 'The token has expired.', code: 'UNAUTHENTICATED' },
      },
      {
        what: 'is from a different issuer',
        claims: { iss: 'https://elsewhere.example' },
        refusal: {
          message: 'The token is from a different issuer.',
          code: 'UNAUTHENTICATED',
        },
      },
      {
        what: 'is of a tenant that is not there',
        claims: { tenant: 'other' },
        refusal: { message: 'The tenant does not exist.', code: 'FORBIDDEN' },
      },
      {
        what: 'names no tenant',
        claims: { tenant: undefined },
        refusal: { message: 'The token does not name a tenant.', code: 'FORBIDDEN' },
      },
    ])('the token $what', async ({ claims, refusal }) => {
      const token = await toToken(claims);
      expect(await ask(READ, token)).toEqual({
        data: { badges: null },
        errors: [toRefusal({ ...refusal, path: 'badges' })],
      });
      expect(await ask(UPDATE, token)).toEqual({
        data: null,
        errors: [toRefusal({ ...refusal, path: 'updateBadge' })],
      });
      expect(calls()).toEqual([]);
    });

    test.each([
      {
        what: 'no token',
        toShown: async () => undefined,
        codes: atEntities.ofField('UNAUTHENTICATED'),
      },
      {
        what: 'one without the scope',
        toShown: () => toToken({ scope: 'badges:write' }),
        codes: atEntities.ofField('FORBIDDEN'),
      },
      {
        what: 'an expired one',
        toShown: () => toToken({ exp: 1 }),
        codes: atEntities.ofRequest('UNAUTHENTICATED'),
      },
      {
        what: 'one of another tenant',
        toShown: () => toToken({ tenant: 'other' }),
        codes: atEntities.ofRequest('FORBIDDEN'),
      },
    ])('entities are asked for with $what, and the rest of the answer stands', async (of) => {
      const { data, errors } = (await ask(ENTITIES, await of.toShown())) as {
        data: unknown;
        errors: { extensions: { code: string } }[];
      };
      expect(data).toEqual({ member: { name: 'Grace', badges: [null, null] } });
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(of.codes);
      expect(calls()).toEqual([]);
    });
  });

  test('tells that tokens cannot be checked while their issuer is down', async () => {
    const { published } = issuer;
    issuer.published = (response) => response.destroy();
    skipped += KEPT_MS;
    try {
      expect(await ask(READ, await toToken())).toEqual({
        data: { badges: null },
        errors: [
          toRefusal({
            message:
              "Tokens cannot be verified at the moment, because the issuer's keys are unavailable. Retry later.",
            code: 'AUTHENTICATION_UNAVAILABLE',
            retry: { retryable: true, retryAfterMs: 1_000 },
            path: 'badges',
          }),
        ],
      });
      expect(calls()).toEqual([]);
    } finally {
      issuer.published = published;
      skipped += KEPT_MS;
    }
  });
});
