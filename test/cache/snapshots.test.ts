import { expect, test } from '@jest/globals';
import { createShelf } from '../../src/cache/shelf.ts';
import type { SharedSnapshots } from '../../src/cache/shared-snapshots.ts';
import { createSnapshotCache } from '../../src/cache/snapshots.ts';

/** A cache whose reads end when the test says so, on a clock that the test moves. */
function setUp(options: { staleMs?: number; shared?: SharedSnapshots } = {}) {
  const clock = { now: 1_000 };
  const loads: PromiseWithResolvers<string>[] = [];
  const pauses: { ms: number; end: () => void }[] = [];
  const cache = createSnapshotCache<string, { deadlineAt: number }>({
    name: 'list',
    load: () => {
      const load = Promise.withResolvers<string>();
      loads.push(load);
      return load.promise;
    },
    codec: { encode: (value) => value, decode: (text) => text },
    freshMs: () => 100,
    staleMs: options.staleMs ?? 0,
    shelf: createShelf({ maxEntries: 10, maxBytes: 1_000 }),
    shared: options.shared,
    now: () => clock.now,
    random: () => 0,
    pause: (ms) => new Promise((resolve) => pauses.push({ ms, end: resolve })),
  });
  const bounds = { deadlineAt: Infinity };
  const end = (index: number, value: string) => loads[index]?.resolve(value);
  return {
    cache: {
      read: () => cache.read(bounds),
      readNew: () => cache.readNew(bounds),
      clear: () => cache.clear(),
    },
    clock,
    loads,
    pauses,
    end,
  };
}

test('readers at the same moment share one load, and all call it fresh', async () => {
  const { cache, loads, end } = setUp();
  const readers = [cache.read(), cache.read(), cache.read()];
  end(0, 'a');

  const expected = { state: 'FRESH', snapshot: { value: 'a', asOf: 1_000 } };
  expect(await Promise.all(readers)).toEqual([expected, expected, expected]);
  expect(loads).toHaveLength(1);
});

test('a snapshot is kept for its fresh time, counted from the start of its load', async () => {
  const { cache, clock, loads, end } = setUp();
  const first = cache.read();
  clock.now += 60;
  end(0, 'a');
  await first;

  clock.now += 39;
  expect((await cache.read()).state).toBe('CACHED');
  clock.now += 1;
  const second = cache.read();
  end(1, 'b');
  expect(await second).toMatchObject({ state: 'FRESH', snapshot: { value: 'b' } });
  expect(loads).toHaveLength(2);
});

test('a failure is told to all who wait, and kept by nobody', async () => {
  const { cache, loads, end } = setUp();
  const readers = [cache.read(), cache.read()];
  loads[0]?.reject(new Error('down'));
  expect((await Promise.allSettled(readers)).map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
  ]);

  const next = cache.read();
  end(1, 'a');
  expect((await next).snapshot.value).toBe('a');
});

test('a new read joins no earlier one', async () => {
  const { cache, loads, end } = setUp();
  const earlier = cache.read();
  const newer = cache.readNew();
  expect(loads).toHaveLength(2);
  end(1, 'new');
  end(0, 'old');
  expect([(await earlier).snapshot.value, (await newer).value]).toEqual(['old', 'new']);
});

test('a load that was under way when the cache was cleared is not kept, and joined by nobody', async () => {
  const { cache, loads, end } = setUp();
  const before = cache.read();
  await cache.clear();
  const after = cache.read();
  end(1, 'new');
  await after;
  end(0, 'old');

  expect((await before).snapshot.value).toBe('old');
  expect((await cache.read()).snapshot.value).toBe('new');
  expect(loads).toHaveLength(2);
});

test('an older load that ends last does not replace a newer one', async () => {
  const { cache, clock, end } = setUp();
  const older = cache.read();
  clock.now += 10;
  const newer = cache.readNew();
  end(1, 'new');
  await newer;
  end(0, 'old');
  await older;
  expect((await cache.read()).snapshot.value).toBe('new');
});

test('a clock that is set back makes a snapshot expire rather than last', async () => {
  const { cache, clock, loads, end } = setUp();
  const first = cache.read();
  end(0, 'a');
  await first;

  clock.now -= 500;
  const second = cache.read();
  end(1, 'b');
  expect((await second).snapshot.value).toBe('b');
  expect((await cache.read()).snapshot.value).toBe('b');
  expect(loads).toHaveLength(2);
});
