import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type FaultyService,
  SIDES,
  sourceOf,
  startFaultyService,
} from '../faults/faulty-service.ts';
import { codesOf } from '../support/writing.ts';

/** A cache between the service and a provider, which says how old its answers are. */

let faulty: FaultyService;
beforeAll(async () => {
  faulty = await startFaultyService();
});
afterAll(() => faulty.close());
beforeEach(() => faulty.reset());

const SECOND = 1_000;

describe.each(SIDES)('a list of $title', (side) => {
  const calls = () => faulty.standIn(side).requests.length;
  const answersWithAge = (age: string) =>
    faulty.standIn(side).faults.set('listBadges', { kind: 'headers', headers: { age } });
  /** How old the list says that it is, milliseconds. */
  const ageOf = (asOf: string | null | undefined) => faulty.clock.now() - Date.parse(asOf ?? '');

  test.each([
    ['20', 20],
    ['0', 0],
    ['007', 7],
    ['5, 20', 20],
    ['-5', 0],
    ['1.5', 0],
    ['soon', 0],
    ['', 0],
  ])('with Age: %s is as of %i seconds before its request', async (age, seconds) => {
    answersWithAge(age);
    const answer = await faulty.read(side);
    expect(answer.errors).toBeUndefined();
    const ageMs = ageOf(sourceOf(answer, side)?.asOf);
    expect(ageMs).toBeGreaterThanOrEqual(seconds * SECOND);
    expect(ageMs).toBeLessThan((seconds + 5) * SECOND);
  });

  test('is fresh for only so long as it would be without that cache', async () => {
    answersWithAge('20');
    const answer = await faulty.read(side);
    expect(answer.headers.get('cache-control')).toMatch(/^private, max-age=(9|10)$/);
    faulty.clock.skip(5 * SECOND);
    expect(sourceOf(await faulty.read(side), side)?.state).toBe('CACHED');
    faulty.clock.skip(6 * SECOND);
    expect(sourceOf(await faulty.read(side), side)?.state).toBe('FRESH');
    expect(calls()).toBe(2);
  });

  test('that is older than it may be fresh is asked for again each time', async () => {
    answersWithAge('31');
    await faulty.read(side);
    const again = await faulty.read(side);
    expect(sourceOf(again, side)?.state).toBe('FRESH');
    expect(again.headers.get('cache-control')).toBe('private, max-age=0');
    expect(calls()).toBe(2);
  });

  test('from before a write is kept for nobody', async () => {
    await faulty.read(side);
    expect(codesOf(await faulty.mutate(side.update))).toEqual([]);
    faulty.clock.skip(5 * SECOND);
    answersWithAge('20');
    await faulty.read(side);
    faulty.standIn(side).faults.clear();
    const calledBefore = calls();
    expect(sourceOf(await faulty.read(side), side)?.state).toBe('FRESH');
    expect(calls()).toBe(calledBefore + 1);
  });

  test('from after a write is kept', async () => {
    expect(codesOf(await faulty.mutate(side.update))).toEqual([]);
    faulty.clock.skip(10 * SECOND);
    answersWithAge('5');
    await faulty.read(side);
    expect(sourceOf(await faulty.read(side), side)?.state).toBe('CACHED');
  });
});
