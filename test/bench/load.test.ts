import { expect, test } from '@jest/globals';
import { findRedis } from '../support/redis.ts';
import { runBench } from './run.ts';

const withRedis = findRedis() ? test : test.skip;
if (!findRedis()) console.log('Skipped: load on replicas, since Redis is not installed.');

/** A thousand clients for a minute are a command of their own, see bench/load/run.ts. */
const SIZE = ['--clients', '60', '--processes', '2', '--seconds', '8', '--think-ms', '500'];

withRedis(
  'replicas that lose Redis under load and find it again answer every read, within the limit',
  async () => {
    const output = await runBench('load', [...SIZE, '--lose-redis']);
    expect(output).toMatch(/reads by HTTP status +200 [1-9]\d{2,}\n/);
    expect(output).toMatch(/reads by error code +none\n/);
    expect(output).toMatch(/writes by error code +none\n/);
    expect(output).toMatch(/writes by warning +NOT_RECORDED [1-9]\d*\n/);
    expect(output).toMatch(/requests in any 10 s, most +\d{1,2}\n/);
    expect(output).toContain('All bounds hold.');
  },
  90_000,
);
