import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type FaultyService,
  RETURNING_AI,
  type Side,
  TAG_MANGO,
  startFaultyService,
} from '../faults/faulty-service.ts';
import { ADA } from '../support/operation-cases.ts';
import { codesOf } from '../support/writing.ts';

/** Answers within the bytes that are read of one, and with more in them than anybody needs. */

let faulty: FaultyService;
beforeAll(async () => {
  // Much longer than reading a large answer takes beside other tests.
  faulty = await startFaultyService({ attemptTimeoutMs: 5_000 });
});
afterAll(() => faulty.close());
beforeEach(() => faulty.reset());

const keys = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`unknown${index}`, index]));
const toRecord = ({ id }: Pick<Side, 'id'>, fields: object = {}) => ({
  id,
  _id: id,
  title: 'A',
  name: 'A',
  ...fields,
});

function answer(side: Side, operation: string, payload: unknown, beside: object = {}): void {
  const body = { success: true, meta: { success: true }, ...beside };
  const own = side.at === 'returningAI' ? { body: payload } : { result: payload };
  faulty.standIn(side).faults.set(operation, { kind: 'answer', body: { ...body, ...own } });
}

async function list({ provider }: Side) {
  const { data } = await faulty.service.execute<object, object>(
    `{ badges(filter: { providers: [${provider}] }) {
      nodes { ... on BadgeFields { id description } }
      sources { state droppedRecords }
    } }`,
  );
  return data;
}

describe.each([RETURNING_AI, TAG_MANGO])('of $title', (side) => {
  test('a record of 30,000 unknown keys is dropped alone, wherever what is known stands in it', async () => {
    const [first, last] = ['f'.repeat(24), 'e'.repeat(24)].map((id) => toRecord({ id }));
    answer(side, 'listBadges', [
      { ...first, ...keys(30_000) },
      { ...keys(30_000), ...last },
      toRecord(side, { description: 'x', more: keys(30_000) }),
    ]);
    expect(await list(side)).toMatchObject({
      badges: {
        nodes: [{ id: side.id, description: 'x' }],
        sources: expect.arrayContaining([{ state: 'FRESH', droppedRecords: 2 }]) as unknown,
      },
    });
  });

  test('the first of 8,000 records with one id is shown, however long it is', async () => {
    const description = 'x'.repeat(1_000_000);
    const records = Array.from({ length: 8_000 }, () => toRecord(side));
    answer(side, 'listBadges', [toRecord(side, { description }), ...records]);
    expect(await list(side)).toMatchObject({ badges: { nodes: [{ id: side.id, description }] } });
    expect(faulty.service.log.filter(({ ambiguousIds }) => ambiguousIds)).toMatchObject([
      { ambiguousIds: [side.id] },
    ]);
  });

  test('a list with more beside it than can be looked at is none: a refusal may stand there', async () => {
    answer(side, 'listBadges', [toRecord(side)], { more: keys(9_000) });
    expect(await list(side)).toEqual({ badges: null });
  });

  test('a write that is answered so is of unknown outcome', async () => {
    const change = side.at === 'returningAI' ? { title: 'A' } : { name: 'A' };
    const answered = { ...toRecord(side), ...change };
    answer(side, 'createBadge', answered, { more: keys(9_000) });
    const payload = await faulty.mutate({ ...side.create, key: `${side.at}-large` });
    expect(codesOf(payload)).toEqual(['OUTCOME_UNKNOWN']);
  });
});

test('TagMango’s badge with a million mangoes is dropped, and costs the others nothing', async () => {
  const mangoes = (count: number) => ({
    automationEnabledMangoes: Array.from({ length: count }, () => 'a'),
  });
  const other = { id: 'f'.repeat(24) };
  answer(TAG_MANGO, 'listBadges', [
    toRecord(other, mangoes(1_000_000)),
    toRecord(TAG_MANGO, mangoes(1_000)),
  ]);
  expect(await list(TAG_MANGO)).toMatchObject({
    badges: {
      nodes: [{ id: TAG_MANGO.id }],
      sources: expect.arrayContaining([{ state: 'FRESH', droppedRecords: 1 }]) as unknown,
    },
  });
});

test('an award that is answered with more badges than are read is of unknown outcome', async () => {
  const input = { returningAI: { badgeId: RETURNING_AI.id, user: { id: ADA.returningAI } } };
  const records = Array.from({ length: 500_000 }, () => ({}));
  answer(RETURNING_AI, 'awardBadge', [toRecord(RETURNING_AI), ...records]);
  const payload = await faulty.mutate({ kind: 'award', input, key: 'large-award' });
  expect(codesOf(payload)).toEqual(['OUTCOME_UNKNOWN']);
});
