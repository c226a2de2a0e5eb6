import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { print } from 'graphql';
import { readHistoryPage } from '../../src/badges/history.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { BadgeHistoryDocument, type BadgeHistoryQueryVariables } from '../generated/operations.ts';
import { sendOperation } from '../support/graphql-client.ts';
import {
  ADA,
  type Asked,
  HALL_OF_FAME,
  MAJOR,
  QUIZ_MASTER,
  STORED,
  award,
  changesOfAward,
  changesOfRevocation,
  create,
  remove,
  resetStandIns,
  revoke,
  update,
} from '../support/operation-cases.ts';
import { tagMangoStored } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';

let service: TestService;
let badgeNumber = 0;
/** A TagMango badge that has no history yet. */
let id: string;
beforeAll(async () => {
  service = await startTestService({ sandbox: STORED, attemptTimeoutMs: 1_000 });
});
afterAll(() => service.close());
beforeEach(() => {
  resetStandIns(service.sandbox);
  badgeNumber += 1;
  id = badgeNumber.toString(16).padStart(24, '0');
  service.sandbox.tagMango.badges.set(id, tagMangoStored({ _id: id }));
});

/** Sent as a router does that says who asks. */
async function run(asked: Asked, args: RunArgs = {}): Promise<unknown> {
  const { data, errors } = await send(asked, args);
  expect(errors).toBeUndefined();
  return data;
}

interface RunArgs {
  caller?: string;
  dryRun?: boolean;
  idempotencyKey?: string;
}

async function send(
  { document, variables }: Asked,
  { caller, ...args }: RunArgs,
): Promise<{ data?: unknown; errors?: unknown }> {
  const { text } = await sendOperation(
    `${service.url}/graphql`,
    { query: print(document), variables: { ...variables, ...args } },
    { headers: caller === undefined ? {} : { 'x-badges-actor': caller } },
  );
  return JSON.parse(text) as { data?: unknown; errors?: unknown };
}

const history = (variables: Partial<BadgeHistoryQueryVariables> = {}) =>
  service.execute(BadgeHistoryDocument, { provider: 'TAG_MANGO', id, ...variables });

async function entries(variables: Partial<BadgeHistoryQueryVariables> = {}) {
  const { data, errors } = await history(variables);
  expect(errors).toBeUndefined();
  return data.badgeHistory?.edges.map(({ node }) => node) ?? [];
}

const rename = (name: string) => update({ tagMango: { id, name } });
const change = (before: string, after: string) => [{ field: 'name', before, after }];

test('an entry says who did what, when, and what it changed', async () => {
  const before = Date.now();
  await run(rename('New'), { caller: 'ada@example.com', idempotencyKey: 'key-1' });

  const { data, headers } = await history();

  const [edge] = data.badgeHistory?.edges ?? [];
  expect(data.badgeHistory).toEqual({
    edges: [
      {
        cursor: expect.any(String) as unknown,
        node: {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
          at: expect.any(String) as unknown,
          caller: 'ada@example.com',
          operation: 'UPDATE',
          outcome: 'APPLIED',
          changes: change('Hall of Fame', 'New'),
          memberId: null,
          idempotencyKey: 'key-1',
          idempotencyKeyExpiresAt: expect.any(String) as unknown,
        },
      },
    ],
    pageInfo: {
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: edge?.cursor,
      endCursor: edge?.cursor,
    },
  });
  const at = Date.parse(edge?.node.at ?? '');
  expect(at).toBeGreaterThanOrEqual(before);
  expect(at).toBeLessThanOrEqual(Date.now());
  expect(headers.get('cache-control')).toBe('no-store');
});

test.each([
  ['without a caller', undefined],
  ['with an empty one', ''],
])('%s the entry is of anonymous', async (_how, caller) => {
  await send(rename('New'), { ...(caller !== undefined && { caller }) });
  expect(await entries()).toMatchObject([{ caller: 'anonymous' }]);
});

