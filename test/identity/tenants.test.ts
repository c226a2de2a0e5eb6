import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { TenantSettings } from '../../src/providers/settings.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { HALL_OF_FAME, resetStandIns } from '../support/operation-cases.ts';
import { tagMangoStored } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { type Issuer, createSigner, createSigningKey, startIssuer } from '../support/tokens.ts';
import { type Asking, ask, toAnswer, toForbidden } from './ask.ts';

const OPTIONS = { defaultTenant: undefined, freshSeconds: 0 } as const;
const READ = `{ badge(provider: TAG_MANGO, id: "${HALL_OF_FAME}") { ... on BadgeFields { name } } }`;
const UPDATE = `mutation Update($name: String!, $key: String) {
  updateBadge(input: { tagMango: { id: "${HALL_OF_FAME}", name: $name } }, idempotencyKey: $key) {
    badge { ... on BadgeFields { name } }
    userErrors { code }
  }
}`;
const HISTORY = `{ badgeHistory(provider: TAG_MANGO, id: "${HALL_OF_FAME}") {
  nodes { caller idempotencyKey changes { after } }
} }`;

const shown = (name: string) => toAnswer({ data: { badge: { name } } });
const updated = (name: string) =>
  toAnswer({ data: { updateBadge: { badge: { name }, userErrors: [] } } });

/** What is written lately must not be what a test begins with. */
let round = 0;
const best = (tenant: string) => `Best of ${tenant} in test ${round}`;

/** One for each tenant: badges of the same ids, with names of their own. */
let sandboxes: Record<'acme' | 'bolt', Sandbox>;
let tenants: TenantSettings[];
let issuer: Issuer;
let service: TestService;
let toToken: (claims: Readonly<Record<string, unknown>>) => Promise<string>;

beforeAll(async () => {
  sandboxes = { acme: await startSandbox(), bolt: await startSandbox() };
  tenants = Object.entries(sandboxes).map(([id, { providerValues }]) => ({
    id,
    providerValues,
    requestLimits: {},
  }));
  const key = await createSigningKey('key-1');
  issuer = await startIssuer([key]);
  const sign = createSigner(issuer);
  toToken = (claims) => sign(key, { claims });
  service = await startTestService({ ...OPTIONS, tenants, tokens: issuer.settings });
});
afterAll(async () => {
  await service.close();
  await issuer.close();
  await Promise.all(Object.values(sandboxes).map((sandbox) => sandbox.close()));
});
beforeEach(() => {
  round += 1;
  for (const [id, sandbox] of Object.entries(sandboxes)) {
    resetStandIns(sandbox);
    sandbox.tagMango.badges.set(HALL_OF_FAME, tagMangoStored({ name: best(id) }));
  }
});

const callsTo = ({ tagMango, returningAI }: Sandbox) => [
  ...tagMango.requests,
  ...returningAI.requests,
];
const writes = () =>
  Object.values(sandboxes)
    .flatMap(({ tagMango }) => tagMango.requests)
    .filter(({ method }) => method !== 'GET').length;
function expectNoCall(...asked: Sandbox[]): void {
  expect(asked.flatMap(callsTo)).toEqual([]);
}

/** Names that find something in an object that is no map, or that come near a tenant's. */
const NO_TENANTS = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'],
  ...['default', 'ACME', 'acme/', 'acme,bolt', '*', '..'],
];

