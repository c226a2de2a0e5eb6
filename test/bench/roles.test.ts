import { expect, test } from '@jest/globals';
import { findRedis } from '../support/redis.ts';
import { runBench } from './run.ts';

const withRedis = findRedis() ? test : test.skip;
if (!findRedis())
  console.log('Skipped: Redis that swaps roles under load, since it is not installed.');

/** Five swaps are a command of their own, see bench/roles/run.ts. */
withRedis(
  'when servers of Redis swap roles under load, nothing is written twice, and changes are taken again within seconds',
  async () => {
    const output = await runBench('roles', ['--swaps', '1']);
    expect(output).toMatch(/changes with a key, answered +[1-9]\d+\n/);
    expect(output).toMatch(/changes that the provider saw twice +0\n/);
    expect(output).toMatch(/pairs of which both were made +0\n/);
    expect(output).toContain('All bounds hold.');
  },
  90_000,
);
