import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { createRetention } from '../../src/state/open-state.ts';
import { createRedisClient } from '../../src/state/redis/client.ts';
import { createRedisStore } from '../../src/state/redis/store.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { filesOf } from '../secrets/files.ts';
import { eventually } from '../state/eventually.ts';
import { type RedisServer, findRedis, startRedis } from '../support/redis.ts';
import { bytesOf, placesOf } from './stored-bytes.ts';

/** How many histories of a state are tried. RETENTION_RUNS asks for a longer search. */
const { RETENTION_RUNS = '25' } = process.env;
const RUNS = Number(RETENTION_RUNS);
const DAY = 24 * 60 * 60 * 1_000;
const KEPT = { keptMs: 30 * DAY };
/** A sweep and its service use them. */
const TIMERS_OF_OTHERS = [
  ...(['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'nextTick'] as const),
  ...(['queueMicrotask', 'performance', 'hrtime', 'Date'] as const),
];
const quiet = { info: () => undefined, warn: () => undefined };

async function countOf(sweep: AsyncIterable<number>): Promise<number> {
  let removed = 0;
  for await (const count of sweep) removed += count;
  return removed;
}

describe('in the embedded store', () => {
  let folder: string;
  let time: number;
  const open = () => createEmbeddedStore({ folder, now: () => time });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'badges-retention-'));
    time = Date.parse('2026-01-01T00:00:00Z');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('what is older goes from every kind of thing, and is nowhere in the files', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(4), fc.nat(9_000), fc.boolean()), { maxLength: 120 }),
      async (things) => {
        const store = open();
        for (const isOld of [true, false]) {
          for (const [index, [kind, length, isLog]] of things.entries()) {
            const text = `${isOld ? 'former' : 'present'}-${index} ${'x'.repeat(length)}`;
            const key = `${isOld ? 'early' : 'late'}-${kind}-${index}`;
            if (isLog) await store.append(['audit', `log-${kind}`], text);
            else await store.set(key, text, kind === 0 ? { ttlMs: DAY } : {});
          }
          if (isOld) time += 30 * DAY + 1;
        }
        await countOf(store.sweep({ ...KEPT, isServing: () => true }));
        const files = filesOf(folder);
        expect([...placesOf(files, 'former-'), ...placesOf(files, 'early-')]).toEqual([]);
        for (const [index, [kind, , isLog]] of things.entries()) {
          if (!isLog)
            expect(await store.get(`late-${kind}-${index}`)).toContain(`present-${index} `);
        }
        const logged = things.filter(([, , isLog]) => isLog).length;
        expect(await store.readBackward('audit', { limit: 1_000 })).toHaveLength(logged);
        await store.close();
        rmSync(folder, { recursive: true });
        folder = mkdtempSync(join(tmpdir(), 'badges-retention-'));
      },
    );
    await fc.assert(property, { numRuns: RUNS });
  });

  test('a thing is kept for as long as it may, and goes in the next sweep of the running service', async () => {
    const store = open();
    await store.append(['audit', 'badge'], 'first');
    time += DAY;
    await store.append(['audit', 'badge'], 'second');
    await store.set('held/member', 'third');
    const retention = createRetention({ keeper: store, ...KEPT, everyMs: 5, log: quiet });
    await retention.start(1_000);
    time += 29 * DAY;
    const texts = async () =>
      (await store.readBackward('badge', { limit: 9 })).map(({ entry }) => entry);
    expect(await texts()).toEqual(['second', 'first']);
    time += 1;
    await eventually(async () => (await texts()).length === 1);
    expect([await texts(), await store.get('held/member')]).toEqual([['second'], 'third']);
    time += DAY;
    await eventually(async () => (await store.get('held/member')) === null);
    retention.stop();
    await store.close();
  });

  test.each(['set', 'compareAndSet'] as const)(
    'a value that is written again, with %s, is kept from then on',
    async (way) => {
      const store = open();
      await store.set('hidden/badge', 'first');
      time += 20 * DAY;
      if (way === 'set') await store.set('hidden/badge', 'second');
      else await store.compareAndSet('hidden/badge', { expected: 'first', value: 'second' });
      const sweep = () => countOf(store.sweep({ ...KEPT, isServing: () => true }));
      time += 30 * DAY;
      expect([await sweep(), await store.get('hidden/badge')]).toEqual([0, 'second']);
      time += 1;
      expect([await sweep(), await store.get('hidden/badge')]).toEqual([1, null]);
      await store.close();
    },
  );

  test('what an earlier version wrote counts from what its record says, else from now on', async () => {
    const at = new Date(time).toISOString();
    const store = open();
    await store.append(['audit'], JSON.stringify({ at, note: 'dated' }));
    await store.append(['audit'], 'not dated');
    await store.set('hidden/badge', 'not dated either');
    await store.close();
    const database = new DatabaseSync(join(folder, 'state.sqlite'));
    for (const table of ['state_values', 'log_entries']) {
      database.exec(`DROP INDEX ${table}_by_age; ALTER TABLE ${table} DROP COLUMN written_at`);
    }
    database.close();
    time += 31 * DAY;

    const later = open();
    const sweep = () => countOf(later.sweep({ ...KEPT, isServing: () => false }));
    expect(await sweep()).toBe(1);
    time += 31 * DAY;
    expect(await sweep()).toBe(2);
    await later.close();
  });

  test('a clock that is set forward makes nothing old before the next start', async () => {
    let monotonic = 0;
    const store = createEmbeddedStore({ folder, now: () => time, monotonic: () => monotonic });
    await store.append(['audit'], 'kept');
    time += 365 * DAY;
    monotonic += 1;
    expect(await countOf(store.sweep({ ...KEPT, isServing: () => true }))).toBe(0);
    await store.close();
  });

  test('without RETENTION_DAYS only what has expired goes', async () => {
    const store = open();
    await store.append(['audit'], 'kept');
    await store.set('kept', '1');
    await store.set('key', 'a secret of a day', { ttlMs: DAY });
    time += 3_650 * DAY;
    expect(await countOf(store.sweep({ keptMs: undefined, isServing: () => true }))).toBe(1);
    expect(placesOf(filesOf(folder), 'a secret of a day')).toEqual([]);
    expect(await store.readBackward('audit', { limit: 9 })).toHaveLength(1);
    await store.close();
  });
});

