import { expect, test } from '@jest/globals';
import { runBench } from './run.ts';

/** A minute of each kind of outage is a command of its own, see bench/outage/run.ts. */
const SIZE = ['--clients', '200', '--seconds', '7', '--fresh-seconds', '2'];

test('cold queries at once make one call to each provider, and one that is down is asked as its log explains', async () => {
  const output = await runBench('outage', [...SIZE, '--rounds', 'unavailable']);
  expect(output).toMatch(/whole answers +200, 200\n/);
  expect(output).toMatch(/calls to each provider +1, 1\n/);
  expect(output).toMatch(/openings +at \S+ s for \S+ s\n/);
  expect(output).toMatch(/calls +6\n/);
  expect(output).toMatch(/explained +6 = 5 until it opened \+ 0 failed probes \+ 1 good one\n/);
  expect(output).toContain('All bounds hold.');
}, 120_000);