test.each([
  ['one that is not UTF-8', 'adé'],
  ['one that is too long', 'a'.repeat(201)],
])('a caller that cannot be used (%s) is refused, and becomes no other', async (_what, caller) => {
  const { errors } = await send(rename('New'), { caller });
  expect(errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST' } }]);
  expect(await entries()).toEqual([]);
});

test('a caller may be named as issuers of tokens name them', async () => {
  await run(rename('New'), { caller: 'auth0|ada' });
  expect(await entries()).toMatchObject([{ caller: 'auth0|ada' }]);
});

test('every outcome leaves one entry, newest first', async () => {
  const { faults } = service.sandbox.tagMango;
  await run(rename('New'));
  await run(rename('New'));
  faults.set('updateBadge', { kind: 'answer', status: 400, times: 1 });
  await run(rename('Refused by the provider'));
  await run(update({ tagMango: { id, name: 'Refused here' } }, 'old'));
  faults.set('updateBadge', { kind: 'reset', isApplied: true, times: 1 });
  await run(rename('Unclear'));
  faults.set('listBadges', { kind: 'answer', status: 401, times: 1 });
  await run(update({ tagMango: { id, name: 'Not sent' } }, 'not compared'));

  expect(
    (await entries()).map(({ operation, outcome, changes }) => ({ operation, outcome, changes })),
  ).toEqual([
    { operation: 'UPDATE', outcome: 'REFUSED', changes: [] },
    { operation: 'UPDATE', outcome: 'UNKNOWN', changes: change('New', 'Unclear') },
    { operation: 'UPDATE', outcome: 'REFUSED', changes: [] },
    { operation: 'UPDATE', outcome: 'REFUSED', changes: [] },
    { operation: 'UPDATE', outcome: 'UNCHANGED', changes: [] },
    { operation: 'UPDATE', outcome: 'APPLIED', changes: change('Hall of Fame', 'New') },
  ]);
});

test('dry runs, wrong inputs and repeats of a key leave none', async () => {
  await run(rename('Dry'), { dryRun: true });
  await run(rename('Hall of Fame'), { dryRun: true });
  await run(update({ tagMango: { id, name: 'x' } }, 'old'), { dryRun: true });
  await run(rename(''));
  await run(update({ tagMango: { id } }));
  await run(award({ tagMango: { userId: 'x', badgeIds: [id] } }));
  expect(await entries()).toEqual([]);

  await run(rename('Once'), { idempotencyKey: 'twice' });
  await run(rename('Once'), { idempotencyKey: 'twice' });
  await run(rename('Other input'), { idempotencyKey: 'twice' });
  expect(await entries()).toHaveLength(1);
});

test('an award of several badges stands in the history of each, with what it is to that badge', async () => {
  await run(award({ tagMango: { userId: ADA.tagMango, badgeIds: [id, QUIZ_MASTER] } }));
  const [mine] = await entries();
  const [other] = await entries({ id: QUIZ_MASTER });
  const changes = changesOfAward(ADA.tagMango, [id]);
  expect(mine).toMatchObject({ operation: 'AWARD', outcome: 'APPLIED', changes });
  expect(other).toEqual({ ...mine, changes: changesOfAward(ADA.tagMango, [QUIZ_MASTER]) });
});

test('an entry says until when its key counts, unless the key is free', async () => {
  await run(rename('Kept'), { idempotencyKey: 'kept' });
  await run(rename('Kept'), { idempotencyKey: 'unchanged' });
  service.sandbox.tagMango.faults.set('updateBadge', { kind: 'answer', status: 422, body: '{}' });
  await run(rename('Refused'), { idempotencyKey: 'refused' });
  service.sandbox.tagMango.faults.set('updateBadge', { kind: 'reset' });
  await run(rename('Unclear'), { idempotencyKey: 'unclear' });
  service.sandbox.tagMango.faults.clear();
  await run(rename('Without'));
  const hours = (await entries()).map(({ at, idempotencyKey, idempotencyKeyExpiresAt: end }) => [
    idempotencyKey,
    end == null ? null : (Date.parse(end) - Date.parse(at)) / 3_600_000,
  ]);
  expect(hours).toEqual([
    [null, null],
    ['unclear', 24],
    ['refused', null],
    ['unchanged', null],
    ['kept', 24],
  ]);
});

test('whom an award or a revocation was for stands in its entry, also if it was refused, failed or named an e-mail', async () => {
  const { returningAI, tagMango } = service.sandbox;
  const [badgeId, user] = [MAJOR, { email: ADA.email }];
  const members = async (badge: object) =>
    (await entries(badge)).map(({ operation, outcome, memberId }) => [
      operation,
      outcome,
      memberId,
    ]);
  tagMango.faults.set('assignBadges', { kind: 'answer', status: 404, body: '{}' });
  await run(award({ tagMango: { userId: ADA.tagMango.toUpperCase(), badgeIds: [id] } }));
  tagMango.faults.set('assignBadges', { kind: 'reset' });
  await run(award({ tagMango: { userId: ADA.tagMango, badgeIds: [id] } }));
  await run(rename('Other'));
  expect(await members({})).toEqual([
    ['UPDATE', 'APPLIED', null],
    ['AWARD', 'UNKNOWN', ADA.tagMango],
    ['AWARD', 'REFUSED', ADA.tagMango],
  ]);

  const known = (await members({ provider: 'RETURNING_AI', id: MAJOR })).length;
  returningAI.faults.set('removeBadge', { kind: 'answer', status: 422, body: '{}', times: 1 });
  await run(revoke({ returningAI: { badgeId, user: { id: ADA.returningAI } } }));
  await run(revoke({ returningAI: { badgeId, user } }));
  await run(award({ returningAI: { badgeId, user: { email: 'nobody@example.com' } } }));
  const all = await members({ provider: 'RETURNING_AI', id: MAJOR });
  expect(all.slice(0, all.length - known)).toEqual([
    ['AWARD', 'REFUSED', null],
    ['REVOKE', 'APPLIED', ADA.returningAI],
    ['REVOKE', 'REFUSED', ADA.returningAI],
  ]);
});

test('a badge has a history from its making to after its deletion', async () => {
  const made = (await run(create({ returningAI: { title: 'Made' } }))) as {
    createBadge: { badge: { id: string } };
  };
  const { id: madeId } = made.createBadge.badge;
  const user = { id: ADA.returningAI };
  await run(update({ returningAI: { id: madeId, title: 'Renamed' } }));
  await run(award({ returningAI: { badgeId: madeId, user } }));
  await run(revoke({ returningAI: { badgeId: madeId, user: { email: ADA.email } } }));
  await run(remove({ returningAI: { id: madeId } }));
  await run(remove({ returningAI: { id: madeId } }));

  const all = await entries({ provider: 'RETURNING_AI', id: madeId });
  expect(all.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
    'DELETE REFUSED',
    'DELETE APPLIED',
    'REVOKE APPLIED',
    'AWARD APPLIED',
    'UPDATE APPLIED',
    'CREATE APPLIED',
  ]);
  expect(all.at(-1)?.changes).toHaveLength(13);
  expect(all.at(-2)?.changes).toEqual([{ field: 'title', before: 'Made', after: 'Renamed' }]);
  expect(all.at(-3)?.changes).toEqual(changesOfAward(ADA.returningAI, [madeId]));
  expect(all.at(-4)?.changes).toEqual(changesOfRevocation(ADA.returningAI, madeId));
  // What the badge was is recorded nowhere else.
  const was = {
    title: 'Renamed',
    action: 'custom',
    quantity: 1,
    image: '',
    description: '',
    attachRequired: false,
    awarded: false,
  };
  expect(all.at(-5)?.changes).toEqual(
    Object.entries(was).map(([field, value]) => ({
      field,
      before: value,
      after: null,
    })),
  );
});

