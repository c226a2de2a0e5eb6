/**
 * Runs tests in a copy in which the fictitious forum is registered, to find tests that count or enumerate the
 * providers: node test/conformance/run-with-forum.ts test/graph test/sandbox
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { copyWithForum, root } from './copy.ts';

const patterns = process.argv.slice(2);
if (patterns.length === 0) throw new Error('Name the tests to run, such as test/graph.');
const folder = await copyWithForum([
  'test',
  'docs',
  'schema',
  'bench',
  'examples',
  'README.md',
  'codegen.ts',
]);
try {
  const { status } = spawnSync(
    process.execPath,
    ['--max-old-space-size=1024', join(root, 'node_modules/jest/bin/jest.js'), ...patterns],
    { cwd: folder, stdio: 'inherit' },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
