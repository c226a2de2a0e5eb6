import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type TokenBucket,
  type TokenLimit,
  freeTokens,
  takeToken,
} from '../../src/state/rate-limit.ts';
import { numRuns } from '../properties/runs.ts';

const LIMIT: TokenLimit = { burst: 10, perSecond: 4, start: 5, maxBlockMs: 60_000 };
const full: TokenBucket = { tokens: 10, at: 0, blockedUntil: 0 };

/** How many can be taken at this moment, and what is left then. */
function takeAll(known: TokenBucket | null, { leave = 0, now = 0 } = {}) {
  let bucket = known;
  for (let taken = 0; ; taken++) {
    const next = takeToken(bucket, LIMIT, { leave, now });
    bucket = next.bucket;
    if (next.waitMs > 0) return { taken, bucket, waitMs: next.waitMs };
  }
}

test('a full bucket gives its burst at once, and then one for each part of a second', () => {
  const { taken, bucket, waitMs } = takeAll(full);
  expect([taken, waitMs]).toEqual([10, 250]);
  expect(takeAll(bucket, { now: 249 }).taken).toBe(0);
  expect(takeAll(bucket, { now: 250 }).taken).toBe(1);
  expect(takeAll(bucket, { now: 1_000 }).taken).toBe(4);
});

test('a bucket that nobody knows of holds what it starts with', () => {
  expect(takeAll(null, { now: 1_700_000_000_000 }).taken).toBe(5);
});

test('a bucket never holds more than its burst, however long nobody came', () => {
  expect(takeAll(full, { now: 1_000_000 }).taken).toBe(10);
});

test('whoever leaves some gets none of those, and others do', () => {
  const { taken, bucket, waitMs } = takeAll(full, { leave: 3 });
  expect([taken, waitMs]).toEqual([7, 250]);
  expect(takeAll(bucket).taken).toBe(3);
});

test('the wait of one who leaves some lasts until those are there, too', () => {
  const { bucket } = takeAll(full);
  expect(takeToken(bucket, LIMIT, { leave: 3, now: 0 }).waitMs).toBe(1_000);
  expect(takeAll(bucket, { leave: 3, now: 1_000 }).taken).toBe(1);
});

test('a bucket that never fills gives what it has, and then nothing', () => {
  const limit = { ...LIMIT, burst: 1, perSecond: 0, start: 1 };
  const { bucket, waitMs } = takeToken(null, limit, { leave: 0, now: 0 });
  expect([bucket.tokens, waitMs]).toEqual([0, 0]);
  expect(takeToken(bucket, limit, { leave: 0, now: 1_000_000 }).waitMs).toBe(Infinity);
});

test('a refusal takes nothing, and loses nothing of what was filled', () => {
  let { bucket } = takeAll(full);
  for (let now = 10; now < 250; now += 10)
    bucket = takeToken(bucket, LIMIT, { leave: 0, now }).bucket;
  expect(takeAll(bucket, { now: 250 }).taken).toBe(1);
});

test('a blocked bucket gives nothing before its time, and fills meanwhile', () => {
  const blocked = { tokens: 0, at: 0, blockedUntil: 2_000 };
  expect(takeAll(blocked, { now: 500 })).toMatchObject({ taken: 0, waitMs: 1_500 });
  expect(takeAll(blocked, { now: 1_999 }).taken).toBe(0);
  expect(takeAll(blocked, { now: 2_000 }).taken).toBe(8);
});

test('a block lasts as long as a window may, and one that is longer is the work of a clock that was set', () => {
  const limit = { ...LIMIT, maxBlockMs: 90_000 };
  const blocked = { tokens: 1, at: 0, blockedUntil: 55_000 };
  expect(takeToken(blocked, limit, { leave: 0, now: 0 }).waitMs).toBe(55_000);
  const set = { ...blocked, blockedUntil: 90_001 };
  expect(takeToken(set, limit, { leave: 0, now: 0 }).waitMs).toBe(0);
});

test('an empty bucket that is blocked names the longer wait of the two', () => {
  const blocked = { tokens: 0, at: 0, blockedUntil: 100 };
  expect(takeToken(blocked, LIMIT, { leave: 0, now: 0 }).waitMs).toBe(250);
});

