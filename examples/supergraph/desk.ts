import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Where the gateway serves the badge desk. */
export const DESK_PATH = '/desk/';

/** Answers a request for one of its files. */
export type Desk = (path: string, response: ServerResponse) => void;

const FOLDER = join(import.meta.dirname, '../badge-desk');
const BUILT = join(FOLDER, 'dist');
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
  /** Said before it begins. */
  text: string;
  args: readonly string[];
}

const INSTALL: Step = {
  text: 'Installing the packages of the badge desk',
  // Without a network it fails at once instead of after minutes.
  args: ['ci', '--fetch-retries=0', '--no-fund', '--no-audit'],
};
const BUILD: Step = { text: 'Building the badge desk', args: ['run', 'build'] };

/** Installs and builds the badge desk where that is needed, and says so. Rejects with what is missing. */
export async function prepareDesk({ say }: { say: (text: string) => void }): Promise<Desk> {
  const steps = [...(hasPackages() ? [] : [INSTALL]), ...(isBuilt() ? [] : [BUILD])];
  for (const step of steps) {
    say(step.text);
    await run(step);
  }
  return readDesk();
}

/** The desk as it was built. */
export function readDesk(): Desk {
  const files = new Map(
    filesOf(BUILT).map((name) => [`${DESK_PATH}${name}`, toFile(join(BUILT, name))]),
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

function hasPackages(): boolean {
  const installed = join(FOLDER, 'node_modules/.package-lock.json');
  return (
    existsSync(installed) && changedAt(installed) >= changedAt(join(FOLDER, 'package-lock.json'))
  );
}

/** Whether nothing has changed since it was built. */
function isBuilt(): boolean {
  const page = join(BUILT, 'index.html');
  const sources = [
    'index.html',
    'package-lock.json',
    'vite.config.ts',
    ...filesOf(join(FOLDER, 'src')).map((name) => join('src', name)),
  ];
  return (
    existsSync(page) && sources.every((name) => changedAt(join(FOLDER, name)) <= changedAt(page))
  );
}

const changedAt = (path: string): number => statSync(path).mtimeMs;

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
}

async function run({ args }: Step): Promise<void> {
  const child = spawn('npm', args, {
    cwd: FOLDER,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: WITHIN_MS,
  });
  process.once('exit', () => child.kill());
  const output = collect(child);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  const reason = output().trim().split('\n').slice(-4).join('\n');
  throw new Error(`\`npm ${args.join(' ')}\` failed in examples/badge-desk:\n${reason}`);
}

function collect({ stdout, stderr }: ChildProcess): () => string {
  let text = '';
  for (const stream of [stdout, stderr])
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}
