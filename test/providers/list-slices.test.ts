import { describe, expect, test } from '@jest/globals';
import { createBadgeIndex, createBadgeIndexCodec } from '../../src/badges/reading/badge-index.ts';
import {
  type BadgeFields,
  type RecordReading,
  toBadgeList,
} from '../../src/providers/badge-list.ts';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import { providers } from '../../src/providers/index.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { countTurns } from '../support/clock.ts';

const RECORDS = 20_000;
const id = (index: number) => index.toString(16).padStart(24, '0');

/** Read by the provider's own mapping, as its client does. */
function toReading(provider: Provider) {
  return (record: unknown) => {
    const badge = provider.restoreBadge(record, { isImageUrl: isHttpsUrl, values: undefined });
    return badge ? { badge } : { malformed: { id: null, field: 'record' } };
  };
}

describe.each(providers)('the largest list of $name.title', (provider) => {
  const records = Array.from({ length: RECORDS }, (_, index) => ({
    id: id(index),
    title: 'x'.repeat(200) + id(RECORDS - index),
    name: 'x'.repeat(200) + id(RECORDS - index),
  }));
  const read = () => toBadgeList(records, toReading(provider));

  test('leaves others their turn while it is read', async () => {
    expect(await countTurns(read)).toBeGreaterThan(RECORDS / 101);
  });

  test('leaves others their turn while records are found to be malformed', async () => {
    const malformed = [records[0], ...records.slice(1).map((record) => ({ ...record, id: 7 }))];
    const work = () => toBadgeList(malformed, toReading(provider));
    expect(await countTurns(work)).toBeGreaterThan(RECORDS / 101);
  });

  test('leaves others their turn while it is put into order, once', async () => {
    const index = createBadgeIndex(await read());
    let sorted: readonly { badge: BadgeFields }[] = [];
    const sort = async () => void (sorted = await index.orderedBy('NAME'));
    // Each comparison of a merge looks at 200 characters that are alike.
    expect(await countTurns(sort)).toBeGreaterThan(RECORDS / 100);
    expect(sorted.map(({ badge }) => badge.id)).toEqual(
      records.map((record) => record.id).reverse(),
    );
    expect(await countTurns(sort)).toBeLessThan(3);
  });

  test('leaves others their turn while it is kept for replicas, and taken from them', async () => {
    const codec = createBadgeIndexCodec(provider, { isImageUrl: isHttpsUrl, values: undefined });
    const index = createBadgeIndex(await read());
    let text = '';
    expect(await countTurns(async () => void (text = await codec.encode(index)))).toBeGreaterThan(
      20,
    );
    let kept = createBadgeIndex(await toBadgeList([], toReading(provider)));
    const decode = async () => void (kept = await codec.decode(text));
    expect(await countTurns(decode)).toBeGreaterThan(RECORDS / 101);
    expect(kept.list.badges).toEqual(index.list.badges);
  });

  test('is read at once with others, each in its turn', async () => {
    const [alone, together] = [
      await countTurns(read),
      await countTurns(() => Promise.all([read(), read(), read()])),
    ];
    expect(together).toBeGreaterThan(alone * 2.5);
  });
});

test('a record is compared with those of its id only as far as they are alike', async () => {
  let looks = 0;
  const long = new Proxy(
    Array.from({ length: 100_000 }, () => 'x'),
    {
      get(target, key) {
        looks += 1;
        return Reflect.get(target, key) as unknown;
      },
    },
  );
  const [first, ...others] = providers;
  if (!first) throw new Error(`there are ${others.length} providers`);
  const badge = first.restoreBadge(
    { id: 'a', title: 'A', name: 'A' },
    { isImageUrl: isHttpsUrl, values: undefined },
  );
  if (!badge) throw new Error('the record cannot be read');
  const records = [long, ...Array.from({ length: 5_000 }, () => ['y'])];
  const list = await toBadgeList(records, (tags) => ({
    badge: Object.create(badge, { record: { value: { id: 'a', tags } } }) as BadgeFields,
  }));
  expect([...list.ambiguousIds]).toEqual(['a']);
  expect(looks).toBeLessThan(1_000);
});

describe('a list of which nothing can be used', () => {
  const malformed = (field: string, isForeign?: true): RecordReading<BadgeFields> => ({
    malformed: { id: null, field, ...(isForeign && { isForeign }) },
  });
  const foreign = malformed('creator', true);

  test.each([
    [[malformed('id'), malformed('title')], 'id', true],
    [[foreign, malformed('id')], 'creator', true],
    [[malformed('id'), foreign], 'id', true],
    [[foreign, foreign], 'creator', false],
  ] as const)(
    'is a breakdown of the provider unless all of it is another tenant’s',
    async (readings, field, isBreakdown) => {
      const left = [...readings];
      const list = toBadgeList(readings, () => left.shift() ?? foreign);
      await expect(list).rejects.toMatchObject({
        message: `returned unusable records; the first invalid field is ${field}`,
        consequences: { isBreakdown },
      });
    },
  );

  test('is told apart from one with more than 20,000 records, of which none is read', async () => {
    const list = (length: number) => toBadgeList(Array(length).fill(null), () => malformed('id'));
    await expect(list(RECORDS)).rejects.toThrow('returned unusable records');
    await expect(list(RECORDS + 1)).rejects.toThrow('returned more than 20000 badges');
  });
});
