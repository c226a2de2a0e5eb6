import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { COMMANDS } from '../src/commands.ts';
import { readConfig } from '../src/config/read-config.ts';
import { type Sandbox, startSandbox } from '../src/sandbox/index.ts';
import { readManifest } from './repository/lock.ts';
import { eventually } from './state/eventually.ts';
import { createCertificate } from './support/certificates.ts';
import { startForwardProxy } from './support/forward-proxy.ts';
import { NODE, NODE_ENVIRONMENT, type Watched, watchProcess } from './support/process.ts';
import { MAIN, withoutPlayground } from './support/service-process.ts';
import { execute, startTestService } from './support/service.ts';
import { startTlsFront } from './support/tls-front.ts';

/** The built programs as processes of their own. `npm test` builds them first. */
const SANDBOX = join(import.meta.dirname, '../dist/sandbox/main.js');

beforeAll(() => {
  if (!existsSync(MAIN)) throw new Error('dist/ is missing: run npm run build');
});

const { version } = readManifest();

/** Apart from the state of a service that someone runs from this folder. */
const STATE_DIR = mkdtempSync(join(tmpdir(), 'badges-process-'));
afterAll(() => rmSync(STATE_DIR, { recursive: true }));

const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

interface Run extends Pick<Watched, 'output' | 'shows'> {
  child: ChildProcess;
  exit: Promise<number | null>;
}

function run(file: string, args: string[] = [], env: Record<string, string> = {}): Run {
  return watch(spawn(NODE, [file, ...args], { env: { PORT: '0', ...NODE_ENVIRONMENT, ...env } }));
}

function runService(env: Record<string, string> = {}): Run {
  return run(MAIN, [], { ...withoutPlayground(env), ...env });
}

function watch(child: ChildProcess): Run {
  children.push(child);
  const { output, shows, ended } = watchProcess(child);
  return { child, output, shows, exit: ended.then(({ code }) => code) };
}

const ROUTER_SECRET = 'of-the-router-01';

const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.family === 'IPv6');
if (!hasIPv6) console.log('Skipped: production over IPv6, since this machine has none.');
const QUERY = '{ badges { nodes { __typename } } }';

test('without settings it says that its data is a demo, and its version, answers, and stops at SIGTERM', async () => {
  const { child, output, shows, exit } = run(MAIN);
  const [, url = '', version] = await shows(/GraphQL is at (\S+) \(version (\S+)\)/);
  expect(output().split('\n')[0]).toContain('Demo data');
  const manifest = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8');
  expect(version).toBe((JSON.parse(manifest) as { version: string }).version);

  const { data } = await execute(url, QUERY);
  expect(JSON.stringify(data)).toMatch(
    /"ReturningAIBadge".*"TagMangoBadge"|"TagMangoBadge".*"ReturningAIBadge"/,
  );

  expect(output()).toContain('<caller: anonymous>: A request was answered');

  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  // Outside production there is no delay by default.
  expect(output()).toContain(': Requests in progress may finish.');
  expect(output()).not.toContain(' 0 ms');
});

/** In a process group of its own, as a terminal or a supervisor starts it. */
function runNpmStart(env: Record<string, string>): Run {
  const npm = spawn('npm', ['start', '--ignore-scripts'], {
    cwd: join(import.meta.dirname, '..'),
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: '0',
      ...withoutPlayground(env),
      ...env,
    },
    detached: true,
  });
  return watch(npm);
}

/** Sends a write, and resolves with its pending answer once the provider has it, which takes its time. */
async function startWrite(url: string, { tagMango }: Sandbox) {
  tagMango.faults.set('updateBadge', { kind: 'delay', ms: 800 });
  const input = '{ tagMango: { id: "6657092c8142bfe0656481bf", name: "New" } }';
  const answer = execute(url, `mutation { updateBadge(input: ${input}) { changes { field } } }`);
  await eventually(() => tagMango.requests.some(({ operation }) => operation === 'updateBadge'));
  return { answer };
}
const CHANGED = { data: { updateBadge: { changes: [{ field: 'name' }] } } };