describe('with a token', () => {
  const askAs = async (
    claims: Readonly<Record<string, unknown>>,
    asking: Asking = {},
    { url } = service,
  ) => ask(`${url}/graphql`, { query: READ, token: await toToken(claims), ...asking });

  test("the tenant that it names is the one whose badges are shown, by that tenant's clients", async () => {
    expect(await askAs({ tenant: 'acme' })).toEqual(shown(best('acme')));
    expectNoCall(sandboxes.bolt);
    expect(await askAs({ tenant: 'bolt' })).toEqual(shown(best('bolt')));
  });

  test.each([
    ['a query', READ, {}, () => shown(best('acme'))],
    ['a mutation', UPDATE, { name: 'New' }, () => updated('New')],
  ])('%s cannot name another tenant by a header', async (_what, query, variables, toExpected) => {
    const headers = { 'x-badges-tenant': 'bolt', 'x-badges-actor': 'root' };
    expect(await askAs({ tenant: 'acme' }, { headers, query, variables })).toEqual(toExpected());
    expectNoCall(sandboxes.bolt);
  });

  test('none is of no tenant, whatever the header says', async () => {
    const refusal = toForbidden('The token does not name a tenant.');
    expect(await askAs({})).toEqual(refusal);
    expect(await askAs({}, { headers: { 'x-badges-tenant': 'acme' } })).toEqual(refusal);
    expect(await askAs({}, { query: '{ _service { sdl } }' })).toEqual(refusal);
    expectNoCall(sandboxes.acme, sandboxes.bolt);
  });

  test.each([...NO_TENANTS, '', ' acme', 'acme\u0000', 'a'.repeat(5_000)])(
    'the tenant %j is not there',
    async (tenant) => {
      expect(await askAs({ tenant })).toEqual(toForbidden('The tenant does not exist.'));
      expectNoCall(sandboxes.acme, sandboxes.bolt);
    },
  );

  test('the only tenant need not be named, and another one may not be', async () => {
    const single = await startTestService({ tokens: issuer.settings });
    try {
      expect(await askAs({}, {}, single)).toEqual(shown('Hall of Fame'));
      expect(await askAs({ tenant: 'default' }, {}, single)).toEqual(shown('Hall of Fame'));
      expect(await askAs({ tenant: 'acme' }, {}, single)).toEqual(
        toForbidden('The tenant does not exist.'),
      );
    } finally {
      await single.close();
    }
  });

  test('a tenant that is taken away while the service runs is not there any more, and back when it is', async () => {
    service.apply({ tenants: tenants.filter(({ id }) => id !== 'bolt'), routerSecrets: [] });
    expect(await askAs({ tenant: 'bolt' })).toEqual(toForbidden('The tenant does not exist.'));
    expect(await askAs({ tenant: 'acme' })).toEqual(shown(best('acme')));
    service.apply({ tenants, routerSecrets: [] });
    expect(await askAs({ tenant: 'bolt' })).toEqual(shown(best('bolt')));
  });

  test('records name its subject, whatever the router says, and are of one tenant', async () => {
    await askAs(
      { sub: 'auth0|ada', tenant: 'acme' },
      {
        query: UPDATE,
        variables: { name: 'Of Ada', key: 'first' },
        headers: { 'x-badges-actor': 'root' },
      },
    );
    const nodesOf = async (tenant: string) => {
      const { body } = await askAs({ sub: 'bob', tenant }, { query: HISTORY });
      return (body as { data: { badgeHistory: { nodes: { caller: string }[] } } }).data.badgeHistory
        .nodes;
    };
    expect((await nodesOf('acme'))[0]).toEqual({
      caller: 'auth0|ada',
      idempotencyKey: 'first',
      changes: [{ after: 'Of Ada' }],
    });
    expect((await nodesOf('bolt')).map(({ caller }) => caller)).not.toContain('auth0|ada');
  });

  describe('an idempotency key is of one actor of one tenant:', () => {
    const rename = (of: Readonly<Record<string, unknown>>, name: string, key: string) =>
      askAs(of, { query: UPDATE, variables: { name, key } });
    const [ada, bob] = [
      { sub: 'ada', tenant: 'acme' },
      { sub: 'bob', tenant: 'acme' },
    ];

    test('a repeat of the actor writes nothing', async () => {
      expect(await rename(ada, 'Once', 'repeated')).toEqual(updated('Once'));
      expect(await rename(ada, 'Once', 'repeated')).toEqual(updated('Once'));
      expect(writes()).toBe(1);
    });

    test.each([
      ['another actor', ada, bob],
      ['an actor whose name goes on', ada, { sub: 'ada/update', tenant: 'acme' }],
      ['an actor in other letters', ada, { sub: 'Ada', tenant: 'acme' }],
      [
        'an actor whose name is encoded',
        { sub: 'a/b', tenant: 'acme' },
        { sub: 'a%2Fb', tenant: 'acme' },
      ],
      ['the actor of that name at another tenant', ada, { sub: 'ada', tenant: 'bolt' }],
    ])('%s may use the same for something else', async (what, one, other) => {
      const key = `shared-with-${what.replaceAll(' ', '-')}`;
      expect(await rename(one, 'Of one', key)).toEqual(updated('Of one'));
      expect(await rename(other, 'Of the other', key)).toEqual(updated('Of the other'));
      expect(writes()).toBe(2);
      expect(await rename(one, 'Of the other', key)).toEqual(
        toAnswer({
          data: { updateBadge: { badge: null, userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED' }] } },
        }),
      );
      expect(writes()).toBe(2);
    });
  });
});

describe('without tokens, where the router names the tenant', () => {
  let trusting: TestService;
  beforeAll(async () => {
    trusting = await startTestService({ ...OPTIONS, tenants });
  });
  afterAll(() => trusting.close());
  const askFor = (headers: Readonly<Record<string, string>>, query = READ) =>
    ask(`${trusting.url}/graphql`, { query, headers });

  test('its badges are shown', async () => {
    expect(await askFor({ 'x-badges-tenant': 'acme' })).toEqual(shown(best('acme')));
    expectNoCall(sandboxes.bolt);
    expect(await askFor({ 'x-badges-tenant': 'bolt' })).toEqual(shown(best('bolt')));
  });

  test.each([
    ['none', {}],
    ['none, with an empty header', { 'x-badges-tenant': '' }],
  ])('a caller of whom it names %s sees the schema and no badge', async (_how, headers) => {
    expect(await askFor(headers)).toEqual(
      toAnswer({
        data: { badge: null },
        errors: [
          {
            message: 'Header "x-badges-tenant" must name a tenant.',
            locations: [{ line: 1, column: 3 }],
            path: ['badge'],
            extensions: { code: 'FORBIDDEN', requestId: 'asked-1' },
          },
        ],
      }),
    );
    expectNoCall(sandboxes.acme, sandboxes.bolt);
    expect(await askFor(headers, '{ _service { __typename } }')).toEqual(
      toAnswer({ data: { _service: { __typename: '_Service' } } }),
    );
  });

  test.each([...NO_TENANTS, 'acme, bolt'])('the tenant %j is not there', async (tenant) => {
    expect(await askFor({ 'x-badges-tenant': tenant })).toEqual(
      toForbidden('The tenant does not exist.'),
    );
    expectNoCall(sandboxes.acme, sandboxes.bolt);
  });
});
