import { readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { readText, root } from './lock.ts';

/** Imports as `importing file: imported file`, both relative to the root of the repository. */
function importsOf(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))
    .flatMap((file) =>
      ts
        .preProcessFile(readText(file), true, true)
        .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
        .map(({ fileName }) => `${file}: ${normalize(join(dirname(file), fileName))}`),
    );
}

test('no test imports a benchmark, except the tests of the benchmarks: what both need is in test/support', () => {
  const imports = importsOf('test');
  expect(imports.length).toBeGreaterThan(500);
  expect(imports.filter((each) => /^test\/(?!bench\/).*: bench\//.test(each))).toEqual([]);
});

test('a worker holds the tests of one file only, however many it has run', () => {
  const states = Object.getOwnPropertySymbols(globalThis).filter(
    ({ description }) => description === 'JEST_STATE_SYMBOL',
  );
  expect(states).toHaveLength(1);
});
