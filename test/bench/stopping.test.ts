import { expect, test } from '@jest/globals';
import { findRedis } from '../support/redis.ts';
import { runBench } from './run.ts';

const withRedis = findRedis() ? test : test.skip;
if (!findRedis()) console.log('Skipped: rolling restarts, since Redis is not installed.');

/** 50 rounds and 20 restarts are a command of their own, see bench/stopping/run.ts. */
withRedis(
  'neither a SIGTERM to the process group nor a rolling restart under load loses an operation',
  async () => {
    const output = await runBench('stopping', ['--rounds', '1', '--restarts', '1']);
    expect(output).toMatch(/operations accepted and lost +0\n/);
    expect(output).toMatch(/operations lost +0\nendings +0 2\n/);
    expect(output).toContain('All bounds hold.');
  },
  90_000,
);
