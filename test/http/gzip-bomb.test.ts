import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

/** `npm test` builds first. */
test('1 MB of gzip that inflates to 100 MB is refused, and costs less than 32 MB', async () => {
  if (!existsSync(join(root, 'dist/http/provider-http.js')))
    throw new Error('dist/ is missing: run npm run build');

  const bench = join(root, 'bench/gzip-bomb/run.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [bench]);
  expect(stdout).toMatch(/bytes of the bomb on the wire +\d{6,7}\n/);
  expect(stdout).toMatch(/the call ended as +PROVIDER bad-response\n/);
});
