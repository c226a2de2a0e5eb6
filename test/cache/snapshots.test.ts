import { describe, expect, test } from '@jest/globals';
import { createSnapshotCache } from '../../src/cache/snapshot-cache.ts';
import {
  type SharedRead,
  type SharedSnapshots,
  type SharedValue,
  createSnapshotEntry,
  createSnapshotStore,
} from '../../src/cache/snapshot-entry.ts';
import { settled } from '../support/clock.ts';

/** A refusal by the provider itself. */
const ASKED = new Error('asked');
/** After it, what is old is not shown. */
const FATAL = new Error('refused');

/** A cache whose reads end when the test says so, on a clock that the test moves. */
function setUp(
  options: {
    staleMs?: number;
    random?: number;
    shared?: SharedSnapshots;
    siblings?: Set<() => void>;
    /** Whether a load waits for its turn now, until the test sends it. */
    isQueued?: () => boolean;
    /** How old the answer of a cache on the way is. */
    ageMs?: () => number;
  } = {},
) {
  const clock = { now: 1_000 };
  const queued: (() => void)[] = [];
  const loads: PromiseWithResolvers<string>[] = [];
  const pauses: { ms: number; end: () => void }[] = [];
  const cache = createSnapshotCache<
    string,
    { deadlineAt: number; onSend?: () => void; onAge?: (ageMs: number) => void }
  >({
    name: 'list@credentials',
    topic: 'list',
    load: ({ onSend, onAge }) => {
      if (options.isQueued?.()) queued.push(() => onSend?.());
      else onSend?.();
      const ageMs = options.ageMs?.() ?? 0;
      if (ageMs > 0) onAge?.(ageMs);
      const load = Promise.withResolvers<string>();
      loads.push(load);
      return load.promise;
    },
    codec: {
      encode: async (value) => value,
      async decode(text) {
        if (text === 'unreadable') throw new Error('of another version');
        return text;
      },
    },
    freshMs: () => 100,
    staleMs: options.staleMs ?? 0,
    snapshotStore: createSnapshotStore({ maxEntries: 10, maxBytes: 1_000 }),
    shared: options.shared,
    ...(options.siblings && { siblings: options.siblings }),
    judge: (error) => ({ allowsStale: error !== FATAL, wasAsked: error === ASKED }),
    now: () => clock.now,
    random: () => options.random ?? 0,
    pause: (ms) => new Promise((resolve) => pauses.push({ ms, end: resolve })),
  });
  const end = (index: number, value: string) => loads[index]?.resolve(value);
  return {
    cache: {
      read: (deadlineAt = Infinity) => cache.read({ deadlineAt }),
      peek: () => cache.peek(),
      look: () => cache.look(),
      readNew: () => cache.readNew({ deadlineAt: Infinity }),
      clear: () => cache.clear(1_000),
      close: () => cache.close(),
    },
    clock,
    loads,
    queued,
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

test('a cache that is closed is not held by those with the same badges', () => {
  const siblings = new Set<() => void>();
  const caches = [setUp({ siblings }), setUp({ siblings })].map(({ cache }) => cache);
  expect(siblings.size).toBe(2);
  caches.forEach((cache) => cache.close());
  expect(siblings.size).toBe(0);
});

test('a snapshot of another epoch, which may not be shown, keeps out no older one', () => {
  let epoch = 1;
  const entry = createSnapshotEntry<string>({
    name: 'list',
    snapshotStore: createSnapshotStore({ maxEntries: 10, maxBytes: 1_000 }),
    staleMs: 0,
    shared: { epoch: () => epoch },
    now: () => 1_000,
  });
  const hold = (value: string, asOf: number): void =>
    entry.hold({ value, asOf }, entry.begin(), { freshMs: 500, bytes: 1 });
  hold('newer', 900);
  epoch = 2;
  hold('older', 800);
  expect(entry.show()).toMatchObject({ snapshot: { value: 'older' } });
});

describe('a load that waits for its turn', () => {
  test('is joined by those who come after the cache was cleared, and kept', async () => {
    const { cache, clock, loads, queued, end } = setUp({ isQueued: () => true });
    const before = cache.read();
    await cache.clear();
    const after = cache.read();
    clock.now += 500;
    queued[0]?.();
    end(0, 'new');

    const expected = { state: 'FRESH', snapshot: { value: 'new', asOf: 1_500 } };
    expect(await Promise.all([before, after])).toEqual([expected, expected]);
    expect((await cache.read()).state).toBe('CACHED');
    expect(loads).toHaveLength(1);
  });

  test('is joined by nobody once it was sent before the clearing, also by those who joined it late', async () => {
    const { cache, loads, queued, end } = setUp({ isQueued: () => loads.length === 0 });
    const before = cache.read();
    queued[0]?.();
    await cache.clear();
    const after = cache.read();
    expect(loads).toHaveLength(2);
    end(1, 'new');
    end(0, 'old');
    expect([(await before).snapshot.value, (await after).snapshot.value]).toEqual(['old', 'new']);
    expect((await cache.read()).snapshot.value).toBe('new');
  });

  test('begins anew when it is sent again', async () => {
    const { cache, loads, queued, end } = setUp({ isQueued: () => loads.length === 0 });
    const before = cache.read();
    queued[0]?.();
    await cache.clear();
    // Its first attempt failed; the second one reads what is there now.
    queued[0]?.();
    const after = cache.read();
    expect(loads).toHaveLength(1);
    end(0, 'new');
    expect((await after).snapshot.value).toBe((await before).snapshot.value);
    expect((await cache.read()).state).toBe('CACHED');
  });
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

test('a snapshot expires earlier by chance, so that replicas do not read together', async () => {
  const { cache, clock, loads, end } = setUp({ random: 1 });
  const first = cache.read();
  end(0, 'a');
  await first;
  clock.now += 89;
  expect((await cache.read()).state).toBe('CACHED');
  clock.now += 1;
  const second = cache.read();
  end(1, 'b');
  expect((await second).state).toBe('FRESH');
  expect(loads).toHaveLength(2);
});

describe('a snapshot whose fresh time has passed', () => {
  const stale = { state: 'STALE', snapshot: { value: 'old', asOf: 1_000 } };

  /** Read at 1000, fresh until 1100, shown until 2000. */
  async function setUpOld({ staleMs = 1_000 } = {}) {
    const all = setUp({ staleMs });
    const first = all.cache.read();
    all.end(0, 'old');
    await first;
    all.pauses.length = 0;
    all.clock.now = 1_100;
    return all;
  }

  test('is waited for 250 ms while one refresh runs for all, then shown, and the refresh goes on', async () => {
    const { cache, loads, pauses, end } = await setUpOld();
    const readers = [cache.read(), cache.read()];
    await settled();
    expect([loads.length, pauses.map(({ ms }) => ms)]).toEqual([2, [250]]);
    pauses[0]?.end();
    expect(await Promise.all(readers)).toEqual([stale, stale]);

    // Another reader joins the same refresh; its patience has run out already.
    expect(await cache.read()).toMatchObject(stale);
    end(1, 'new');
    await settled();
    expect(await cache.read()).toMatchObject({ state: 'CACHED', snapshot: { value: 'new' } });
    expect(loads).toHaveLength(2);
  });

  test('is not shown when the refresh ends in time', async () => {
    const { cache, end } = await setUpOld();
    const reader = cache.read();
    end(1, 'new');
    expect(await reader).toMatchObject({
      state: 'FRESH',
      snapshot: { value: 'new', asOf: 1_100 },
    });
  });

  test('is shown at once when the refresh fails, and there is a second before the next one', async () => {
    const { cache, clock, loads, end } = await setUpOld();
    const reader = cache.read();
    loads[1]?.reject(new Error('down'));
    expect(await reader).toMatchObject(stale);

    clock.now += 899;
    expect(await cache.read()).toMatchObject(stale);
    expect(loads).toHaveLength(2);
    // Past the bound of what is shown, nothing is waited for.
    clock.now += 1;
    const next = cache.read();
    expect(loads).toHaveLength(3);
    end(2, 'new');
    expect(await next).toMatchObject({ state: 'FRESH', snapshot: { value: 'new' } });
  });

  test('is not shown when the failure says that it must not be, and the next reader tries at once', async () => {
    const { cache, loads, end } = await setUpOld();
    const reader = cache.read();
    loads[1]?.reject(FATAL);
    await expect(reader).rejects.toBe(FATAL);
    const next = cache.read();
    expect(loads).toHaveLength(3);
    end(2, 'new');
    await next;
  });

  describe('after a failure that says that it must not be shown', () => {
    /** The refresh after it is in flight, and every reader's patience has run out. */
    async function setUpRefused() {
      const all = await setUpOld();
      const { cache, loads, pauses } = all;
      const first = cache.read();
      pauses[0]?.end();
      expect(await first).toMatchObject(stale);
      loads[1]?.reject(FATAL);
      await settled();
      const readers = [cache.read(), cache.read()];
      pauses[1]?.end();
      await settled();
      readers.push(cache.read());
      expect(loads).toHaveLength(3);
      return { ...all, readers };
    }
    const toOutcome = (result: PromiseSettledResult<{ state: string }>) =>
      result.status === 'fulfilled' ? result.value.state : (result.reason as unknown);

    test('is shown to nobody, however slow the next failure of the kind is', async () => {
      const { cache, loads, readers } = await setUpRefused();
      expect([cache.peek(), cache.look()]).toEqual([undefined, undefined]);
      loads[2]?.reject(FATAL);
      expect((await Promise.allSettled(readers)).map(toOutcome)).toEqual([FATAL, FATAL, FATAL]);
    });

    test('is not waited for in vain: the readers get the new one', async () => {
      const { readers, cache, clock, pauses, end } = await setUpRefused();
      end(2, 'new');
      expect((await Promise.all(readers)).map(({ snapshot }) => snapshot.value)).toEqual(
        Array(3).fill('new'),
      );
      // The new one is waited for as long as any other.
      clock.now += 100;
      const later = cache.read();
      pauses[2]?.end();
      expect(await later).toMatchObject({ state: 'STALE', snapshot: { value: 'new' } });
    });

    test('is shown again once the provider fails in a way that allows it', async () => {
      const { readers, cache, loads } = await setUpRefused();
      loads[2]?.reject(ASKED);
      expect((await Promise.allSettled(readers)).map(toOutcome)).toEqual(Array(3).fill('STALE'));
      expect(cache.look()).toMatchObject(stale);
    });

    test('is not shown because the next read was not sent', async () => {
      const { readers, cache, loads } = await setUpRefused();
      const unsent = new Error('the circuit breaker is open');
      loads[2]?.reject(unsent);
      expect((await Promise.allSettled(readers)).map(toOutcome)).toEqual(Array(3).fill(unsent));
      expect([cache.peek(), cache.look()]).toEqual([undefined, undefined]);
    });

    test('does not keep one from being shown that was read since, for a write', async () => {
      const { clock, cache, end, pauses } = await setUpRefused();
      clock.now += 1;
      const newer = cache.readNew();
      end(3, 'newer');
      await newer;
      clock.now += 100;
      const reader = cache.read();
      pauses[1]?.end();
      expect(await reader).toMatchObject({ state: 'STALE', snapshot: { value: 'newer' } });
    });
  });

  test('after a refusal the next read waits a moment, and tells no old error', async () => {
    const { cache, loads, pauses, end } = setUp();
    const refused = cache.read();
    loads[0]?.reject(ASKED);
    await expect(refused).rejects.toBe(ASKED);
    const next = cache.read();
    expect(loads).toHaveLength(1);
    pauses.find(({ ms }) => ms === 100)?.end();
    await settled();
    expect(loads).toHaveLength(2);
    end(1, 'new');
    expect((await next).snapshot.value).toBe('new');
  });

  test('says why no newer one could be had, until one could', async () => {
    const { cache, clock, loads, end } = await setUpOld({ staleMs: 10_000 });
    const failing = cache.read();
    const down = new Error('down');
    loads[1]?.reject(down);
    expect(await failing).toMatchObject({ state: 'STALE', failure: down });
    expect(await cache.read()).toMatchObject({ state: 'STALE', failure: down });
    clock.now = 2_100;
    const next = cache.read();
    end(2, 'new');
    expect(await next).not.toHaveProperty('failure');
  });

  test('does not give the failure of a read from before the last clearing as the reason', async () => {
    const { cache, clock, loads, pauses, end } = setUp({ staleMs: 10_000 });
    const superseded = cache.read();
    await cache.clear();
    const second = cache.read();
    end(1, 'old');
    await second;
    loads[0]?.reject(new Error('down'));
    await superseded;
    clock.now = 1_100;
    const slow = cache.read();
    expect(loads).toHaveLength(3);
    pauses.at(-1)?.end();
    expect(await slow).toEqual(stale);
  });

  test('does not give the failure of before a clearing as the reason, when a writer has read it since', async () => {
    const { cache, clock, loads, pauses, end } = await setUpOld({ staleMs: 10_000 });
    const failing = cache.read();
    loads[1]?.reject(new Error('down'));
    await failing;
    await cache.clear();
    const written = cache.readNew();
    end(2, 'new');
    await written;
    clock.now = 1_200;
    const slow = cache.read();
    pauses.at(-1)?.end();
    expect(await slow).toEqual({ state: 'STALE', snapshot: { value: 'new', asOf: 1_100 } });
  });

  test('after a second the next reader tries again', async () => {
    const { cache, clock, loads, end } = await setUpOld({ staleMs: 10_000 });
    const failing = cache.read();
    loads[1]?.reject(new Error('down'));
    await failing;
    clock.now = 2_099;
    expect(await cache.read()).toMatchObject(stale);
    expect(loads).toHaveLength(2);
    clock.now = 2_100;
    const next = cache.read();
    end(2, 'new');
    expect((await next).snapshot.value).toBe('new');
  });

  test('is shown up to the bound and not at it: then the failure is told', async () => {
    const { cache, clock, loads } = await setUpOld();
    clock.now = 1_999;
    const within = cache.read();
    loads[1]?.reject(new Error('down'));
    expect(await within).toMatchObject(stale);

    clock.now = 2_000;
    const beyond = cache.read();
    loads[2]?.reject(new Error('still down'));
    await expect(beyond).rejects.toThrow('still down');
  });

  test('is not shown when its bound passes while a reader waits', async () => {
    const { cache, clock, loads, pauses } = await setUpOld();
    clock.now = 1_900;
    const reader = cache.read();
    clock.now = 2_000;
    pauses[0]?.end();
    loads[1]?.reject(new Error('down'));
    await expect(reader).rejects.toThrow('down');
  });

  test('is shown to nobody after it was cleared, also when the refresh fails', async () => {
    const { cache, loads } = await setUpOld();
    await cache.clear();
    const reader = cache.read();
    loads[1]?.reject(new Error('down'));
    await expect(reader).rejects.toThrow('down');
  });

  test('is not shown to one who waits when it is cleared meanwhile', async () => {
    const { cache, pauses, end } = await setUpOld();
    const reader = cache.read();
    await cache.clear();
    pauses[0]?.end();
    end(1, 'older than the clearing');
    expect(await reader).toMatchObject({ snapshot: { value: 'older than the clearing' } });
  });

  test('clearing ends the pause after a failure', async () => {
    const { cache, clock, loads, end } = await setUpOld();
    const failing = cache.read();
    loads[1]?.reject(new Error('down'));
    await failing;
    await cache.clear();
    const next = cache.read();
    end(2, 'new');
    expect(await next).toMatchObject({ state: 'FRESH', snapshot: { value: 'new' } });
    // Less than a second after the failure: a refresh runs all the same.
    clock.now += 100;
    const later = cache.read();
    end(3, 'newer');
    expect(await later).toMatchObject({ state: 'FRESH', snapshot: { value: 'newer' } });
  });
});

describe('with other replicas', () => {
  const fresh: SharedValue = { text: 'theirs', ageMs: 40, freshMs: 100 };
  const old: SharedValue = { text: 'theirs', ageMs: 300, freshMs: 100 };

  /** Replicas as the test says: what each look finds, what was told to them, and what they tell. */
  function setUpShared({
    looks = [] as (SharedRead | undefined)[],
    staleMs = 0,
    ageMs = (): number => 0,
  } = {}) {
    const replicas = { epoch: 1 };
    const told: unknown[] = [];
    const listeners = new Set<(name: string) => void>();
    const shared: SharedSnapshots = {
      epoch: () => replicas.epoch,
      onForget(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      forget: async (name) => void told.push(['forget', name]),
      look: async () => (looks.length > 1 ? looks.shift() : looks[0]),
      keep: async (look, value) => void told.push(['keep', look, value]),
      release: async (look) => void told.push(['release', look]),
    };
    const forgetElsewhere = (name: string) => listeners.forEach((listener) => listener(name));
    return { ...setUp({ shared, staleMs, ageMs }), replicas, told, listeners, forgetElsewhere };
  }
  const mine: SharedRead = { held: null, mayLoad: true };

  test('a load from before the cache was cleared that ends does not end the one that readers share', async () => {
    const { cache, loads, end } = setUpShared({ looks: [mine] });
    const before = cache.read();
    await settled();
    await cache.clear();
    const after = cache.read();
    await settled();
    end(0, 'old');
    await before;
    const later = cache.read();
    await settled();
    expect(loads).toHaveLength(2);
    end(1, 'new');
    const values = (await Promise.all([after, later])).map(({ snapshot }) => snapshot.value);
    expect(values).toEqual(['new', 'new']);
  });

  test('a fresh one that another has read is adopted with its age, and nothing is loaded', async () => {
    const { cache, clock, loads, told } = setUpShared({ looks: [{ held: fresh, mayLoad: false }] });
    const theirs = { state: 'CACHED', snapshot: { value: 'theirs', asOf: 960 } };
    expect(await cache.read()).toEqual(theirs);
    clock.now += 59;
    expect(await cache.read()).toEqual(theirs);
    expect([loads.length, told]).toEqual([0, []]);
  });

  test('it is fresh no longer than for the one who read it', async () => {
    const looks = [{ held: fresh, mayLoad: false }, mine];
    const { cache, clock, end } = setUpShared({ looks });
    await cache.read();
    clock.now += 60;
    const reader = cache.read();
    await settled();
    end(0, 'ours');
    expect(await reader).toMatchObject({ state: 'FRESH', snapshot: { value: 'ours' } });
  });

  test('one that is old is shown when the load fails, and the load is left to another', async () => {
    const look = { held: old, mayLoad: true };
    const { cache, loads, told } = setUpShared({ looks: [look], staleMs: 1_000 });
    const reader = cache.read();
    await settled();
    loads[0]?.reject(new Error('down'));
    expect(await reader).toMatchObject({
      state: 'STALE',
      snapshot: { value: 'theirs', asOf: 700 },
    });
    expect(told).toEqual([['release', look]]);
  });

  test('one that is old is not shown, however slow the load is, after a refusal', async () => {
    const look = { held: old, mayLoad: true };
    const { cache, loads, pauses } = setUpShared({ looks: [look], staleMs: 1_000 });
    const first = cache.read();
    await settled();
    loads[0]?.reject(FATAL);
    await expect(first).rejects.toBe(FATAL);
    const next = cache.read();
    await settled();
    pauses.forEach(({ end }) => end());
    await settled();
    loads[1]?.reject(FATAL);
    await expect(next).rejects.toBe(FATAL);
  });

  test.each([
    ['what another version of this service wrote', true, { text: 'unreadable' }],
    ['what is fresh only for another version of this service', false, { text: 'unreadable' }],
    ['what is fresh only by the settings of another', false, { ageMs: 150, freshMs: 1_000 }],
  ])('%s is none, and nothing is waited for', async (_what, mayLoad, change) => {
    const { cache, loads, end } = setUpShared({
      looks: [{ held: { ...fresh, ...change }, mayLoad }],
    });
    const reader = cache.read();
    await settled();
    expect(loads).toHaveLength(1);
    end(0, 'ours');
    expect(await reader).toMatchObject({ state: 'FRESH', snapshot: { value: 'ours' } });
  });

  test('while another loads it is looked for every 50 ms, and adopted once it is there', async () => {
    const theirTurn: SharedRead = { held: null, mayLoad: false };
    const looks = [theirTurn, theirTurn, { held: { ...fresh, ageMs: 0 }, mayLoad: false }];
    const { cache, loads, pauses } = setUpShared({ looks });
    const reader = cache.read();
    for (let poll = 0; poll < 2; poll += 1) {
      await settled();
      pauses.filter(({ ms }) => ms === 50)[poll]?.end();
    }
    expect(await reader).toMatchObject({ state: 'CACHED', snapshot: { value: 'theirs' } });
    expect(pauses.map(({ ms }) => ms)).toEqual([250, 50, 50]);
    expect(loads).toEqual([]);
  });

  test('when the other does not come to an end before the deadline, it is loaded here', async () => {
    const { cache, clock, loads, pauses, end } = setUpShared({
      looks: [{ held: null, mayLoad: false }],
    });
    const reader = cache.read(1_080);
    await settled();
    expect(loads).toHaveLength(0);
    clock.now += 50;
    pauses.find(({ ms }) => ms === 50)?.end();
    await settled();
    expect(loads).toHaveLength(1);
    end(0, 'ours');
    expect((await reader).snapshot.value).toBe('ours');
  });

  test.each([
    [1_000, 1_000],
    [0, 100],
  ])(
    'what is read here is kept for the others, for as long as it may be shown: %i ms stale',
    async (staleMs, ttlMs) => {
      const { cache, clock, told, end } = setUpShared({ looks: [mine], staleMs });
      const reader = cache.read();
      await settled();
      clock.now += 30;
      end(0, 'ours');
      expect(await reader).toEqual({ state: 'FRESH', snapshot: { value: 'ours', asOf: 1_000 } });
      const value = { text: 'ours', freshMs: 100, ttlMs };
      expect(told).toEqual([['keep', mine, value]]);
    },
  );

  test('what a cache on the way has from before a change is kept for nobody, and later answers of it are', async () => {
    let ageMs = 50;
    const { cache, clock, loads, told, end } = setUpShared({
      looks: [mine],
      staleMs: 1_000,
      ageMs: () => ageMs,
    });
    await cache.clear();
    told.length = 0;
    clock.now += 20;
    const first = cache.read();
    await settled();
    end(0, 'before');
    expect(await first).toEqual({ state: 'FRESH', snapshot: { value: 'before', asOf: 970 } });
    expect(told).toEqual([['release', mine]]);
    expect(cache.peek()).toBeUndefined();

    ageMs = 10;
    const second = cache.read();
    await settled();
    end(1, 'after');
    expect((await second).snapshot.value).toBe('after');
    expect(loads).toHaveLength(2);
    const kept = { text: 'after', freshMs: 100, ttlMs: 1_000, ageMs: 10 };
    expect(told.at(-1)).toEqual(['keep', mine, kept]);
  });

  test('what another shares for longer is fresh no longer than what is read here', async () => {
    const longer = { ...fresh, freshMs: 1_000 };
    const looks = [{ held: longer, mayLoad: false }, mine];
    const { cache, clock, loads } = setUpShared({ looks });
    expect(await cache.read()).toMatchObject({ state: 'CACHED' });
    clock.now += 59;
    expect(cache.peek()).toMatchObject({ state: 'CACHED' });
    clock.now += 1;
    expect(cache.peek()).toBeUndefined();
    void cache.read();
    await settled();
    expect(loads).toHaveLength(1);
  });

  test('a new read for a writer is kept for nobody', async () => {
    const { cache, told, end } = setUpShared({ looks: [mine] });
    const reader = cache.readNew();
    end(0, 'ours');
    expect(await reader).toEqual({ value: 'ours', asOf: 1_000 });
    expect(told).toEqual([]);
  });

  test('out of their reach it is loaded here, and told to nobody', async () => {
    const { cache, told, end } = setUpShared({ looks: [undefined] });
    const reader = cache.read();
    await settled();
    end(0, 'ours');
    expect(await reader).toMatchObject({ state: 'FRESH', snapshot: { value: 'ours' } });
    expect(told).toEqual([]);
  });

  test('clearing tells them', async () => {
    const { cache, told } = setUpShared();
    await cache.clear();
    expect(told).toEqual([['forget', 'list']]);
  });

  describe('what is held', () => {
    async function setUpHeld() {
      const all = setUpShared({ looks: [mine], staleMs: 1_000 });
      const first = all.cache.read();
      await settled();
      all.end(0, 'held');
      await first;
      return all;
    }

    test('is forgotten when one of them says so, and only under its name', async () => {
      const { cache, loads, end, forgetElsewhere } = await setUpHeld();
      forgetElsewhere('another list');
      expect((await cache.read()).state).toBe('CACHED');
      forgetElsewhere('list');
      const reader = cache.read();
      await settled();
      end(1, 'new');
      expect(await reader).toMatchObject({ state: 'FRESH', snapshot: { value: 'new' } });
      expect(loads).toHaveLength(2);
    });

    test('is not shown when a message of theirs may have been missed, not even as stale', async () => {
      const { cache, loads, replicas } = await setUpHeld();
      replicas.epoch += 1;
      const reader = cache.read();
      await settled();
      loads[1]?.reject(new Error('down'));
      await expect(reader).rejects.toThrow('down');
    });
  });

  test('a read that was in flight when another forgot is answered with, joined by nobody, and not held', async () => {
    const { cache, loads, end, forgetElsewhere } = setUpShared({ looks: [mine], staleMs: 1_000 });
    const before = cache.read();
    await settled();
    forgetElsewhere('list');
    const after = cache.read();
    await settled();
    expect(loads).toHaveLength(2);
    end(0, 'old');
    end(1, 'new');
    expect([(await before).snapshot.value, (await after).snapshot.value]).toEqual(['old', 'new']);
    expect((await cache.read()).snapshot.value).toBe('new');
  });

  test('a read that was in flight when the epoch changed is not held', async () => {
    const { cache, loads, replicas, end } = setUpShared({ looks: [mine], staleMs: 1_000 });
    const before = cache.read();
    await settled();
    replicas.epoch += 1;
    end(0, 'old');
    expect((await before).snapshot.value).toBe('old');
    const after = cache.read();
    await settled();
    expect(loads).toHaveLength(2);
    end(1, 'new');
    expect((await after).snapshot.value).toBe('new');
    expect((await cache.read()).state).toBe('CACHED');
  });

  test('a closed cache listens to nobody', async () => {
    const { cache, listeners } = setUpShared();
    expect(listeners.size).toBe(1);
    cache.close();
    expect(listeners.size).toBe(0);
  });

  test('a closed cache shows nothing, since it would not learn of changes', async () => {
    const { cache, end } = setUpShared({ looks: [mine], staleMs: 1_000 });
    const first = cache.read();
    await settled();
    end(0, 'held');
    await first;
    expect(cache.peek()).toBeDefined();
    cache.close();
    expect([cache.peek(), cache.look()]).toEqual([undefined, undefined]);
  });
});

/** Readers who have found the other replicas out of reach at the same moment. */
async function setUpLost(options: Pick<Parameters<typeof setUp>[0] & object, 'isQueued'> = {}) {
  const looking = Promise.withResolvers<undefined>();
  let epoch = 0;
  let isLost = false;
  const all = setUp({
    ...options,
    shared: {
      // Until a look has failed, each moment may have brought a message.
      epoch: () => (isLost ? epoch : (epoch += 1)),
      onForget: () => () => undefined,
      forget: async () => undefined,
      look: () => looking.promise,
      keep: async () => undefined,
      release: async () => undefined,
    },
  });
  const readers = [all.cache.read(), all.cache.read(), all.cache.read()];
  isLost = true;
  looking.resolve(undefined);
  await settled();
  return { ...all, readers };
}

test('readers who learn together that the others are out of reach load together', async () => {
  const { readers, loads, end } = await setUpLost();
  expect(loads).toHaveLength(1);
  end(0, 'ours');
  expect((await Promise.all(readers)).map(({ state }) => state)).toEqual(Array(3).fill('FRESH'));
});

test('readers who come after a change do not join such a load that was sent before it', async () => {
  const { cache, readers, loads, queued, end } = await setUpLost({ isQueued: () => true });
  queued[0]?.();
  await cache.clear();
  const late = cache.read();
  await settled();
  expect(loads).toHaveLength(2);
  end(0, 'before');
  end(1, 'after');
  expect((await Promise.all(readers)).map(({ snapshot }) => snapshot.value)).toEqual(
    Array(3).fill('before'),
  );
  expect((await late).snapshot.value).toBe('after');
});
