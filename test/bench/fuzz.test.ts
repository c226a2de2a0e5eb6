import { expect, test } from '@jest/globals';
import { runBench } from './run.ts';

/** Fifty thousand are a command of their own, see bench/fuzz/run.ts. */
const SIZE = ['--documents', '2000', '--seed', '1'];

test('valid, nearly valid and wild documents get answers of the graph with known codes, and nothing fails', async () => {
  const output = await runBench('fuzz', SIZE);
  expect(output).toContain('2000 documents, seed 1');
  expect(output).toContain('All bounds hold.');
}, 120_000);