test('a clock that was set back fills nothing, takes nothing away, and fills from then on', () => {
  const { bucket } = takeAll({ ...full, at: 100_000 }, { now: 100_000 });
  const back = takeAll(bucket, { now: 40_000 });
  expect(back.taken).toBe(0);
  expect(takeAll(back.bucket, { now: 40_250 }).taken).toBe(1);
  expect(takeAll({ ...full, tokens: 6, at: 100_000 }, { now: 40_000 }).taken).toBe(6);
});

const anyLimit = fc
  .record({ burst: fc.integer({ min: 1, max: 40 }), perSecond: fc.integer({ min: 1, max: 20 }) })
  .chain(({ burst, perSecond }) =>
    fc.nat(burst).map((start): TokenLimit => ({ burst, perSecond, start, maxBlockMs: 60_000 })),
  );
const anyTakes = fc.array(fc.record({ passedMs: fc.nat(3_000), leave: fc.nat(10) }), {
  maxLength: 60,
});

test('whatever is asked when: no stretch of time gives more than the burst and what it fills', () => {
  fc.assert(
    fc.property(anyLimit, anyTakes, (limit, takes) => {
      let bucket: TokenBucket | null = null;
      let now = 0;
      const takenAt: number[] = [];
      for (const { passedMs, leave } of takes) {
        now += passedMs;
        const next = takeToken(bucket, limit, { leave, now });
        bucket = next.bucket;
        if (next.waitMs === 0) takenAt.push(now);
        expect(bucket.tokens).toBeGreaterThanOrEqual(next.waitMs === 0 ? leave : 0);
      }
      takenAt.forEach((from, first) =>
        takenAt.slice(first).forEach((to, more) => {
          const filled = ((to - from) * limit.perSecond) / 1_000;
          expect(more + 1).toBeLessThanOrEqual(limit.burst + filled + 1e-6);
        }),
      );
    }),
    { numRuns },
  );
});

test('whoever waits as long as was said, and is alone, gets one', () => {
  fc.assert(
    fc.property(anyLimit, anyTakes, fc.nat(10), (limit, takes, wanted) => {
      const leave = Math.min(wanted, limit.burst - 1);
      let bucket: TokenBucket | null = null;
      let now = 0;
      for (const take of takes) {
        now += take.passedMs;
        bucket = takeToken(bucket, limit, { leave: 0, now }).bucket;
      }
      const { bucket: refused, waitMs } = takeToken(bucket, limit, { leave, now });
      const onTime = takeToken(refused, limit, { leave, now: now + waitMs });
      // Never a part of one, which nobody has.
      const isTaken = waitMs > 0 && onTime.waitMs === 0;
      if (isTaken) expect(onTime.bucket.tokens).toBeGreaterThanOrEqual(leave - 1e-9);
      // A millisecond more, for what a sum of fractions loses.
      if (waitMs > 0) bucket = refused;
      const later = takeToken(bucket, limit, { leave, now: now + waitMs + 1 });
      expect(later.waitMs).toBe(0);
    }),
    { numRuns },
  );
});

test('as many are free as can be taken at once', () => {
  const known = fc.record({
    tokens: fc.nat(80).map((halves) => halves / 2),
    at: fc.nat(10_000),
    blockedUntil: fc.oneof(fc.constant(0), fc.nat(200_000)),
  });
  fc.assert(
    fc.property(anyLimit, fc.option(known), fc.nat(10_000), (limit, bucket, now) => {
      const free = freeTokens(bucket, limit, now);
      for (const leave of [0, 1, 5]) {
        const { waitMs } = takeToken(bucket, limit, { leave, now });
        expect(waitMs === 0).toBe(free >= 1 + leave);
      }
    }),
    { numRuns },
  );
});

test('a block that is too long to be real is forgotten by the first that looks, though it gets none', () => {
  const set = { tokens: 0, at: 0, blockedUntil: 500_000 };
  const { bucket, waitMs } = takeToken(set, LIMIT, { leave: 0, now: 0 });
  expect(waitMs).toBe(250);
  expect(takeToken(bucket, LIMIT, { leave: 0, now: 460_000 }).waitMs).toBe(0);
});
