import { expect, test } from '@jest/globals';
import type { Outcome } from '../../bench/attacks/carry-out.ts';
import { problemsOf, toRow } from '../../bench/attacks/report.ts';
import { readUsage, toUsed } from '../../bench/attacks/usage.ts';

const MB = 1024 * 1024;
const heard = (ms: number, statuses: Record<string, number> = { 200: 100 }) => ({
  latencies: Array<number>(100).fill(ms),
  statuses,
  failed: 0,
});
const withinBounds: Outcome = {
  name: 'an attack',
  what: 'a flood',
  keptMB: 0,
  other: heard(99),
  health: heard(99),
  attacker: heard(5_000, { 400: 100 }),
  stallMs: 99,
  busyMs: 99,
  growthMB: 63,
  rssGrowthMB: 63,
  logMB: 0.9,
  stateMB: 63,
  hasEnded: false,
};

test('an attack that costs others less than the bounds is no problem', () => {
  expect(problemsOf(withinBounds)).toEqual([]);
  expect(toRow(withinBounds)).toMatch(/^an attack +99 ms +99 ms +0 +99 ms +99 ms/);
});

test('what the service may keep by a budget is allowed beside that', () => {
  const grown = { ...withinBounds, growthMB: 100, rssGrowthMB: 100 };
  expect(problemsOf(grown)).toHaveLength(2);
  expect(problemsOf({ ...grown, keptMB: 64 })).toEqual([]);
});

test.each<readonly [string, Partial<Outcome>]>([
  ['p99 of the other tenant, ms: 101', { other: heard(101) }],
  ['p99 of /health/live, ms: 101', { health: heard(101) }],
  ['work at a time, ms: 101', { busyMs: 101 }],
  ['growth of the memory in use, MB: 65', { growthMB: 65 }],
  ['growth of the resident memory, MB: 65', { rssGrowthMB: 65 }],
  ['growth of the state, MB: 65', { stateMB: 65 }],
  ['log, MB: 2', { logMB: 2 }],
  ['failed requests of the other tenant: 1', { other: heard(9, { 200: 99, 503: 1 }) }],
  ['failed requests of the other tenant: 2', { other: { ...heard(9), failed: 2 } }],
])('an attack that costs more is told: %s', (what, more) => {
  const told = problemsOf({ ...withinBounds, ...more });
  expect(told).toEqual([expect.stringMatching(`^an attack: ${what}, bound `)]);
});

test('a service that has ended is told', () => {
  const told = problemsOf({ ...withinBounds, hasEnded: true });
  expect(told).toEqual(['an attack: the service has ended']);
});

test('memory is compared with the most that was used before, and work with nothing', () => {
  const usage = (stallMs: number, rss: number) => ({
    stallMs,
    busyMs: stallMs / 2,
    inUse: (rss / 2) * MB,
    rss: rss * MB,
  });
  const used = toUsed({
    before: [usage(900, 100), usage(1, 80)],
    during: [usage(3, 150), usage(8, 90)],
    collected: [{ ...usage(700, 300), inUse: 110 * MB }],
  });
  expect(used).toEqual({ stallMs: 8, busyMs: 4, growthMB: 60, rssGrowthMB: 50 });
});

test('a line of the log is no usage', () => {
  expect(readUsage('{"level":30}')).toBeUndefined();
  expect(readUsage('usage: {"stallMs":1,"busyMs":2,"rss":3}')).toEqual({
    stallMs: 1,
    busyMs: 2,
    rss: 3,
  });
});
