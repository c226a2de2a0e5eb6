import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Outcome } from '../../bench/attacks/carry-out.ts';
import { problemsOf, toRow } from '../../bench/attacks/report.ts';
import { GARBAGE_PERCENT, readUsage, toUsed } from '../../bench/attacks/usage.ts';

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
  keptGrowthMB: 63,
  rssGrowthMB: 103,
  garbageMB: 40,
  logMB: 0.9,
  stateMB: 63,
  hasEnded: false,
};

test('an attack that costs others less than the bounds is no problem', () => {
  expect(problemsOf(withinBounds)).toEqual([]);
  expect(toRow(withinBounds)).toMatch(/^an attack +99 ms +99 ms +0 +99 ms +99 ms/);
});

test('what the service may keep by a budget is allowed beside that', () => {
  const grown = { ...withinBounds, growthMB: 100, keptGrowthMB: 100, rssGrowthMB: 140 };
  expect(problemsOf(grown)).toHaveLength(3);
  expect(problemsOf({ ...grown, keptMB: 64 })).toEqual([]);
});

test.each<readonly [string, Partial<Outcome>]>([
  ['p99 of the other tenant, ms: 101', { other: heard(101) }],
  ['p99 of /health/live, ms: 101', { health: heard(101) }],
  ['work at a time, ms: 101', { busyMs: 101 }],
  ['growth of the memory in use, MB: 65', { growthMB: 65 }],
  ['growth of the memory that V8 cannot give back, MB: 65', { keptGrowthMB: 65 }],
  ['growth of the resident memory, MB: 105', { rssGrowthMB: 105 }],
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
    kept: (rss - 10) * MB,
    rss: rss * MB,
  });
  const used = toUsed({
    before: [usage(900, 100), usage(1, 80)],
    during: [usage(3, 150), usage(8, 90)],
    collected: [{ ...usage(700, 300), inUse: 110 * MB, kept: 145 * MB }],
  });
  expect(used).toEqual({
    stallMs: 8,
    busyMs: 4,
    growthMB: 60,
    keptGrowthMB: 55,
    rssGrowthMB: 50,
    garbageMB: 88,
  });
});

test('memory that the service did not tell is within no bound', () => {
  const usage = { stallMs: 1, busyMs: 1, inUse: MB, rss: MB };
  const told = { ...usage, kept: MB };
  const used = toUsed({ before: [told], during: [usage], collected: [usage] });
  expect(problemsOf({ ...withinBounds, ...used })).toEqual([
    'an attack: growth of the memory that V8 cannot give back, MB: NaN, bound 64',
  ]);
});

test('as much garbage is allowed as V8 is told to allow', () => {
  const settings = readFileSync(join(import.meta.dirname, '../../src/v8.ts'), 'utf8');
  expect(settings).toContain(`'--heap-growing-percent=${GARBAGE_PERCENT}'`);
});

test('a line for each hundredth request is allowed beside a log of 1 MB, as LOG_SAMPLE asks for', () => {
  const many = {
    ...withinBounds,
    attacker: { ...heard(1), latencies: Array<number>(350_000).fill(1) },
  };
  expect(problemsOf({ ...many, logMB: 2.3 })).toEqual([]);
  expect(problemsOf({ ...many, logMB: 2.4 })).toHaveLength(1);
});

test('a line of the log is no usage', () => {
  expect(readUsage('{"level":30}')).toBeUndefined();
  expect(readUsage('usage: {"stallMs":1,"busyMs":2,"rss":3}')).toEqual({
    stallMs: 1,
    busyMs: 2,
    rss: 3,
  });
});