/** A process group gets it as a whole, and npm passes it on once more. */
describe('npm start answers a write that is under way, and ends with 0', () => {
  test.each([
    ['SIGTERM', 'its process group', -1],
    ['SIGINT', 'its process group', -1],
    ['SIGTERM', 'npm alone', 1],
  ] as const)('at a %s to %s', async (signal, _to, sign) => {
    const sandbox = await startSandbox();
    const { child, shows, exit, output } = runNpmStart({ STATE_DIR, ...sandbox.variables });
    const [, url = ''] = await shows(/GraphQL is at (\S+)/);
    const { answer } = await startWrite(url, sandbox);

    process.kill(sign * (child.pid ?? 0), signal);
    expect(await answer).toMatchObject(CHANGED);
    expect([await exit, output().includes('Stopped.')]).toEqual([0, true]);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    await sandbox.close();
  });
});

test('a signal that comes again while it stops changes nothing, until a person presses Ctrl-C twice', async () => {
  const sandbox = await startSandbox();
  const { child, shows, exit } = runService({ STATE_DIR, ...sandbox.variables });
  const [, url = ''] = await shows(/GraphQL is at (\S+)/);
  const { answer } = await startWrite(url, sandbox);
  for (const signal of ['SIGTERM', 'SIGTERM', 'SIGINT', 'SIGINT'] as const) child.kill(signal);
  expect(await answer).toMatchObject(CHANGED);
  expect(await exit).toBe(0);
  await sandbox.close();
});

test('it starts while its only provider refuses connections, and a second Ctrl-C by hand ends it at once, after it has said so', async () => {
  const sandbox = await startSandbox();
  await sandbox.close();
  const { child, shows, exit } = runService({
    STATE_DIR,
    SHUTDOWN_DELAY_MS: '60000',
    ...sandbox.tagMango.variables,
  });
  const [, url = ''] = await shows(/GraphQL is at (\S+)/);
  const { errors } = await execute(url, '{ badges { totalCount } }');
  expect(errors).toMatchObject([{ extensions: { code: 'PROVIDER_UNAVAILABLE' } }]);

  child.kill('SIGINT');
  await shows(/Press Ctrl-C again/);
  await pause(600);
  child.kill('SIGINT');
  await shows(/Second SIGINT received/);
  expect(await exit).toBe(130);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  'a %s while it still starts closes the state, and ends it with 0',
  async (signal) => {
    const sandbox = await startSandbox();
    sandbox.tagMango.faults.set('*', { kind: 'hang' });
    const folder = mkdtempSync(join(tmpdir(), 'badges-signalled-'));
    const { child, output, exit } = runService({
      STATE_DIR: folder,
      ...sandbox.tagMango.variables,
    });
    // It waits for the first list.
    await eventually(() => sandbox.tagMango.requests.length > 0);
    expect(readdirSync(folder)).toContain('state.sqlite-wal');
    child.kill(signal);
    expect(await exit).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(['owner.sqlite', 'state.marker', 'state.sqlite']);
    expect(output()).toMatch(/ received\. The service is stopping\.[^]*Stopped\.\n$/);
    expect(output()).not.toMatch(/GraphQL is at|WARN|ERROR/);
    rmSync(folder, { recursive: true });
    await sandbox.close();
  },
);

test('a start that fails after it has opened the state closes it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'badges-no-address-'));
  const { exit, output } = runService({ STATE_DIR: folder, HOST: '203.0.113.1' });
  expect(await exit).toBe(1);
  expect(output()).toMatch(/^Cannot listen: /m);
  expect(readdirSync(folder).sort()).toEqual(['owner.sqlite', 'state.marker', 'state.sqlite']);
  rmSync(folder, { recursive: true });
});

