import { expect, test } from '@jest/globals';
import { runBench } from './run.ts';

/** An hour is a command of its own, see bench/soak/run.ts. */
test('a process under mixed load with faults keeps no socket, and ends by itself', async () => {
  const output = await runBench('soak', ['--minutes', '0.33', '--faults']);

  expect(output).toMatch(/reads by HTTP status +200 [1-9]\d{2,}\n/);
  expect(output).toMatch(/faults switched on +[1-9]/);
  expect(output).toMatch(/ended after SIGTERM +code 0, \d+ ms\n/);
  expect(output).toMatch(/lines that are no log +0\n/);
  expect(output).toContain('All bounds hold.');
}, 120_000);
