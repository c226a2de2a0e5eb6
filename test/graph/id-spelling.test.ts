import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readProviderSettings } from '../../src/providers/settings.ts';
import { tagMango } from '../../src/providers/tag-mango/index.ts';
import { alwaysClosed, createSkippingClock } from '../support/clock.ts';
import {
  ADA,
  HALL_OF_FAME,
  QUIZ_MASTER,
  STORED,
  resetStandIns,
} from '../support/operation-cases.ts';
import { tagMangoStored } from '../support/records.ts';
import {
  type WritingOptions,
  type WritingService,
  codesOf,
  startWritingService,
  warningsOf,
} from '../support/writing.ts';

/** TagMango's ids in upper case are the same ids. */

const UPPER = HALL_OF_FAME.toUpperCase();
const MANGO = '6659ca9e5f2acb7abfdcd8fd';
const { creator: CREATOR } = tagMangoStored();

const clock = createSkippingClock();
const options: WritingOptions = {
  sandbox: { ...STORED, tagMango: { ...STORED.tagMango, requestLimit: 100_000 } },
  now: clock.now,
  http: { clock, budget: undefined, createBreaker: () => alwaysClosed },
};
let service: WritingService;
beforeAll(async () => {
  service = await startWritingService(options);
});
afterAll(() => service.close());
beforeEach(() => {
  resetStandIns(service.sandbox);
  clock.skip(120_000);
});

const shown = { id: HALL_OF_FAME, name: 'Hall of Fame' };
const paths = () => service.writes().map(({ path }) => path);
const update = (id: string, name: string, key: string | null = null) =>
  service.mutate({ kind: 'update', input: { tagMango: { id, name } }, key });

test('a badge is found by its id in any case: by query, as an entity, in its history', async () => {
  await update(UPPER, 'New');
  await update(HALL_OF_FAME, 'Newer');
  const data = await service.query(`{
    badge(provider: TAG_MANGO, id: "${UPPER}") { ... on BadgeFields { id name } }
    _entities(representations: [{ __typename: "TagMangoBadge", id: "${UPPER}" }]) {
      ... on BadgeFields { id name }
    }
    badgeHistory(provider: TAG_MANGO, id: "${UPPER}") { nodes { operation } }
  }`);
  const newer = { ...shown, name: 'Newer' };
  expect(data).toEqual({
    badge: newer,
    _entities: [newer],
    badgeHistory: { nodes: [{ operation: 'UPDATE' }, { operation: 'UPDATE' }] },
  });
  expect(paths()).toEqual(Array(2).fill(`/api/v1/external/gamification/badges/${HALL_OF_FAME}`));
});

test('a provider that answers in upper case answers for the same badge', async () => {
  const loud = tagMangoStored({ _id: UPPER, name: 'New', creator: CREATOR.toUpperCase() });
  const { faults } = service.sandbox.tagMango;
  faults.set('updateBadge', { kind: 'answer', body: { success: true, result: loud } });
  expect(codesOf(await update(HALL_OF_FAME, 'New'))).toEqual([]);
  faults.set('listBadges', { kind: 'answer', body: [loud] });
  clock.skip(120_000);
  const data = await service.query(`{
    badge(provider: TAG_MANGO, id: "${HALL_OF_FAME}") {
      ... on TagMangoBadge { id name creator }
    }
  }`);
  expect(data).toEqual({ badge: { ...shown, name: 'New', creator: CREATOR } });
});

test('the same mutation in another case is the same under its key', async () => {
  expect(codesOf(await update(HALL_OF_FAME, 'Once', 'one-key'))).toEqual([]);
  expect(codesOf(await update(UPPER, 'Once', 'one-key'))).toEqual([]);
  expect(paths()).toHaveLength(1);
});

describe('an award', () => {
  const award = (userId: string, badgeIds: string[]) =>
    service.mutate({ kind: 'award', input: { tagMango: { userId, badgeIds } } });

  test('of one badge in two cases is refused', async () => {
    expect(codesOf(await award(ADA.tagMango, [HALL_OF_FAME, UPPER]))).toEqual(['INVALID_INPUT']);
    expect(paths()).toEqual([]);
  });

  test('is sent with the ids as the provider shows them', async () => {
    const payload = await award(ADA.tagMango.toUpperCase(), [UPPER, QUIZ_MASTER]);
    expect(codesOf(payload)).toEqual([]);
    expect(service.writes()).toMatchObject([
      {
        path: `/api/v1/external/gamification/badges/${ADA.tagMango}/assign`,
        body: { badges: [HALL_OF_FAME, QUIZ_MASTER] },
      },
    ]);
  });
});

test('mangoes in another case are no change', async () => {
  const badge = tagMangoStored({ automationEnabledMangoes: [MANGO] });
  service.sandbox.tagMango.badges.set(badge._id, badge);
  const automationEnabledMangoes = [MANGO.toUpperCase()];
  const payload = await service.mutate({
    kind: 'update',
    input: { tagMango: { id: UPPER, automationEnabledMangoes } },
  });
  expect([codesOf(payload), warningsOf(payload)]).toEqual([[], ['NO_CHANGE']]);
  expect(paths()).toEqual([]);
});

test('a creator id in upper case is the same creator', async () => {
  const values = { ...service.sandbox.providerValues.tagMango };
  const given = { ...values, TAG_MANGO_CREATOR_ID: CREATOR.toUpperCase() };
  const reading = readProviderSettings(tagMango.settings, given, { isProduction: false });
  if (!('values' in reading) || !reading.values) throw new Error('the settings are refused');
  const strict = await service.startTwin({ providerValues: { tagMango: reading.values } });
  const { data } = await strict.execute<{ badges: object }, object>(
    '{ badges { totalCount sources { provider state droppedRecords } } }',
  );
  await strict.close();
  expect(data.badges).toMatchObject({
    totalCount: 2,
    sources: expect.arrayContaining([{ provider: 'TAG_MANGO', state: 'FRESH', droppedRecords: 0 }]),
  });
});
