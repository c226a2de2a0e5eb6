import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createBadgeIndex, createBadgeIndexCodec } from '../../src/badges/reading/badge-index.ts';
import { badgeLog } from '../../src/badges/writing/audit.ts';
import { createHiddenMemory } from '../../src/badges/writing/memory.ts';
import { hashInput, toStateKey } from '../../src/badges/writing/stored-record.ts';
import { createSnapshotStore } from '../../src/cache/snapshot-entry.ts';
import { toBadgeList } from '../../src/providers/badge-list.ts';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import { toReturningAIBadge } from '../../src/providers/returning-ai/badge.ts';
import { returningAI } from '../../src/providers/returning-ai/index.ts';
import { createStoredBuckets } from '../../src/state/rate-limit.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { type StateStore, createLocks } from '../../src/state/state-store.ts';
import { NAMES, describePrototypes } from './prototypes.ts';

const before = describePrototypes();
afterEach(() => expect(describePrototypes()).toEqual(before));

const codec = createBadgeIndexCodec(returningAI, { isImageUrl: isHttpsUrl, values: undefined });
/** An index of badges with these ids, and one more that cannot be read. */
const indexOf = async (ids: readonly string[], unreadable: string) =>
  createBadgeIndex(
    await toBadgeList(
      [
        ...ids.map((id) => ({ id, title: id })),
        { id: unreadable, title: null },
        { id: 'a', title: 'A' },
      ],
      (record) => toReturningAIBadge(record, { isImageUrl: isHttpsUrl, values: undefined }),
    ),
  );

describe.each(NAMES)('%s', (name) => {
  const others = NAMES.filter((other) => other !== name);

  test.each([
    ['a list', indexOf(others, 'other')],
    [
      'a list that was kept as JSON',
      indexOf(others, 'other')
        .then((index) => codec.encode(index))
        .then((text) => codec.decode(text)),
    ],
  ])('is found in %s only when it is an id there', async (_what, read) => {
    const index = await read;
    expect([index.find(name), index.findToWrite(name)]).toEqual([null, null]);
    expect(others.map((other) => index.find(other)?.id)).toEqual(others);
  });

  test('is unreadable in a list that was kept as JSON only when its record was', async () => {
    const index = await codec.decode(await codec.encode(await indexOf(others, name)));
    expect(() => index.find(name)).toThrow('in an unreadable form');
    expect(others.map((other) => index.find(other)?.name)).toEqual(others);
  });

  test('as a key beside the records of a kept list, and in them, is dropped', async () => {
    const odd = `"${name}":{"id":"b","polluted":1}`;
    const text = `{${odd},"records":[{${odd},"id":"a","title":"A"}],"malformedIds":[],"ambiguousIds":[],"droppedRecords":0}`;
    const { list } = await codec.decode(text);
    expect(list.badges.map(({ record }) => Object.keys(record))).toEqual([
      expect.not.arrayContaining([name]),
    ]);
    expect(list.badges.map((badge) => [badge.id, badge.name])).toEqual([['a', 'A']]);
  });

  test('is a name in the store only once something was put there', () => {
    const store = createSnapshotStore<string>({ maxEntries: 9, maxBytes: 99 });
    const held = { snapshot: { value: 'a', asOf: 1 }, freshUntil: 1, epoch: 0, bytes: 1 };
    store.delete(name);
    expect(store.get(name)).toBeUndefined();
    store.set(name, held);
    expect([store.get(name), ...others.map((other) => store.get(other))]).toEqual([
      held,
      ...others.map(() => undefined),
    ]);
  });

  test('as a key of an input counts for its hash', () => {
    const input = (key: string, value: unknown) =>
      JSON.parse(`{"id":"a","${key}":${JSON.stringify(value)}}`) as unknown;
    const hashes = [input(name, 1), input(name, 2), input('other', 1), { id: 'a' }].map(hashInput);
    expect(new Set(hashes).size).toBe(4);
  });
});

describe('the store in a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  let store: StateStore;
  beforeAll(() => {
    store = createEmbeddedStore({ folder, now: Date.now });
  });
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  test.each(NAMES)(
    'holds nothing at %s until something is set, and then just that',
    async (name) => {
      expect(await store.get(name)).toBeNull();
      expect(await store.isAlive(name)).toBe(false);
      expect(await store.compareAndSet(name, { expected: 'function', value: 'a' })).toBe(false);
      expect(await store.compareAndSet(name, { expected: null, value: name })).toBe(true);
      expect(await store.get(name)).toBe(name);
      await store.set(name, null);
      expect(await store.get(name)).toBeNull();
    },
  );

  test.each(NAMES)('has a log %s of its own', async (name) => {
    const log = badgeLog('tenant', 'RETURNING_AI', name);
    expect(await store.readBackward(log, { limit: 9 })).toEqual([]);
    expect(await store.readBackward(log, { limit: 9, before: name })).toEqual([]);
    await store.append([log, name], name);
    const entries = [{ position: expect.any(String) as unknown, entry: name }];
    expect(await store.readBackward(log, { limit: 9 })).toEqual(entries);
    expect(await store.readBackward(name, { limit: 9 })).toEqual(entries);
  });

  test.each(NAMES)('remembers hidden fields of a badge %s, by their names only', async (name) => {
    const memory = createHiddenMemory(store, {
      key: toStateKey('hidden', 'tenant', 'RETURNING_AI', name),
      wallTime: () => 0,
      doubtful: new Set(),
      onUnreadable: ({ reason }) => expect(reason).toBeUndefined(),
    });
    expect(await memory.recall()).toBeNull();
    await memory.settle({ award: true, darkImage: name }, { id: name });
    await memory.pend({ award: true }, undefined);
    const at = new Date(0).toISOString();
    expect(await memory.recall()).toEqual({
      values: { award: true },
      at,
      left: [{ id: name }],
    });
    await memory.forget();
    expect(await memory.recall()).toBeNull();
  });

  test.each(NAMES)('locks %s for one at a time, and nothing else with it', async (name) => {
    const locks = createLocks();
    const times = { waitMs: 5_000, ttlMs: 5_000 };
    const ways = [
      (work: () => Promise<void>) => store.withLock(name, times, work),
      (work: () => Promise<void>) => locks.withLock(name, work),
    ];
    for (const withLock of ways) {
      const order: string[] = [];
      const gate = Promise.withResolvers<void>();
      const first = withLock(async () => {
        await gate.promise;
        order.push('first');
      });
      const second = withLock(async () => void order.push('second'));
      await locks.withLock('other', async () => void order.push('other'));
      gate.resolve();
      await Promise.all([first, second]);
      expect(order).toEqual(['other', 'first', 'second']);
    }
  });

  test.each(NAMES)('keeps a bucket called %s as any other', async (name) => {
    const limit = { burst: 1, perSecond: 1, start: 1, maxBlockMs: 60_000 };
    const buckets = createStoredBuckets(store, { now: () => 1_000, wallTime: () => 1_000 });
    expect(await buckets.take(name, limit, 0)).toBe(0);
    expect(await buckets.take(name, limit, 0)).toBe(1_000);
    await buckets.block(name, 5_000);
    expect(await buckets.take(name, limit, 0)).toBe(5_000);
  });
});