test('a stop that cannot close the state says why, exports its spans all the same, and ends with 1', async () => {
  const sandbox = await startSandbox();
  const folder = mkdtempSync(join(tmpdir(), 'badges-removed-'));
  const exporter = join(folder, 'exporter.mjs');
  const spans = join(folder, 'spans');
  // In the place of the SDK of OpenTelemetry, which takes its time.
  writeFileSync(
    exporter,
    `import { writeFileSync } from 'node:fs';
    import { setTimeout as pause } from 'node:timers/promises';
    import { ProxyTracerProvider, trace } from '${import.meta.resolve('@opentelemetry/api')}';
    const provider = new ProxyTracerProvider();
    const getTracer = (...args) => provider.getTracer(...args);
    const forceFlush = async () => {
      await pause(100);
      writeFileSync(process.env.SPANS, 'exported');
    };
    trace.setGlobalTracerProvider({ getTracer, forceFlush });`,
  );
  const state = join(folder, 'state');
  const { child, output, shows, exit } = watch(
    spawn(NODE, ['--import', pathToFileURL(exporter).href, MAIN], {
      env: {
        PORT: '0',
        ...NODE_ENVIRONMENT,
        ...withoutPlayground({}),
        ...sandbox.variables,
        STATE_DIR: state,
        SPANS: spans,
      },
    }),
  );
  await shows(/GraphQL is at (\S+)/);
  rmSync(state, { recursive: true });
  child.kill('SIGTERM');
  expect(await exit).toBe(1);
  expect(output()).toMatch(
    /The state could not be closed, so the process exits with 1\. The state in \S+ is unavailable: .*\n.*Stopped\./,
  );
  expect(output()).not.toContain('    at ');
  expect(readFileSync(spans, 'utf8')).toBe('exported');
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

describe('a wrong configuration', () => {
  const wrong = { PORT: 'x', TAG_MANGO_API_KEY: 'tmk_secret value' };

  test.each([
    ['start', []],
    ['--check-config', ['--check-config']],
  ])('ends %s with 1 and every problem in one message, without the secret', async (_name, args) => {
    const { exit, output } = run(MAIN, args, wrong);
    expect(await exit).toBe(1);
    expect(output()).toMatch(/PORT: .*\n.*TAG_MANGO_API_KEY: .*\n.*TAG_MANGO_WHITELABEL_HOST: /);
    expect(output()).not.toContain('tmk_secret');
  });
});

test('--check-config ends with 0 for a good configuration, and starts nothing', async () => {
  const { exit, output } = run(MAIN, ['--check-config']);
  expect([await exit, output().split('\n')[0]]).toEqual([0, 'The configuration is valid.']);
});

describe('without a look at the settings', () => {
  const wrong = { PORT: 'x' };
  test.each([
    ['--help', 0, [...COMMANDS].map(([name, { about }]) => `^  ${name} .*  ${about}$`)],
    ['--help', 0, ['^The settings are environment variables\\. docs/configuration\\.md .*\\.$']],
    ['--backup-state --help', 0, ['^Usage: node dist/main.js']],
    ['--version', 0, [`^${version}\n$`]],
    ['--check-konfig', 1, ['^--check-konfig is not a command\\. node dist/main\\.js --help lists']],
    ['nonsense', 1, ['^nonsense is not a command\\.']],
    [
      '--check-config --export-audit',
      1,
      ['^--check-config takes no arguments\\. Remove --export-audit\\.\n$'],
    ],
    ['--export-audit a b', 1, ['^--export-audit takes no arguments\\. Remove a b\\.\n$']],
    ['--backup-state a b', 1, ['^--backup-state takes one file\\. Remove b\\.\n$']],
    ['--version now', 1, ['^--version takes no arguments\\. Remove now\\.\n$']],
  ])('%s ends with %i', async (args, code, expected) => {
    const { exit, output } = run(MAIN, args.split(' '), wrong);
    expect(await exit).toBe(code);
    for (const line of expected) expect(output()).toMatch(new RegExp(line, 'm'));
    expect(output()).not.toContain('The configuration is invalid');
  });
});

test.each(['--export-audit', '--state-restored', '--erase-state --tenant a'])(
  'without Redis, %s says that it cannot do its work',
  async (args) => {
    const { exit, output } = run(MAIN, args.split(' '), { REDIS_URL: 'redis://127.0.0.1:1' });
    expect(await exit).toBe(1);
    expect(output()).toMatch(
      /^Redis is unavailable \(connect ECONNREFUSED 127\.0\.0\.1:1\): this command needs it\n/,
    );
    expect(output()).not.toMatch(/mutations|replica/);
  },
);

const PRODUCTION = { NODE_ENV: 'production', ROUTER_SECRET };

async function askAsRouter(url: URL, query: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'router-authorization': ROUTER_SECRET },
    body: JSON.stringify({ query }),
  });
}

