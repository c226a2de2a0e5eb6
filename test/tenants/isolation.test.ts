import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../state/eventually.ts';
import { HIDDEN_VALUES } from '../support/records.ts';
import {
  IDS,
  LIST,
  type Listed,
  TENANTS,
  type TenantId,
  type TwoTenants,
  type Updated,
  startTwoTenants,
  toReturningAIUpdate,
  toUpdate,
} from './two-tenants.ts';

let two: TwoTenants;
beforeEach(async () => {
  two = await startTwoTenants();
});
afterEach(async () => {
  await two.close();
});

const readList = async (tenant: TenantId) =>
  (await two.ask<Listed>(tenant, { query: LIST })).badges;

async function statesOf(tenant: TenantId): Promise<string[]> {
  const { sources = [] } = (await readList(tenant)) ?? {};
  return sources.map(({ provider, state, code }) => `${provider} ${state} ${code}`);
}

const update = async (tenant: TenantId, ...given: Parameters<typeof toUpdate>) =>
  (await two.ask<Updated>(tenant, toUpdate(...given))).updateBadge;

const callsTo = (tenant: TenantId) => {
  const { returningAI, tagMango } = two.sandboxes[tenant];
  return [...returningAI.requests, ...tagMango.requests].map(({ operation }) => operation);
};

/** Of one tenant’s calls to one provider. */
const PLACES_OF_QUERIES = 12;

const FRESH = ['RETURNING_AI FRESH null', 'TAG_MANGO FRESH null'];
const CACHED = ['RETURNING_AI CACHED null', 'TAG_MANGO CACHED null'];

describe('badges of the same ids', () => {
  test('are each tenant’s own in lists, one by one, and as entities, however many ask at once', async () => {
    const query = `{
      badges(orderBy: { field: ID, direction: ASC }) { nodes { ... on BadgeFields { name } } }
      major: badge(provider: RETURNING_AI, id: "${IDS.RETURNING_AI}") { ... on BadgeFields { name } }
      hall: badge(provider: TAG_MANGO, id: "${IDS.TAG_MANGO}") { ... on BadgeFields { name } }
      _entities(representations: [
        { __typename: "TagMangoBadge", id: "${IDS.TAG_MANGO}" }
        { __typename: "ReturningAIBadge", id: "${IDS.RETURNING_AI}" }
      ]) { ... on BadgeFields { name } }
    }`;
    const asking = Array.from({ length: 20 }, async (_, n) => {
      const tenant = n % 2 === 0 ? 'acme' : 'bolt';
      const major = { name: `${tenant} · Major` };
      const hall = { name: `${tenant} · Hall of Fame` };
      const expected = { badges: { nodes: [hall, major] }, major, hall, _entities: [hall, major] };
      expect(await two.ask(tenant, { query })).toEqual(expected);
    });
    await Promise.all(asking);
    for (const tenant of TENANTS) expect(callsTo(tenant)).toEqual(['listBadges', 'listBadges']);
  });

  test('have a place in the list that a cursor of another tenant shows, and nothing more of it', async () => {
    const after = (await readList('acme'))?.pageInfo.startCursor;
    const { badges } = await two.ask<Listed>('bolt', { query: LIST, variables: { after } });
    expect(badges?.nodes).toEqual([{ name: 'bolt · Major' }]);
  });

  test('are held for each tenant, so that a write of one leaves the other’s list as it is', async () => {
    for (const tenant of TENANTS) {
      expect(await statesOf(tenant)).toEqual(FRESH);
      expect(await statesOf(tenant)).toEqual(CACHED);
    }
    await update('acme', { name: 'acme · New' });
    expect(await statesOf('bolt')).toEqual(CACHED);
    expect(callsTo('bolt')).toEqual(['listBadges', 'listBadges']);
    expect(await statesOf('acme')).toEqual(['RETURNING_AI CACHED null', 'TAG_MANGO FRESH null']);
  });

  test('have versions that are another tenant’s only by chance: with them an update is refused', async () => {
    const query = `{ badge(provider: TAG_MANGO, id: "${IDS.TAG_MANGO}") { ... on BadgeFields { version } } }`;
    const { badge } = await two.ask<{ badge: { version: string } }>('acme', { query });
    const refused = await update(
      'bolt',
      { name: 'bolt · New' },
      {
        version: badge.version,
      },
    );
    const currentBadge = { name: 'bolt · Hall of Fame' };
    expect(refused.userErrors).toEqual([{ code: 'CONFLICT', currentBadge }]);
  });
});

