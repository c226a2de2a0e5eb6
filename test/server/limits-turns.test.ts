import { setImmediate as nextRound } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createFairQueue } from '../../src/server/request.ts';

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