test('pages follow each other without gap or repeat, also when something is added meanwhile', async () => {
  for (let number = 1; number <= 7; number += 1) await run(rename(`Name ${number}`));
  const names: unknown[] = [];
  let after: string | null = null;
  let pages = 0;
  for (;;) {
    const { data } = await history({ first: 3, after });
    const page = data.badgeHistory;
    names.push(...(page?.edges.map(({ node }) => node.changes[0]?.after) ?? []));
    expect(page?.pageInfo.hasPreviousPage).toBe(after !== null);
    after = page?.pageInfo.endCursor ?? null;
    if (!page?.pageInfo.hasNextPage) break;
    pages += 1;
    await run(rename(`Added ${pages}`));
  }
  expect(names).toEqual([7, 6, 5, 4, 3, 2, 1].map((number) => `Name ${number}`));
  expect(pages).toBe(2);
});

test('a page of none says whether there is more', async () => {
  await run(rename('New'));
  const { data } = await history({ first: 0 });
  expect(data.badgeHistory).toEqual({
    edges: [],
    pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
  });
});

test('a badge that nobody has changed has an empty history, whether it is there or not', async () => {
  expect(await entries()).toEqual([]);
  expect(await entries({ provider: 'RETURNING_AI', id: 'never-made' })).toEqual([]);
});