describe('what fails at one tenant', () => {
  test.each([
    ['unavailable', 'PROVIDER_UNAVAILABLE'],
    ['unauthorized', 'PROVIDER_AUTH_FAILED'],
    ['too-many-silent', 'PROVIDER_RATE_LIMITED'],
  ] as const)('with %s leaves the other’s lists fresh, then cached', async (name, code) => {
    for (const standIn of [two.sandboxes.acme.returningAI, two.sandboxes.acme.tagMango]) {
      standIn.faults.set('*', { name });
    }
    for (let n = 0; n < 3; n += 1) {
      const { errors, data } = await two.askAs<Listed>(['acme'], { query: LIST });
      expect(data).toEqual({ badges: null });
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code, code]);
    }
    expect(await statesOf('bolt')).toEqual(FRESH);
    expect(await statesOf('bolt')).toEqual(CACHED);
    const { badge, userErrors } = await update('bolt', { name: 'bolt · New' });
    expect({ badge, userErrors }).toEqual({ badge: { name: 'bolt · New' }, userErrors: [] });
  });

  test('opens its own breaker: its provider is asked no more, and the other’s is', async () => {
    two.sandboxes.acme.returningAI.faults.set('*', { name: 'unavailable' });
    for (let n = 0; n < 4; n += 1) await two.askAs(['acme'], { query: LIST });
    const opened = two.service.log.filter(
      ({ msg }) => msg === 'Calls to Returning.AI are paused after repeated failures',
    );
    expect(opened.map(({ tenant }) => tenant)).toEqual(['acme']);
    expect(two.sandboxes.acme.returningAI.requests).toHaveLength(5);
    expect(await statesOf('bolt')).toEqual(FRESH);
  });

  test('is in lines of the log that name the tenant', async () => {
    two.sandboxes.acme.tagMango.faults.set('*', { name: 'unauthorized' });
    for (const tenant of TENANTS) await two.askAs([tenant], { query: LIST });
    const faults = two.service.log.filter(
      ({ msg }) => msg === 'TagMango rejected the credentials of this service',
    );
    expect(faults.map(({ tenant }) => tenant)).toEqual(['acme']);
  });
});

test('a tenant that has used up its requests leaves the other its own', async () => {
  await two.close();
  two = await startTwoTenants({
    requestLimits: { acme: 12, bolt: 120 },
    // Of 12 requests in 10 s, the third may be made after more than a second.
    attemptTimeoutMs: 1_000,
    operationDeadlineMs: 1_000,
  });
  const query = '{ tagMangoMember(email: "ada@example.com") { id } }';
  const codesOf = async (tenant: TenantId) => {
    const { errors = [] } = await two.askAs([tenant], { query });
    return errors.map(({ extensions }) => extensions.code);
  };
  const times = [1, 2, 3, 4];
  const acme = await Promise.all(times.map(() => codesOf('acme')));
  expect(acme.flat()).toContain('PROVIDER_RATE_LIMITED');
  expect(await Promise.all(times.map(() => codesOf('bolt')))).toEqual([[], [], [], []]);
  expect(callsTo('bolt')).toHaveLength(times.length);
});

