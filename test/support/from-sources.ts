/**
 * Lets Node load the service from its sources, for tests and for `npm run dev`, and other files that have decorators.
 * Each file is compiled when it is loaded, so that Node itself can restart the service when a file changes. It does not
 * check types: editors and `npm run check` do.
 */
import { hash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as swc from '@swc/core';

const SOURCES = ['../../src/', '../../bench/peers/', '../conformance/'].map(
  (path) => new URL(path, import.meta.url).href,
);

/** A folder for compiled files, which several processes may share. */
const { COMPILED_SOURCES } = process.env;

const require = createRequire(import.meta.url);

registerHooks({
  load(url, context, loadNext) {
    if (!SOURCES.some((folder) => url.startsWith(folder))) return loadNext(url, context);
    const filename = fileURLToPath(url);
    if (!filename.endsWith('.ts')) return loadNext(url, context);
    const text = readFileSync(filename, 'utf8');
    const source =
      COMPILED_SOURCES === undefined
        ? compile(filename, text)
        : compileOnce(COMPILED_SOURCES, filename, text);
    return { format: 'module', source, shortCircuit: true };
  },
});

function compileOnce(folder: string, filename: string, text: string): string {
  const kept = join(folder, hash('sha1', filename + text));
  if (existsSync(kept)) return readFileSync(kept, 'utf8');
  const code = compile(filename, text);
  const unfinished = `${kept}-${process.pid}`;
  writeFileSync(unfinished, code);
  renameSync(unfinished, kept);
  return code;
}

function compile(filename: string, text: string): string {
  // Loaded only here: it is large, and not needed for files that are compiled already.
  const { transformSync } = require('@swc/core') as typeof swc;
  return transformSync(text, {
    filename,
    swcrc: false,
    sourceMaps: 'inline',
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, useDefineForClassFields: false },
    },
    module: { type: 'es6' },
  }).code;
}
