import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { findRedis } from '../support/redis.ts';

const root = join(import.meta.dirname, '../..');
const isInstalled = findRedis() !== undefined;
if (!isInstalled)
  console.log('Skipped: reads after writes at three replicas, since Redis is not installed.');

/** `npm test` builds first. 1,000 writes are a command of their own, see bench/read-your-writes/run.ts. */
(isInstalled ? test : test.skip)(
  'once a write is answered, no replica shows what was before, whatever lists arrive late',
  async () => {
    if (!existsSync(join(root, 'dist/service.js')))
      throw new Error('dist/ is missing: run npm run build');

    const run = join(root, 'bench/read-your-writes/run.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [run, '--runs', '60']);
    expect(stdout).toMatch(/runs +60\n/);
    expect(stdout).toMatch(/reads in flight at the end of a write +[1-9]\d*\n/);
    expect(stdout).toMatch(/lists held back until after the write +[1-9]\d*\n/);
    expect(stdout).toMatch(/violations +0\n/);
  },
);
