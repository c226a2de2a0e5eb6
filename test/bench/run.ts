import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');

/** Runs a command of bench/ and gives what it printed. Rejects when one of its bounds does not hold. */
export async function runBench(name: string, args: readonly string[]): Promise<string> {
  if (!existsSync(join(root, 'dist/main.js')))
    throw new Error('dist/ is missing: run npm run build');
  const script = join(root, 'bench', name, 'run.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args]);
  return stdout;
}
