import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type FaultyService,
  RETURNING_AI,
  TAG_MANGO,
  startFaultyService,
} from '../faults/faulty-service.ts';
import { returningAIStored, tagMangoStored } from '../support/records.ts';
import { codesOf } from '../support/writing.ts';

/** Values of fields that are only shown, in forms that nobody documents. */

const CREATOR = tagMangoStored().creator;
let faulty: FaultyService;
beforeAll(async () => {
  faulty = await startFaultyService();
});
afterAll(() => faulty.close());
beforeEach(() => faulty.reset());

const BADGES = `{
  badges {
    totalCount
    nodes {
      ... on BadgeFields { id name }
      ... on TagMangoBadge { creator createdAt updatedAt pointCategoryForAutomation }
      ... on ReturningAIBadge { awarded }
    }
    sources { provider state droppedRecords }
  }
}`;

interface Shown {
  badges: {
    totalCount: number;
    nodes: Record<string, unknown>[];
    sources: { provider: string; state: string; droppedRecords: number }[];
  };
}

const read = (on = faulty) => on.service.execute<Shown, object>(BADGES);
const answerList = (side: typeof TAG_MANGO, records: object[]) =>
  faulty.standIn(side).faults.set('listBadges', {
    kind: 'answer',
    body: { meta: { success: true }, body: records, success: true, result: records },
  });

describe('when every record has them', () => {
  const records = [1, 2].map((number) => ({
    ...tagMangoStored({ _id: `6657092c8142bfe0656481b${number}`, name: `Badge ${number}` }),
    createdAt: 'the day before yesterday',
    updatedAt: 1716978836842,
    creator: { name: 'Ada' },
    pointCategoryForAutomation: { kind: 'lifetime' },
  }));

  test('TagMango’s badges are shown without them, none is dropped, and the log counts them', async () => {
    answerList(TAG_MANGO, records);
    const { data, errors } = await read();
    expect(errors).toBeUndefined();
    const shown = data.badges.nodes.filter((node) => 'createdAt' in node);
    expect(shown).toHaveLength(2);
    for (const node of shown) {
      expect(node).toMatchObject({
        createdAt: null,
        updatedAt: '2024-05-29T10:33:56.842Z',
        creator: null,
        pointCategoryForAutomation: null,
      });
    }
    expect(data.badges.sources).toContainEqual({
      provider: 'TAG_MANGO',
      state: 'FRESH',
      droppedRecords: 0,
    });
    expect(faulty.service.log).toContainEqual(
      expect.objectContaining({
        msg: 'Lists of TagMango do not match the expected format',
        unreadableFields: { createdAt: 2, creator: 2, pointCategoryForAutomation: 2 },
      }),
    );
  });

  test('an update of such a badge goes on', async () => {
    const [first] = records;
    answerList(TAG_MANGO, records);
    faulty.standIn(TAG_MANGO).faults.set('updateBadge', {
      kind: 'answer',
      body: { success: true, result: { ...first, name: 'New', updatedAt: [] } },
    });
    const payload = await faulty.mutate({
      kind: 'update',
      input: { tagMango: { id: first?._id, name: 'New' } },
    });
    expect(codesOf(payload)).toEqual([]);
    expect(payload.badge).toMatchObject({ id: first?._id, name: 'New' });
  });

  test('Returning.AI’s badges are shown without `awarded`', async () => {
    const record = { ...returningAIStored(), quantity: '3', awarded: 'sometimes' };
    answerList(RETURNING_AI, [record]);
    const { data } = await read();
    expect(data.badges.nodes).toContainEqual(
      expect.objectContaining({ id: record.id, awarded: null }),
    );
  });
});

test('a creator that cannot be read is refused where the creator is set', async () => {
  const values = faulty.service.sandbox.providerValues.tagMango;
  const strict = await startFaultyService({
    providerValues: { tagMango: { ...values, TAG_MANGO_CREATOR_ID: CREATOR } },
  });
  answerList(TAG_MANGO, [
    tagMangoStored(),
    { ...tagMangoStored(), _id: 'a'.repeat(24), creator: {} },
  ]);
  const { data } = await read(strict);
  await strict.close();
  expect(data.badges.nodes.map(({ id }) => id)).toEqual([tagMangoStored()._id]);
  expect(data.badges.sources[1]).toMatchObject({ droppedRecords: 1 });
});
