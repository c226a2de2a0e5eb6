import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { providers } from '../../src/providers/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { NODE } from '../support/process.ts';
import { runMain, startServiceProcess } from '../support/service-process.ts';
import { isProduction, lockedPackages, readLock, root } from './lock.ts';

let sandbox: Sandbox;
let folder: string;
beforeEach(async () => {
  sandbox = await startSandbox();
  folder = mkdtempSync(join(tmpdir(), 'badges-modules-'));
});
afterEach(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

const ROUTER_SECRET = 'of-the-router-01';
/** Of each provider, also of one that is added later. */
const DEMO_BADGES = 8;

/** Starts Node with an observer that writes the URL of each module to this file. */
function observing(list: string): string {
  const hook = `
    import { appendFileSync } from 'node:fs';
    import { registerHooks } from 'node:module';
    registerHooks({
      load(url, context, next) {
        appendFileSync(${JSON.stringify(list)}, url + '\\n');
        return next(url, context);
      },
    });`;
  return `--import data:text/javascript,${encodeURIComponent(hook)}`;
}

/** The files of such a list, as paths from the root. */
function filesIn(list: string): string[] {
  return readFileSync(list, 'utf8')
    .split('\n')
    .filter((url) => url.startsWith('file:'))
    .map((url) => fileURLToPath(url).slice(root.length + 1));
}

/** Every file that the service has loaded by the time it has answered a query. */
async function loadedBy(env: Readonly<Record<string, string>>): Promise<string[]> {
  const list = join(folder, 'loaded');
  const service = await startServiceProcess({
    ...sandbox.variables,
    HOST: '127.0.0.1',
    ROUTER_SECRET,
    STATE_DIR: folder,
    NODE_OPTIONS: observing(list),
    ...env,
  });
  try {
    const headers = { 'content-type': 'application/json', 'router-authorization': ROUTER_SECRET };
    const body = JSON.stringify({ query: '{ badges { totalCount } }' });
    const answer = await fetch(service.url, { method: 'POST', headers, body });
    const totalCount = DEMO_BADGES * providers.length;
    expect(await answer.json()).toMatchObject({ data: { badges: { totalCount } } });
    await fetch(new URL('/', service.url), { headers });
  } finally {
    await service.kill();
  }
  return filesIn(list);
}

/** The innermost package that a file belongs to, as the lock names its folder. */
function packageFolderOf(file: string): string {
  return /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? '';
}

/** What Fastify loads by default for the schemas of routes. No route has one. */
const FOR_ROUTE_SCHEMAS =
  /node_modules\/(ajv|@fastify\/ajv-compiler|@fastify\/fast-json-stringify-compiler)\//;

const ONLY_DEVELOPMENT = /render-graphiql|pino-pretty|dist\/sandbox\//;

test('in production nothing is loaded that only development, Redis or schemas of routes need', async () => {
  const loaded = await loadedBy({ NODE_ENV: 'production' });
  expect(loaded).toContain('dist/process.js');
  expect(loaded.filter((file) => ONLY_DEVELOPMENT.test(file))).toEqual([]);
  expect(loaded.filter((file) => file.includes('/@redis/'))).toEqual([]);
  expect(loaded.filter((file) => FOR_ROUTE_SCHEMAS.test(file))).toEqual([]);

  const shipped = new Set(
    lockedPackages(readLock())
      .filter(isProduction)
      .map(({ path }) => path),
  );
  const packages = new Set(loaded.map(packageFolderOf).filter((path) => path !== ''));
  expect(packages.size).toBeGreaterThan(50);
  expect([...packages].filter((path) => !shipped.has(path))).toEqual([]);
});

test('in development it is, which shows that such a load is seen', async () => {
  const loaded = await loadedBy({ NODE_ENV: 'development', SANDBOX: 'true', PLAYGROUND: 'true' });
  const seen = loaded.map((file) => ONLY_DEVELOPMENT.exec(file)?.[0]);
  expect(new Set(seen)).toEqual(
    new Set([undefined, 'render-graphiql', 'pino-pretty', 'dist/sandbox/']),
  );
});

test("the server does not load Node's own undici, which an import of node:http would do", async () => {
  const load = (module: string) =>
    `await import(${JSON.stringify(module)}); console.log(process.moduleLoadList.some((name) => name.endsWith('undici/undici')));`;
  const run = promisify(execFile);
  const loads = async (module: string) =>
    (await run(NODE, ['--input-type=module', '--eval', load(module)])).stdout.trim();
  expect(await loads(pathToFileURL(join(root, 'dist/server/server.js')).href)).toBe('false');
  expect(await loads('node:http')).toBe('true');
});

test('a command loads no server', async () => {
  const list = join(folder, 'loaded');
  const env = { ...sandbox.variables, STATE_DIR: folder, NODE_OPTIONS: observing(list) };
  const { code } = await runMain({ args: ['--check-config'], env });
  expect(code).toBe(0);
  const loaded = filesIn(list);
  expect(loaded).toContain('dist/commands.js');
  expect(loaded.filter((file) => /^dist\/server\/server|fastify|@apollo/.test(file))).toEqual([]);
});
