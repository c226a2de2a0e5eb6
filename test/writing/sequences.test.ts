import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

/** `npm test` builds first. 10,000 sequences are a command of their own, see bench/sequences/run.ts. */
test('whatever sequence of mutations, faults, repeats, kills and restarts: no key stands for two writes', async () => {
  if (!existsSync(join(root, 'dist/main.js')))
    throw new Error('dist/ is missing: run npm run build');

  const run = join(root, 'bench/sequences/run.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [run, '--runs', '300']);
  expect(stdout).toMatch(/sequences +300\n/);
  expect(stdout).toMatch(/repeats of a key with a write +[1-9]\d*\n/);
  expect(stdout).toMatch(/kills in the middle of a write +[1-9]\d*\n/);
  expect(stdout).toMatch(/two writes, or a false outcome +0\n/);
}, 60_000);