test('in production it logs JSON, has no sandbox, serves the configured provider at every address of the machine, of IPv4 and of IPv6, and for two seconds after a SIGTERM, while it says that it is not ready', async () => {
  const sandbox = await startSandbox();
  const settings = { ...PRODUCTION, STATE_DIR, ...sandbox.tagMango.variables };
  const { child, output, shows, exit } = runService(settings);
  const [, listening = ''] = await shows(/GraphQL is at ([^\s"]+)/);
  const { port } = new URL(listening);

  const hosts = ['127.0.0.1', ...(hasIPv6 ? ['[::1]'] : [])];
  const answers = await Promise.all(
    hosts.map((host) => fetch(`http://${host}:${port}/health/live`)),
  );
  expect(answers.map(({ status }) => status)).toEqual(hosts.map(() => 200));

  const url = new URL(`http://127.0.0.1:${port}/graphql`);
  const answer = await askAsRouter(url, '{ badges { sources { provider state } } }');
  const { data } = (await answer.json()) as { data: unknown };
  expect(data).toEqual({
    badges: {
      sources: [
        { provider: 'RETURNING_AI', state: 'SKIPPED' },
        { provider: 'TAG_MANGO', state: 'CACHED' },
      ],
    },
  });
  expect(sandbox.tagMango.requests).toHaveLength(1);

  const begun = performance.now();
  child.kill('SIGTERM');
  await shows(/SIGTERM/);
  expect((await fetch(new URL('/health/ready', url))).status).toBe(503);
  await pause(1_000);
  const late = await askAsRouter(url, '{ __typename }');
  expect([late.status, late.headers.get('connection')]).toEqual([200, 'close']);
  expect(await exit).toBe(0);
  const tookMs = performance.now() - begun;
  expect(tookMs).toBeGreaterThan(1_900);
  expect(tookMs).toBeLessThan(5_000);

  for (const line of output().trim().split('\n'))
    expect(() => JSON.parse(line) as unknown).not.toThrow();
  expect(output()).not.toMatch(/Demo data|playground/);
  expect(output()).not.toContain(ROUTER_SECRET);
  await sandbox.close();
});

test('it reaches a provider through the proxy of the environment, by TLS of an authority of ours', async () => {
  const sandbox = await startSandbox();
  const certificate = createCertificate(['tag-mango.example']);
  const front = await startTlsFront(Number(new URL(sandbox.tagMango.origin).port), certificate);
  const proxy = await startForwardProxy({ 'tag-mango.example': front.port });
  const folder = mkdtempSync(join(tmpdir(), 'badges-proxy-'));
  writeFileSync(join(folder, 'ca.pem'), certificate.cert);
  const { child, output, shows, exit } = runService({
    ...PRODUCTION,
    HOST: '127.0.0.1',
    SHUTDOWN_DELAY_MS: '0',
    ...sandbox.tagMango.variables,
    TAG_MANGO_BASE_URL: 'https://tag-mango.example',
    STATE_DIR: folder,
    NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    https_proxy: proxy.url.replace('//', '//ada:p-of-the-proxy@'),
  });
  await shows(/GraphQL is at/);
  expect(sandbox.tagMango.requests).toMatchObject([{ method: 'GET' }]);
  expect(proxy.asked).toMatchObject([{ what: 'CONNECT tag-mango.example:443' }]);
  expect(output()).toContain(`through the proxy ${new URL(proxy.url).host}`);
  expect(output()).not.toContain('p-of-the-proxy');

  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  for (const each of [proxy, front, sandbox]) await each.close();
  rmSync(folder, { recursive: true });
});

test('after the clock of the machine is corrected, changes are recorded at the corrected time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'badges-clock-'));
  const [offFile, preload] = [join(folder, 'off-ms'), join(folder, 'clock.mjs')];
  const hour = 3_600_000;
  writeFileSync(offFile, String(-hour));
  const read = `Number(fs.readFileSync(${JSON.stringify(offFile)}, 'utf8'))`;
  const text = `const truth = Date.now; Date.now = () => truth() + ${read};`;
  writeFileSync(preload, `import fs from 'node:fs'; ${text}`);
  const { shows } = runService({ NODE_OPTIONS: `--import ${pathToFileURL(preload).href}` });
  const [, url = ''] = await shows(/GraphQL is at (\S+)/);

  const change = async (name: string) => {
    const input = `{ tagMango: { id: "6657092c8142bfe0656481bf", name: "${name}" } }`;
    await execute(url, `mutation { updateBadge(input: ${input}) { changes { field } } }`);
  };
  await change('Slow');
  writeFileSync(offFile, '0');
  await change('Corrected');

  const { data } = await execute<{ badgeHistory: { edges: { node: { at: string } }[] } }, object>(
    url,
    '{ badgeHistory(provider: TAG_MANGO, id: "6657092c8142bfe0656481bf") { edges { node { at } } } }',
  );
  const hoursAgo = data.badgeHistory.edges.map(({ node }) =>
    Math.round((Date.now() - Date.parse(node.at)) / hour),
  );
  expect(hoursAgo).toEqual([0, 1]);
  rmSync(folder, { recursive: true });
});

test('many answers do not make its heap keep more room for what is new', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'badges-heap-'));
  const options = `--report-on-signal --report-directory=${folder}`;
  const { child, shows } = runService({ NODE_OPTIONS: options });
  const [, url = ''] = await shows(/GraphQL is at (\S+)/);
  const aliases = Array.from({ length: 45 }, (_, at) => `a${at}: name`).join(' ');
  const query = `{ badges { nodes { ... on BadgeFields { ${aliases} } } } }`;
  const ask = async () => {
    for (let asked = 0; asked < 20; asked += 1) await execute(url, query);
  };
  await Promise.all(Array.from({ length: 10 }, ask));

  child.kill('SIGUSR2');
  const read = () =>
    globSync('*.json', { cwd: folder }).map((name) => toRoomMB(join(folder, name)));
  await eventually(() => read().some(Number.isFinite));
  // New objects have 32 MB, as docs/operating.md says.
  expect(read()[0]).toBeLessThanOrEqual(33);
  rmSync(folder, { recursive: true });
});

