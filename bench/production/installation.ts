import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The content of a container: the built service and its production packages. */
export interface Installation {
  main: string;
  /** Their size on disk in MiB, like `du`. */
  megabytes: number;
  packages: number;
}

const root = join(import.meta.dirname, '../..');
const TAKEN_ALONG = ['package.json', 'package-lock.json', '.npmrc', 'dist'];
const BLOCK_BYTES = 512;

export function install(folder: string): Installation {
  for (const name of TAKEN_ALONG) cpSync(join(root, name), join(folder, name), { recursive: true });
  npm(['ci', '--omit=dev', '--no-fund', '--no-audit'], folder);
  const modules = join(folder, 'node_modules');
  const paths = readdirSync(modules, { recursive: true, encoding: 'utf8' });
  const blocks = paths.map((path) => statSync(join(modules, path)).blocks);
  return {
    main: join(folder, 'dist/main.js'),
    megabytes: (sum(blocks) * BLOCK_BYTES) / 2 ** 20,
    packages: installedPackages(folder),
  };
}

/** The installed packages according to npm, including nested ones. */
function installedPackages(folder: string): number {
  const text = readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8');
  const { packages } = JSON.parse(text) as { packages: Record<string, object> };
  return Object.keys(packages).length;
}

/** Prints npm's output only if it fails. */
export function npm(args: readonly string[], folder: string): void {
  execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
