import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

/** `npm test` builds first. */
test('a process killed while it writes has lost nothing that it acknowledged', async () => {
  if (!existsSync(join(root, 'dist/state/sqlite/store.js')))
    throw new Error('dist/ is missing: run npm run build');

  const loop = join(root, 'bench/kill-loop/run.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [loop, '--runs', '12']);
  expect(stdout).toMatch(/kills +12\n/);
  expect(stdout).toMatch(/acknowledged in all +[1-9]\d*\n/);
  expect(stdout).toMatch(/problems \(lost, torn, in part, mistaken\) +0\n/);
});
