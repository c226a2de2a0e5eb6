import { setImmediate as nextRound } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createTurns } from '../../src/server/limits/turns-plugin.ts';

/** In which round of the event loop each of them went on. */
async function roundsOf(turns: readonly Promise<void>[]): Promise<number[]> {
  const rounds: number[] = [];
  let round = 0;
  turns.forEach((turn) => void turn.then(() => rounds.push(round)));
  while (rounds.length < turns.length) {
    await nextRound();
    round += 1;
  }
  return rounds;
}

test('who comes alone goes on at once, also after others', async () => {
  const turn = createTurns();
  await turn();
  await roundsOf([turn(), turn()]);
  for (let round = 0; round < 5; round += 1) await nextRound();
  expect(await roundsOf([turn()])).toEqual([0]);
});

test('those who come together go on one after the other, with free rounds between them', async () => {
  const turn = createTurns();
  const [first = NaN, second = NaN, third = NaN] = await roundsOf([turn(), turn(), turn()]);
  expect(first).toBe(0);
  expect(second - first).toBeGreaterThanOrEqual(2);
  expect(third - second).toBeGreaterThanOrEqual(2);
});
