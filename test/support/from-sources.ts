/**
 * Lets Node load the service from its sources, for tests and for `npm run dev`, and other files that have decorators.
 * Each file is compiled when it is loaded, so that Node itself can restart the service when a file changes. It does not
 * check types: editors and `npm run check` do.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const SOURCES = ['../../src/', '../../bench/peers/', '../conformance/'].map(
  (path) => new URL(path, import.meta.url).href,
);

registerHooks({
  load(url, context, loadNext) {
    if (!SOURCES.some((folder) => url.startsWith(folder))) return loadNext(url, context);
    const filename = fileURLToPath(url);
    if (!filename.endsWith('.ts')) return loadNext(url, context);
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      filename,
      swcrc: false,
      sourceMaps: 'inline',
      jsc: {
        target: 'es2023',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, useDefineForClassFields: false },
      },
      module: { type: 'es6' },
    });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