describe('an idempotency key', () => {
  test('of one tenant is not the other’s, though actor and input are the same', async () => {
    const values = { description: 'The same at both.' };
    for (const tenant of TENANTS) {
      const first = await update(tenant, values, { key: 'key' });
      expect(first.badge).toEqual({ name: `${tenant} · Hall of Fame` });
      expect(first.changes.map(({ field }) => field)).toEqual(['description']);
      expect(await update(tenant, values, { key: 'key' })).toEqual(first);
      const writes = callsTo(tenant).filter((operation) => operation === 'updateBadge');
      expect(writes).toHaveLength(1);
    }
  });

  test('stands for another input at another tenant', async () => {
    for (const tenant of TENANTS) {
      const { badge, userErrors } = await update(
        tenant,
        { name: `${tenant} · New` },
        { key: 'key' },
      );
      expect({ badge, userErrors }).toEqual({ badge: { name: `${tenant} · New` }, userErrors: [] });
    }
    const again = await update('bolt', { name: 'bolt · Newer' }, { key: 'key' });
    expect(again.userErrors).toEqual([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);
  });
});

describe('the history of a badge', () => {
  const HISTORY = `query ($after: String) {
    badgeHistory(provider: TAG_MANGO, id: "${IDS.TAG_MANGO}", first: 1, after: $after) {
      nodes { caller changes { after } }
      pageInfo { endCursor hasNextPage }
    }
  }`;
  interface Shown {
    badgeHistory: {
      nodes: { caller: string; changes: { after: unknown }[] }[];
      pageInfo: { endCursor: string; hasNextPage: boolean };
    };
  }
  const read = async (tenant: TenantId, after: string | null = null) =>
    (await two.ask<Shown>(tenant, { query: HISTORY, variables: { after } })).badgeHistory;

  test('is of its own tenant, also after a cursor of the other', async () => {
    for (const name of ['First', 'Second']) {
      for (const tenant of TENANTS) {
        const call = toUpdate({ name: `${tenant} · ${name}` });
        await two.ask(tenant, { ...call, actor: `only-${tenant}` });
      }
    }
    const entry = (tenant: TenantId, name: string) => ({
      caller: `only-${tenant}`,
      changes: [{ after: `${tenant} · ${name}` }],
    });
    const acme = await read('acme');
    const bolt = await read('bolt');
    expect(acme.nodes).toEqual([entry('acme', 'Second')]);
    expect(bolt.nodes).toEqual([entry('bolt', 'Second')]);

    expect((await read('acme', bolt.pageInfo.endCursor)).nodes).toEqual([entry('acme', 'Second')]);
    const rest = await read('bolt', acme.pageInfo.endCursor);
    expect(rest.nodes).toEqual([entry('bolt', 'First')]);
    expect(rest.pageInfo.hasNextPage).toBe(false);
  });

  test('is empty where only the other tenant has written', async () => {
    await update('acme', { name: 'acme · New' });
    expect((await read('bolt')).nodes).toEqual([]);
  });
});

test('fields that no answer shows are remembered for the tenant that wrote them only', async () => {
  const write = async (tenant: TenantId, values: object) =>
    (await two.ask<Updated>(tenant, toReturningAIUpdate(values))).updateBadge.userErrors;
  expect(await write('acme', { title: 'acme · New', ...HIDDEN_VALUES })).toEqual([]);
  expect(await write('acme', { title: 'acme · Newer' })).toEqual([]);
  const unknown = await write('bolt', { title: 'bolt · New' });
  expect(new Set(unknown.map(({ code }) => code))).toEqual(new Set(['HIDDEN_FIELDS_UNKNOWN']));
});

test('a write of one tenant that hangs holds no lock of the other', async () => {
  const { acme } = two.sandboxes;
  acme.tagMango.faults.set('updateBadge', { kind: 'hang' });
  const ended: string[] = [];
  const hanging = update('acme', { name: 'acme · New' }).then(() => ended.push('acme'));
  await eventually(() => callsTo('acme').includes('updateBadge'));
  await update('bolt', { name: 'bolt · New' }).then(() => ended.push('bolt'));
  await hanging;
  expect(ended).toEqual(['bolt', 'acme']);
});

test('calls of one tenant that hang take no places of the other’s', async () => {
  two.sandboxes.acme.tagMango.faults.set('*', { kind: 'hang' });
  const call = { query: '{ tagMangoMember(email: "ada@example.com") { badges { id } } }' };
  const hanging = Array.from({ length: PLACES_OF_QUERIES }, () => two.askAs(['acme'], call));
  await eventually(() => callsTo('acme').length === PLACES_OF_QUERIES);
  expect(await two.ask('bolt', call)).toEqual({ tagMangoMember: { badges: [] } });
  const answers = await Promise.all(hanging);
  const codes = answers.flatMap(({ errors = [] }) =>
    errors.map(({ extensions }) => extensions.code),
  );
  expect(codes).toEqual(hanging.map(() => 'PROVIDER_TIMEOUT'));
});

describe('a tenant that there is not', () => {
  test.each([
    ['__proto__'],
    ['constructor'],
    ['toString'],
    ['acme/../bolt'],
    ['acme/RETURNING_AI'],
    ['ACME'],
    ['acme%20'],
    ['acme,bolt'],
    ['*'],
    ['default'],
  ])('is forbidden without a call to anybody: %j', async (name) => {
    expect(await two.askAs([name], { query: LIST })).toEqual({
      status: 403,
      errors: [forbidden('The tenant does not exist.')],
    });
    expect(TENANTS.flatMap(callsTo)).toEqual([]);
  });

  test.each([
    ['acme', 'bolt'],
    ['acme', 'acme'],
    ['', 'bolt'],
  ])('is what two names make: %j and %j', async (first, second) => {
    expect(await two.askAs([first, second], { query: LIST })).toEqual({
      status: 403,
      errors: [forbidden('The tenant does not exist.')],
    });
    expect(TENANTS.flatMap(callsTo)).toEqual([]);
  });

  test.each([
    ['without a name', []],
    ['with an empty one', ['']],
  ])('is no default either: %s nothing is shown', async (_how, names) => {
    const { data, errors } = await two.askAs(names, { query: LIST });
    expect(data).toEqual({ badges: null });
    expect(errors).toMatchObject([forbidden('Header "x-badges-tenant" must name a tenant.')]);
    expect(TENANTS.flatMap(callsTo)).toEqual([]);
  });

  function forbidden(message: string) {
    const extensions = { code: 'FORBIDDEN', requestId: expect.any(String) };
    return expect.objectContaining({ message, extensions });
  }
});
