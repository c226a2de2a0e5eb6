import { expect, test } from '@jest/globals';
import { runBench } from './run.ts';

const SIZE = ['--badges', '20', '--tenants', '2', '--processes', '1', '--load-ms', '20'];

test('lists that change are read again without work that keeps others waiting', async () => {
  const output = await runBench('growth', SIZE);
  expect(output).toMatch(
    /^\| 1 \| 20 \| 2 \| \d+ MiB \| \d+ \(\d+\) ms \| – \| \d+ \(\d+\) ms \| \d+ \(\d+\) ms \| \d+ µs \| – \| – \|$/m,
  );
  expect(output).toContain('All bounds hold.');
}, 60_000);
