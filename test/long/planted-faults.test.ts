import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MUTATIONS } from './planted-faults/mutations.ts';
import { TIMEOUT_MS, isShort } from './size.ts';

const root = join(import.meta.dirname, '../..');
const COPIED = ['src', 'test', 'package.json', 'tsconfig.json'];
/** Every kind of request comes several times. The comparison ends with the third difference. */
const REQUESTS = '6000';

/** A copy of the sources, in which faults are planted. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'badges-mutations-'));
  for (const name of COPIED) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the comparison of both ways reports. Empty if it found no difference. */
function compare(): string {
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings=ExperimentalWarning',
      join(root, 'node_modules/jest/bin/jest.js'),
      '--runInBand',
      'test/long/fast-path.test',
      '-t',
      'router',
    ],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, SIZE: 'short', RUNS: REQUESTS, SEED: '7' },
    },
  );
  return status === 0 ? '' : stderr;
}

const all = Object.entries(MUTATIONS);
if (isShort)
  console.log(`Skipped: ${all.length - 1} of ${all.length} mutations. A full run has them.`);

test('every fault has its place in the sources', () => {
  const misplaced = all.filter(([, { file, from }]) => {
    const source = readFileSync(join(root, 'src/server/fast-path', file), 'utf8');
    return source.split(from).length !== 2;
  });
  expect(misplaced.map(([what]) => what)).toEqual([]);
});

test.each(isShort ? all.slice(0, 1) : all)(
  'the comparison of both ways finds that %s',
  (_what, { file, from, to }) => {
    const path = join(folder, 'src/server/fast-path', file);
    const source = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      source.replace(from, () => to),
    );
    const report = compare();
    writeFileSync(path, source);
    // Where the learner finds it first, nothing is answered fast.
    expect(report).toMatch(/"full": "HTTP\/1.1|Expected: > 0.3/);
  },
  TIMEOUT_MS,
);
