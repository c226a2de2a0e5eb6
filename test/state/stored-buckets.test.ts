import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type TokenBucket,
  type TokenBuckets,
  type TokenLimit,
  createStoredBuckets,
  takeToken,
} from '../../src/state/rate-limit.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { numRuns } from '../properties/runs.ts';
import { damage, inflict } from '../stored/damage.ts';

const LIMIT: TokenLimit = { burst: 30, perSecond: 8, start: 12, maxBlockMs: 15_000 };
/** Each take is a write to the disk. */
const SEQUENCES = Math.ceil(numRuns / 15);

let folder: string;
let store: StateStore;
let time: number;
/** How far the machine's clock is ahead of the one that never goes back. */
let aheadMs: number;
let buckets: TokenBuckets;

function open(): void {
  store = createEmbeddedStore({ folder, now: () => time });
  buckets = createStoredBuckets(store, { now: () => time, wallTime: () => time + aheadMs });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'badges-buckets-'));
  time = 1_700_000_000_000;
  aheadMs = 0;
  open();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function restart(): Promise<void> {
  await store.close();
  open();
}

async function takeAll(name: string): Promise<number> {
  for (let taken = 0; ; taken++) if ((await buckets.take(name, LIMIT, 0)) > 0) return taken;
}

test('random takes, blocks, pauses and restarts are answered as one bucket in memory answers them', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('take' as const), leave: fc.nat(12) }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: -2_000, max: 4_000 }) }),
    fc.record({ kind: fc.constant('block' as const), ms: fc.nat(3_000) }),
    fc.record({ kind: fc.constant('restart' as const) }),
  );
  let sequence = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const name = `sequence ${sequence++}`;
      let known: TokenBucket | null = null;
      await buckets.take(name, LIMIT, 0);
      known = takeToken(known, LIMIT, { leave: 0, now: time }).bucket;
      for (const played of steps) {
        if (played.kind === 'pass') time += played.ms;
        else if (played.kind === 'restart') await restart();
        else if (played.kind === 'block') {
          await buckets.block(name, played.ms);
          known = { ...known, blockedUntil: Math.max(known.blockedUntil, time + played.ms) };
        } else {
          const { leave } = played;
          const expected = takeToken(known, LIMIT, { leave, now: time });
          known = expected.bucket;
          expect(await buckets.take(name, LIMIT, leave)).toBe(expected.waitMs);
        }
      }
    }),
    { numRuns: SEQUENCES },
  );
});

test('a process that ends and starts again does not get a new bucket', async () => {
  expect(await takeAll('a')).toBe(12);
  await restart();
  expect(await takeAll('a')).toBe(0);
  time += 1_000;
  await restart();
  expect(await takeAll('a')).toBe(8);
});

test('a bucket stays blocked over a restart, also one that was never taken from', async () => {
  await buckets.block('a', 5_000);
  await restart();
  expect(await buckets.take('a', LIMIT, 0)).toBe(5_000);
  await buckets.block('a', 1_000);
  expect(await buckets.take('a', LIMIT, 0)).toBe(5_000);
  time += 5_000;
  expect(await buckets.take('a', LIMIT, 0)).toBe(0);
});

test.each([3_600_000, -3_600_000])(
  'a machine’s clock that is set by %i ms fills nothing, and takes nothing away',
  async (byMs) => {
    expect(await takeAll('a')).toBe(12);
    await buckets.block('a', 500);
    aheadMs += byMs;
    expect(await buckets.take('a', LIMIT, 0)).toBe(500);
    time += 1_000;
    expect(await takeAll('a')).toBe(8);
    time += 1_000;
    await restart();
    expect(await takeAll('a')).toBe(8);
  },
);

test('200 takes at once get what there is, and not one more', async () => {
  const waits = await Promise.all(Array.from({ length: 200 }, () => buckets.take('a', LIMIT, 0)));
  expect(waits.filter((ms) => ms === 0)).toHaveLength(12);
});