test('the same id at two providers has two histories', async () => {
  await run(rename('New'));
  expect(await entries({ provider: 'RETURNING_AI' })).toEqual([]);
});

test('what is wrong with the arguments is INVALID_INPUT', async () => {
  await run(rename('New'));
  const { data } = await service.execute<{ badges: { pageInfo: { endCursor: string } } }, unknown>(
    '{ badges(first: 1) { pageInfo { endCursor } } }',
  );
  const { data: ours } = await history();
  const cursor = ours.badgeHistory?.pageInfo.endCursor ?? '';
  const wrong: Partial<BadgeHistoryQueryVariables>[] = [
    { after: data.badges.pageInfo.endCursor },
    { after: '' },
    { after: 'x' },
    { after: `${cursor}!` },
    { after: Buffer.from('1; DROP TABLE').toString('base64url') },
    { first: -1 },
    { first: 101 },
    { id: '../x' },
    { id: MAJOR },
  ];
  for (const variables of wrong) {
    const { data: none, errors } = await history(variables);
    expect([variables, none, errors?.[0]?.extensions?.code]).toEqual([
      variables,
      { badgeHistory: null },
      'INVALID_INPUT',
    ]);
  }
});

test('no key of a provider and no e-mail of a member is in what is kept', async () => {
  const { variables } = service.sandbox.tagMango;
  service.sandbox.tagMango.badges.set(HALL_OF_FAME, tagMangoStored());
  await run(award({ returningAI: { badgeId: MAJOR, user: { email: ADA.email } } }));
  await run(update({ tagMango: { id: HALL_OF_FAME, name: 'New' } }));
  const kept = JSON.stringify([
    await entries({ provider: 'RETURNING_AI', id: MAJOR }),
    await entries({ id: HALL_OF_FAME }),
  ]);
  expect(kept).toContain('AWARD');
  expect(kept).not.toContain(ADA.email);
  expect(kept).not.toContain(variables.TAG_MANGO_API_KEY);
  expect(kept).not.toMatch(/sandbox-returning-ai|tmk_|Bearer/);
});

test('a page of long entries ends early, but has one at least', async () => {
  const about = { id: 'a', at: '2026-03-01T12:00:00Z', tenant: 'default', caller: 'ada' };
  const record = { ...about, provider: 'TAG_MANGO', badgeIds: [], operation: 'update' };
  const rest = { outcome: 'APPLIED', changes: [], idempotencyKey: null };
  const text = (characters: number) =>
    JSON.stringify({ ...record, ...rest, padding: 'x'.repeat(characters) });
  const sizes = [400_000, 400_000, 400_000, 1_200_000, 10];
  const all = sizes.map((size, index) => ({ position: String(9 - index), entry: text(size) }));
  const readBackward = async (_log: string, { before = '99' }: { before?: string }) =>
    all.filter(({ position }) => Number(position) < Number(before)).slice(0, 2);
  const store = { readBackward } as unknown as StateStore;
  const pages: string[][] = [];
  let after: string | null = null;
  for (let hasMore = true; hasMore;) {
    const options = { log: 'log', size: 100, after, onUnreadable: () => undefined };
    const page = await readHistoryPage(store, options);
    pages.push(page.records.map(({ position }) => position));
    expect(page.endPosition).toBe(pages.at(-1)?.at(-1));
    after = page.endPosition;
    hasMore = page.hasNextPage;
  }
  expect(pages).toEqual([['9', '8'], ['7'], ['6'], ['5']]);
});
