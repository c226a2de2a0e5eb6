import { setImmediate as nextRound } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createFairQueue } from '../../src/server/request.ts';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';

/** Each who goes on takes so many milliseconds. Gives the round of the event loop in which each went on. */
async function roundsOf(tookMs: readonly number[]): Promise<number[]> {
  let ms = 0;
  const { take: turn } = createFairQueue(() => ms);
  const rounds: number[] = [];
  let round = 0;
  for (const took of tookMs) {
    void turn('acme').then(() => {
      rounds.push(round);
      ms += took;
    });
    // One request is read after the other.
    await Promise.resolve();
    await Promise.resolve();
  }
  while (rounds.length < tookMs.length) {
    await nextRound();
    round += 1;
  }
  return rounds;
}

test('those who take little go on at once, together', async () => {
  expect(await roundsOf([1, 1, 1, 1])).toEqual([0, 0, 0, 0]);
});

test('whoever comes after one that took long waits for two free rounds', async () => {
  const [first = NaN, second = NaN, third = NaN] = await roundsOf([50, 50, 50]);
  expect(first).toBe(0);
  expect(second - first).toBeGreaterThanOrEqual(2);
  expect(third - second).toBeGreaterThanOrEqual(2);
});

test('many small ones that add up to something wait too', async () => {
  const rounds = await roundsOf([2, 2, 2, 2, 2]);
  expect(rounds.slice(0, 3)).toEqual([0, 0, 0]);
  const [fourth = NaN, fifth = NaN] = rounds.slice(3);
  expect(fourth).toBeGreaterThan(0);
  expect(fifth).toBeGreaterThan(fourth);
});

test('time that something with a limit of its own has spent is no reason to wait for free rounds', async () => {
  const roundsWith = async (leftOut: boolean): Promise<number> => {
    let ms = 0;
    const { take, leaveOut } = createFairQueue(() => ms);
    const spend = () => {
      ms += 50;
      if (leftOut) leaveOut(50);
    };
    void take('acme').then(spend);
    await Promise.resolve();
    await Promise.resolve();
    let isWaiting = true;
    // Another one of the same round has to wait for the next one.
    ms += 6;
    void take('acme').then(() => (isWaiting = false));
    if (leftOut) leaveOut(6);
    let rounds = 0;
    for (; isWaiting; rounds += 1) await nextRound();
    return rounds;
  };
  expect(await roundsWith(true)).toBe(1);
  expect(await roundsWith(false)).toBeGreaterThan(2);
});

test('more time than has passed cannot be left out, so that the next ones wait as soon as the round is long', async () => {
  let ms = 0;
  const { take, leaveOut } = createFairQueue(() => ms);
  void take('acme');
  leaveOut(1_000);
  ms += 6;
  let hasGone = false;
  void take('acme').then(() => (hasGone = true));
  await Promise.resolve();
  await Promise.resolve();
  expect(hasGone).toBe(false);
});

test('after a pause whoever comes goes on at once', async () => {
  const { take: turn } = createFairQueue();
  await turn('acme');
  for (let round = 0; round < 5; round += 1) await nextRound();
  let hasGone = false;
  void turn('acme').then(() => (hasGone = true));
  await Promise.resolve();
  expect(hasGone).toBe(true);
});

test('a tenant that asks seldom goes on after one request of each other, however many wait', async () => {
  let ms = 0;
  const { take: turn } = createFairQueue(() => ms);
  const order: string[] = [];
  const ask = (tenant: string) =>
    turn(tenant).then(() => {
      order.push(tenant);
      ms += 50;
    });
  const asked = [
    ...Array<string>(50).fill('acme'),
    'bolt',
    'core',
    ...Array<string>(9).fill('bolt'),
  ];

  await ask('acme');
  await Promise.all(asked.map(ask));

  expect(order.slice(0, 6)).toEqual(['acme', 'acme', 'bolt', 'core', 'acme', 'bolt']);
  expect(order).toHaveLength(1 + asked.length);
});

interface Asked {
  tenant: string;
  /** Whether it has proceeded before, and waited for something else. */
  hasWaited: boolean;
  tookMs: number;
  /** How many rounds of the event loop after the one before it. */
  later: number;
}

const asked: fc.Arbitrary<Asked> = fc.record({
  tenant: fc.constantFrom('acme', 'bolt', 'core'),
  hasWaited: fc.boolean(),
  tookMs: fc.constantFrom(0, 2, 6, 50),
  later: fc.nat(3),
});

/** What happened, in its order. Numbers are places in `all`. */
async function eventsOf(all: readonly Asked[]): Promise<{ at: number; has: 'asked' | 'gone' }[]> {
  let ms = 0;
  const { take, afterWaits } = createFairQueue(() => ms);
  const turns = all.map(({ tenant }) => afterWaits(tenant));
  // From the next round on, requests that wait for something else have to wait for their turn too.
  await take('other');
  for (let round = 0; round < 5; round += 1) await nextRound();
  const events: Awaited<ReturnType<typeof eventsOf>> = [];
  const going: Promise<void>[] = [];
  for (const [at, { tenant, hasWaited, tookMs, later }] of all.entries()) {
    for (let round = 0; round < later; round += 1) await nextRound();
    events.push({ at, has: 'asked' });
    const turn = hasWaited ? turns[at]?.() : take(tenant);
    const gone = Promise.resolve(turn).then(() => {
      events.push({ at, has: 'gone' });
      ms += tookMs;
    });
    going.push(gone);
    for (let step = 0; step < 5; step += 1) await Promise.resolve();
  }
  await Promise.all(going);
  return events;
}

interface Waiting {
  at: number;
  /** The requests that proceeded while it waited. */
  passed: number[];
}

describe('whatever is asked, how long it takes and when,', () => {
  const each = (check: (all: readonly Asked[], gone: number[], waiting: Waiting[]) => void) =>
    fc.assert(
      fc.asyncProperty(fc.array(asked, { maxLength: 30, size: 'max' }), async (all) => {
        const events = await eventsOf(all);
        const gone = events.filter(({ has }) => has === 'gone').map(({ at }) => at);
        const waiting = gone.map((at) => {
          const [from, to] = ['asked', 'gone'].map((has) =>
            events.findIndex((event) => event.at === at && event.has === has),
          );
          const between = events.slice(from, to).filter(({ has }) => has === 'gone');
          return { at, passed: between.map((event) => event.at) };
        });
        check(all, gone, waiting);
      }),
      { numRuns },
    );
  test(
    'no request of a tenant proceeds before one that the same tenant has sent earlier',
    async () => {
      await each((all, gone) => {
        for (const tenant of ['acme', 'bolt', 'core']) {
          const own = gone.filter((at) => all[at]?.tenant === tenant);
          expect(own).toEqual(own.toSorted((a, b) => a - b));
        }
      });
    },
    TIMEOUT_MS,
  );

  test(
    'a tenant whose request waits lets each other tenant proceed once at most',
    async () => {
      await each((all, _gone, waiting) => {
        for (const { at, passed } of waiting) {
          const own = passed.findLastIndex((other) => all[other]?.tenant === all[at]?.tenant);
          const others = passed.slice(own + 1).map((other) => all[other]?.tenant);
          expect(others).toEqual([...new Set(others)]);
        }
      });
    },
    TIMEOUT_MS,
  );
});
