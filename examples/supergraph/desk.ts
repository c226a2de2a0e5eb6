import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { extname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Where the gateway serves the badge desk. */
export const DESK_PATH = '/desk/';

/** Answers a request for one of its files. */
export type Desk = (path: string, response: ServerResponse) => void;

const FOLDER = join(import.meta.dirname, '../badge-desk');
const WITHIN_MS = 120_000;

/** Its own scripts and styles, the graph beside it, and pictures of badges from anywhere. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; img-src 'self' data: https: http://127.0.0.1:*; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string | undefined>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

interface Step {
  text: string;
  args: readonly string[];
  problem: string;
}

const INSTALL: Step = {
  text: 'Installing the packages of the badge desk',
  // Without a network it fails at once instead of after minutes.
  args: ['ci', '--fetch-retries=0', '--no-fund', '--no-audit'],
  problem: 'Its packages are missing, and `npm ci` cannot install them',
};
const BUILD: Step = {
  text: 'Building the badge desk',
  args: ['run', 'build'],
  problem: '`npm run build` fails',
};

export interface DeskOptions {
  folder?: string | undefined;
  /** Told what takes a while. */
  say: (text: string) => void;
}

/** Installs and builds the badge desk where that is needed. Rejects with what is missing. */
export async function prepareDesk({ folder = FOLDER, say }: DeskOptions): Promise<Desk> {
  for (const [step, isDone] of [
    [INSTALL, hasPackages],
    [BUILD, isBuilt],
  ] as const) {
    if (isDone(folder)) continue;
    say(step.text);
    await run(step, folder);
  }
  return readDesk(join(folder, 'dist'));
}

function readDesk(built: string): Desk {
  const files = new Map(
    filesOf(built).map((name) => [`${DESK_PATH}${name}`, toFile(join(built, name))]),
  );
  return (path, response) => {
    const { pathname } = new URL(path, 'http://localhost');
    const isPage = pathname === DESK_PATH;
    const file = files.get(isPage ? `${DESK_PATH}index.html` : pathname);
    if (!file) return void response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': file.type,
      'content-encoding': 'gzip',
      'content-security-policy': CONTENT_SECURITY_POLICY,
      // The names of all other files change with their content.
      'cache-control': isPage ? 'no-cache' : 'max-age=31536000, immutable',
    });
    response.end(file.body);
  };
}

function toFile(path: string): { type: string; body: Buffer } {
  return {
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    body: gzipSync(readFileSync(path)),
  };
}

/** Whether the packages of the lock are installed. Those of other platforms are optional, and missing. */
export function hasPackages(folder = FOLDER): boolean {
  const installed = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const present = packagesOf(installed);
  return Object.entries(packagesOf(join(folder, 'package-lock.json'))).every(
    ([path, { version, optional }]) =>
      path === '' || present[path]?.version === version || (optional && !present[path]),
  );
}

function packagesOf(lock: string): Record<string, { version: string; optional?: boolean }> {
  return (JSON.parse(readFileSync(lock, 'utf8')) as { packages: ReturnType<typeof packagesOf> })
    .packages;
}

/** Whether nothing has changed since it was built. */
function isBuilt(folder: string): boolean {
  const page = join(folder, 'dist/index.html');
  const sources = [
    ...['index.html', 'package-lock.json', 'vite.config.ts'],
    ...filesOf(join(folder, 'src')).map((name) => join('src', name)),
  ];
  return (
    existsSync(page) && sources.every((name) => changedAt(join(folder, name)) <= changedAt(page))
  );
}

const changedAt = (path: string): number => statSync(path).mtimeMs;

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
}

async function run({ args, problem }: Step, folder: string): Promise<void> {
  const child = spawn('npm', args, { cwd: folder, timeout: WITHIN_MS });
  const stop = (): boolean => child.kill();
  process.once('exit', stop);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  process.off('exit', stop);
  if (code === 0) return;
  const [, reason = `code ${code}`] = /(?:reason|error): (.+)/i.exec(output) ?? [];
  throw new Error(`${problem} in ${folder}: ${reason}`);
}