test('after its heap gave room for new objects back, it takes as much again, and no more', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'badges-heap-'));
  const preload = join(folder, 'shrink.mjs');
  // V8 gives room back in a process that is idle for some time, and in this collection.
  writeFileSync(
    preload,
    `import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
    import { setTimeout as pause } from 'node:timers/promises';
    import { runInNewContext } from 'node:vm';
    const isNew = ({ space_name }) => space_name === 'new_space';
    const roomMB = () => getHeapSpaceStatistics().find(isNew).space_size / 2 ** 20;
    process.once('SIGWINCH', async () => {
      setFlagsFromString('--expose-gc');
      runInNewContext('gc')({ type: 'major', execution: 'sync', flavor: 'last-resort' });
      const shrunk = roomMB();
      // The middle one of the last, since V8 may give some of it back at any time, and holds a little more meanwhile.
      async function watch(allocate) {
        const rooms = [];
        while (rooms.length < 400) {
          allocate();
          rooms.push(roomMB());
          await pause(1);
        }
        return rooms.slice(-101).sort((a, b) => a - b)[50];
      }
      const make = (length) => Array.from({ length }, () => ({}));
      const few = [];
      const early = await watch(() => {
        for (let made = 0; made < 200; made += 1) few[made % 4] = make(100);
      });
      const many = [];
      const last = await watch(() => many.push(make(5_000)));
      console.log('Room: ' + shrunk + ', then ' + early + ', then ' + last);
    });`,
  );
  const { child, shows } = runService({
    NODE_OPTIONS: `--import ${pathToFileURL(preload).href}`,
  });
  await shows(/GraphQL is at/);
  child.kill('SIGWINCH');
  const [, shrunk, early, last] = await shows(/Room: ([\d.]+), then ([\d.]+), then ([\d.]+)/);
  expect(Number(shrunk)).toBeLessThan(5);
  // Few objects are alive at any time then, as of small requests.
  expect(Number(early)).toBeGreaterThanOrEqual(16);
  expect(Number(last)).toBe(32);
  rmSync(folder, { recursive: true });
});

/** Of a report that is still being written, NaN. */
function toRoomMB(report: string): number {
  const text = readFileSync(report, 'utf8');
  const [, bytes] = /"new_space":\s*{\s*"memorySize":\s*(\d+)/.exec(text) ?? [];
  return Number(bytes) / 1024 ** 2;
}

test('the sandbox alone prints the variables that lead a service to it', async () => {
  const { shows, output } = run(SANDBOX);
  await shows(/TAG_MANGO_WHITELABEL_HOST=/);
  const variables = Object.fromEntries(
    output()
      .trim()
      .split('\n')
      .map((line) => line.split('=') as [string, string]),
  );

  const { tenants, isSandbox } = readConfig(variables);
  const service = await startTestService({ tenants });
  const { data } = await service.execute('{ badges { totalCount } }');
  expect([data, isSandbox]).toEqual([{ badges: { totalCount: 16 } }, false]);
  await service.close();
});

test('the sandbox explains its faults with --help', async () => {
  const { exit, output } = run(SANDBOX, ['--help']);
  expect(await exit).toBe(0);
  expect(output()).toContain('_sandbox/faults');
});