test('those that have to wait write nothing to the disk, however often they try', async () => {
  let writes = 0;
  const counting: StateStore = {
    ...store,
    compareAndSet(key, change) {
      writes += 1;
      return store.compareAndSet(key, change);
    },
  };
  buckets = createStoredBuckets(counting, { now: () => time, wallTime: () => time });
  expect(await takeAll('a')).toBe(12);
  await buckets.block('a', 50);
  writes = 0;
  for (let tries = 0; tries < 100; tries += 1) {
    expect(await buckets.take('a', LIMIT, 0)).toBeGreaterThan(0);
    time += 1;
  }
  expect(writes).toBe(0);
  time += 25;
  expect(await takeAll('a')).toBe(1);
  expect(writes).toBe(1);
});

test('takes and blocks at once are all counted', async () => {
  await Promise.all([
    ...Array.from({ length: 10 }, () => buckets.take('a', LIMIT, 0)),
    buckets.block('a', 700),
    buckets.block('a', 300),
  ]);
  time += 699;
  expect(await buckets.take('a', LIMIT, 0)).toBeGreaterThan(0);
  time += 1;
  expect(await takeAll('a')).toBeLessThanOrEqual(12 + 5);
});

test('one name takes nothing from another', async () => {
  await takeAll('a');
  expect(await takeAll('b')).toBe(12);
});

test('a store that is closed is a StateError', async () => {
  await store.close();
  await expect(buckets.take('a', LIMIT, 0)).rejects.toMatchObject({ name: 'StateError' });
  await expect(buckets.block('a', 1)).rejects.toMatchObject({ name: 'StateError' });
});

test('a bucket that cannot be read counts as one that nobody knows, and is replaced', async () => {
  const texts = [
    '',
    'odd',
    '{}',
    '[]',
    '[1]',
    '[null,0,0]',
    '["1",0,0]',
    '[-1e15,0,0]',
    '[1e999,0,0]',
  ];
  for (const text of texts) {
    await store.set('bucket/odd', text);
    expect([text, await takeAll('odd')]).toEqual([text, LIMIT.start]);
    expect(JSON.parse((await store.get('bucket/odd')) ?? '')).toHaveLength(3);
    await store.set('bucket/odd', text);
    await buckets.block('odd', 5_000);
    expect(await buckets.take('odd', LIMIT, 0)).toBe(5_000);
  }
});

test('a bucket to which a newer version has added something is read', async () => {
  await buckets.take('newer', LIMIT, 0);
  const [tokens, at, blockedUntil] = JSON.parse(
    (await store.get('bucket/newer')) ?? '',
  ) as number[];
  await store.set('bucket/newer', JSON.stringify([tokens, at, blockedUntil, { more: 1 }]));
  expect(await takeAll('newer')).toBe(LIMIT.start - 1);
});

test('a bucket after any damage lets out no more than a whole one, and soon some', async () => {
  let number = 0;
  await fc.assert(
    fc.asyncProperty(damage, async (how) => {
      const name = `damaged ${number++}`;
      await store.set(`bucket/${name}`, inflict(JSON.stringify([5, time, time + 50]), how));
      expect(await takeAll(name)).toBeLessThanOrEqual(LIMIT.burst);
      time += 20_000;
      expect(await takeAll(name)).toBeGreaterThan(0);
    }),
    { numRuns: SEQUENCES },
  );
});

test('what is free is what takes would get at once, and looking at it changes nothing', async () => {
  expect(await buckets.free('new', LIMIT)).toBe(LIMIT.start);
  expect(await store.get('bucket/new')).toBeNull();
  const moves = fc.array(fc.tuple(fc.nat(5), fc.nat(4_000)), { maxLength: 8 });
  let sequence = 0;
  await fc.assert(
    fc.asyncProperty(moves, async (all) => {
      const name = `free ${sequence++}`;
      for (const [takes, ms] of all) {
        for (let taken = 0; taken < takes; taken += 1) await buckets.take(name, LIMIT, 0);
        time += ms;
      }
      const free = await buckets.free(name, LIMIT);
      expect(await buckets.free(name, LIMIT)).toBe(free);
      expect(await takeAll(name)).toBe(Math.floor(free));
    }),
    { numRuns: SEQUENCES },
  );
  await buckets.block('new', 5_000);
  expect(await buckets.free('new', LIMIT)).toBe(0);
  time += 5_000;
  expect(await buckets.free('new', LIMIT)).toBeGreaterThan(0);
});