test('a sweep that takes longer than the time between two is not joined by another one', async () => {
  jest.useFakeTimers({ doNotFake: TIMERS_OF_OTHERS });
  const slow = Promise.withResolvers<undefined>();
  let begun = 0;
  const keeper = {
    async *sweep() {
      begun += 1;
      await slow.promise;
      yield 0;
    },
  };
  const retention = createRetention({ keeper, ...KEPT, everyMs: DAY, log: quiet });
  try {
    await retention.start(0);
    jest.advanceTimersByTime(3 * DAY);
    expect(begun).toBe(1);
    slow.resolve(undefined);
    await eventually(() => {
      jest.advanceTimersByTime(DAY);
      return begun > 1;
    });
  } finally {
    retention.stop();
    jest.useRealTimers();
  }
});

const redisPath = findRedis();
if (redisPath === undefined) console.log('Skipped: retention in Redis, since it is not installed.');
(redisPath === undefined ? describe.skip : describe)('in Redis', () => {
  let server: RedisServer;
  let client: Awaited<ReturnType<typeof createRedisClient>>;
  beforeEach(async () => {
    server = await startRedis(redisPath ?? '');
    client = await createRedisClient({ url: server.url, onChange: () => undefined });
  });
  afterEach(async () => {
    client.destroy();
    await server.stop();
  });

  const addOld = (log: string, text: string, daysAgo: number, serial = 0) =>
    client.xAdd(`badges:log:${log}`, `${Date.now() - daysAgo * DAY}-${serial}`, { entry: text });

  test('what is older goes from logs of any length, and is nowhere in what Redis would dump', async () => {
    const store = createRedisStore({ client, prefix: 'badges:', ...KEPT });
    await addOld('audit', 'former', 31);
    await addOld('audit', 'present', 29);
    for (let serial = 0; serial < 250; serial += 1) await addOld('audit/a', 'former', 40, serial);
    await store.append(['audit', 'audit/a'], 'new');
    expect(await countOf(store.sweep({ ...KEPT, isServing: () => true }))).toBe(251);
    const outputs = await bytesOf({ redis: client, env: {} });
    expect(placesOf(outputs, 'former')).toEqual([]);
    const texts = async (log: string) =>
      (await store.readBackward(log, { limit: 9 })).map(({ entry }) => entry);
    expect([await texts('audit'), await texts('audit/a')]).toEqual([['new', 'present'], ['new']]);
    await store.close();
  });

  test('a value ends by itself, also one from before there was a limit, or under a longer one', async () => {
    await client.set('badges:value:held/before', '1');
    await client.set('badges:value:held/longer', '1', {
      expiration: { type: 'PX', value: 90 * DAY },
    });
    const store = createRedisStore({ client, prefix: 'badges:', ...KEPT });
    await store.set('held/new', '1');
    await store.compareAndSet('held/other', { expected: null, value: '1' });
    await store.set('key/short', '1', { ttlMs: DAY });
    await countOf(store.sweep({ ...KEPT, isServing: () => true }));
    const days = async (key: string) => Math.ceil((await client.pTTL(`badges:value:${key}`)) / DAY);
    const keys = ['held/before', 'held/longer', 'held/new', 'held/other', 'key/short'];
    expect(await Promise.all(keys.map(days))).toEqual([30, 30, 30, 30, 1]);
    await store.close();
  });
});
