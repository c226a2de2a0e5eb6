import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import type { UpdateReturningAIBadgeInput } from '../generated/operations.ts';
import {
  ADA,
  type Asked,
  HALL_OF_FAME,
  MAJOR,
  STORED,
  award,
  create,
  operationCases,
  remove,
  revoke,
  shownHallOfFame,
  shownMajor,
  update,
  writesTo,
} from '../support/operation-cases.ts';
import { HIDDEN_VALUES } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { fieldsUnknownIn } from '../support/writing.ts';

/** New for each test: what was written lately counts for reads and writes that follow. */
let folder: string;
let store: StateStore;
let service: TestService;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'badges-dry-run-'));
  store = createEmbeddedStore({ folder, now: Date.now });
  service = await startTestService({ sandbox: STORED, store });
});
afterEach(async () => {
  await service.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

interface Payload {
  changes: unknown[];
  warnings: unknown[];
  userErrors: { code: string }[];
}

async function run(
  { document, variables, field }: Asked,
  args: { dryRun: boolean; idempotencyKey?: string },
): Promise<Payload> {
  const { data, errors, headers } = await service.execute<Record<string, Payload>, object>(
    document,
    { ...variables, ...args },
  );
  expect(errors).toBeUndefined();
  expect(headers.get('cache-control')).toBe('no-store');
  const payload = data[field];
  if (!payload) throw new Error(`the answer has no ${field}`);
  return payload;
}

/** All that the store holds: values by key, and the audit. */
async function stateOf(): Promise<unknown[]> {
  const state: unknown[] = [];
  for await (const key of store.keys('')) state.push([key, await store.get(key)]);
  for await (const entry of store.readForward('audit')) state.push(entry);
  return state;
}

/** What both stand-ins hold, also of what they never show. */
const held = ({ sandbox: { returningAI, tagMango } } = service) =>
  structuredClone([returningAI.badges, returningAI.awards, tagMango.badges, tagMango.awards]);

/** What a dry run shows: the badges as they are. */
const SHOWN: Readonly<Record<string, object>> = {
  createBadge: { badge: null },
  deleteBadge: { deletedBadgeId: null, deletedBadgeType: null, deletedBadge: null },
  revokeBadge: { badge: shownMajor() },
};

describe('a dry run writes nothing, leaves no trace, and predicts what the real run gives:', () => {
  test.each(operationCases)('$what', async ({ asked, reads, payload }) => {
    const [badges, state] = [held(), await stateOf()];

    const predicted = await run(asked, { dryRun: true, idempotencyKey: 'dry' });

    expect(writesTo(service.sandbox)).toEqual([]);
    const called = [...service.sandbox.returningAI.requests, ...service.sandbox.tagMango.requests];
    // The list before a creation is only read to recognise the badge after an unknown outcome.
    const readsOfDryRun = asked.field === 'createBadge' ? [] : reads;
    expect(called.map(({ operation }) => operation)).toEqual(readsOfDryRun);
    expect(held()).toEqual(badges);
    expect(await stateOf()).toEqual(state);
    const { changes, warnings } = await run(asked, { dryRun: false });
    expect(predicted).toMatchObject({ changes, warnings, userErrors: [], ...SHOWN[asked.field] });
    expect(predicted).toMatchObject({ outcome: 'DRY_RUN' });
    expect(payload).toMatchObject({ changes });
    expect(writesTo(service.sandbox)).toHaveLength(1);
  });
});

test('a dry run shows the badge unchanged, at both providers', async () => {
  const atReturningAI = await run(
    update({ returningAI: { id: MAJOR, ...HIDDEN_VALUES, title: 'N' } }),
    {
      dryRun: true,
    },
  );
  const atTagMango = await run(update({ tagMango: { id: HALL_OF_FAME, name: 'N' } }), {
    dryRun: true,
  });
  expect(atReturningAI).toMatchObject({ badge: shownMajor() });
  expect(atTagMango).toMatchObject({ badge: shownHallOfFame() });
});

const rename = (rest: Partial<UpdateReturningAIBadgeInput> = {}, expectedVersion?: string) =>
  update({ returningAI: { id: MAJOR, title: 'New', ...rest } }, expectedVersion);
const unknownMember = { badgeId: MAJOR, user: { email: 'no@example.com' } };

describe('a dry run that is refused says so as the real run does, and leaves no trace either:', () => {
  test.each<[string, Asked, string]>([
    ['an input', create({ returningAI: { title: '' } }), 'INVALID_INPUT'],
    [
      'an unknown badge to update',
      update({ tagMango: { id: 'f'.repeat(24), name: 'x' } }),
      'NOT_FOUND',
    ],
    ['an unknown badge to delete', remove({ returningAI: { id: 'gone' } }), 'NOT_FOUND'],
    [
      'an unknown badge to give',
      award({ tagMango: { userId: ADA.tagMango, badgeIds: ['f'.repeat(24)] } }),
      'NOT_FOUND',
    ],
    ['an unknown member', award({ returningAI: unknownMember }), 'NOT_FOUND'],
    ['an unknown member', revoke({ returningAI: unknownMember }), 'NOT_FOUND'],
    ['an old version', rename(HIDDEN_VALUES, 'old'), 'CONFLICT'],
    [
      'an old version of a badge to delete',
      remove({ returningAI: { id: MAJOR } }, 'old'),
      'CONFLICT',
    ],
  ])('%s', async (_what, asked, code) => {
    const state = await stateOf();
    const predicted = await run(asked, { dryRun: true, idempotencyKey: 'dry' });
    expect(predicted.userErrors).toMatchObject([{ code }]);
    expect(await stateOf()).toEqual(state);

    const real = await run(asked, { dryRun: false });
    expect({ ...predicted, changes: [] }).toEqual(real);
    expect(writesTo(service.sandbox)).toEqual([]);
  });

  test('an old version, with the changes to the badge as it is now beside the conflict', async () => {
    const asked = update({ tagMango: { id: HALL_OF_FAME, name: 'New' } }, 'old');
    expect(await run(asked, { dryRun: true })).toMatchObject({
      badge: shownHallOfFame(),
      changes: [{ field: 'name', before: 'Hall of Fame', after: 'New' }],
      userErrors: [{ code: 'CONFLICT', fields: [['expectedVersion']] }],
    });
  });

  test('hidden fields whose values are not known, with the changes beside the one error', async () => {
    const state = await stateOf();
    const predicted = await run(rename(), { dryRun: true });
    expect(predicted.changes).toEqual([{ field: 'title', before: 'Major', after: 'New' }]);
    expect(fieldsUnknownIn(predicted)).toEqual(Object.keys(HIDDEN_VALUES));
    expect(await stateOf()).toEqual(state);
  });

  test.each<[string, Asked]>([
    ['a version', update({ tagMango: { id: HALL_OF_FAME, name: 'x' } }, 'any')],
    ['fields that go back as they are', rename()],
  ])('a provider that cannot be read, of an update with %s', async (_what, asked) => {
    const state = await stateOf();
    for (const { faults } of [service.sandbox.returningAI, service.sandbox.tagMango]) {
      faults.set('listBadges', { kind: 'answer', status: 503 });
    }
    const { userErrors } = await run(asked, { dryRun: true });
    expect(userErrors).toMatchObject([{ code: 'PROVIDER_UNAVAILABLE', retryable: true }]);
    expect(await stateOf()).toEqual(state);
  });
});

test('a dry run of what can do without a read says that the values before are unknown', async () => {
  const state = await stateOf();
  service.sandbox.tagMango.faults.set('listBadges', { kind: 'answer', status: 404 });
  const asked = update({ tagMango: { id: HALL_OF_FAME, name: 'New' } });
  const predicted = await run(asked, { dryRun: true });
  expect(predicted).toMatchObject({
    badge: null,
    changes: [{ field: 'name', before: null, after: 'New' }],
    warnings: [{ code: 'PREVIOUS_VALUES_UNKNOWN', fields: [['input', 'tagMango', 'name']] }],
    userErrors: [],
  });
  expect(await stateOf()).toEqual(state);
  const { changes, warnings } = await run(asked, { dryRun: false });
  expect(predicted).toMatchObject({ changes, warnings });
});

test('a dry run of values that stand already says NO_CHANGE, and leaves no trace', async () => {
  const state = await stateOf();
  const asked = update({ tagMango: { id: HALL_OF_FAME, name: 'Hall of Fame' } });
  const predicted = await run(asked, { dryRun: true });
  expect(predicted).toMatchObject({ changes: [], warnings: [{ code: 'NO_CHANGE' }] });
  expect(await stateOf()).toEqual(state);
  expect(predicted).toEqual(await run(asked, { dryRun: false }));
});

test('a key given to a dry run is still free, and a key that stands for another input is not looked at', async () => {
  const idempotencyKey = 'one-intent';
  const toName = (name: string) => update({ tagMango: { id: HALL_OF_FAME, name } });
  await run(toName('First'), { dryRun: true, idempotencyKey });
  const real = await run(toName('Second'), { dryRun: false, idempotencyKey });
  const dry = await run(toName('Third'), { dryRun: true, idempotencyKey });

  expect([real, dry].map(({ userErrors }) => userErrors)).toEqual([[], []]);
  expect(dry.changes).toEqual([{ field: 'name', before: 'Second', after: 'Third' }]);
  expect(writesTo(service.sandbox).map(({ body }) => body)).toEqual([{ name: 'Second' }]);
});

test.each(['', 'two words', 'é', 'x'.repeat(201)])(
  'a key that the real run would reject is rejected: %j',
  async (idempotencyKey) => {
    const asked = update({ tagMango: { id: HALL_OF_FAME, name: 'New' } });
    const predicted = await run(asked, { dryRun: true, idempotencyKey });
    expect(predicted.userErrors).toMatchObject([
      { code: 'INVALID_INPUT', fields: [['idempotencyKey']] },
    ]);
    expect(predicted).toEqual(await run(asked, { dryRun: false, idempotencyKey }));
  },
);

test('a dry run of automation warns as the real run does', async () => {
  const asked = update({
    tagMango: { id: HALL_OF_FAME, enableAutomation: true, pointsThreshold: 3 },
  });
  const predicted = await run(asked, { dryRun: true });
  const { changes, warnings } = await run(asked, { dryRun: false });
  expect(predicted).toMatchObject({ changes, warnings });
  expect(warnings).toMatchObject([{ code: 'AUTOMATION_DELAYED' }]);
});
