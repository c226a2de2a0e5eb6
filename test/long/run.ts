/** Runs the long tests, or those with matching names: npm run test:long -- --size=full [--seed=1] [--runs=1000] [fuzz roles …] */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: 'short' },
    runs: { type: 'string' },
    seed: { type: 'string' },
  },
});
const root = join(import.meta.dirname, '../..');
const patterns = positionals.length > 0 ? positionals : [''];
const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/jest/bin/jest.js'),
    '--runInBand',
    ...patterns.map((name) => `test/long/${name}`),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      SIZE: values.size,
      ...(values.runs === undefined ? {} : { RUNS: values.runs }),
      ...(values.seed === undefined ? {} : { SEED: values.seed }),
    },
  },
);
process.exitCode = status ?? 1;
