import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, type Server, createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { readAnswer, sendRaw, toRequest } from '../identity/raw-request.ts';
import { eventually } from '../state/eventually.ts';
import {
  type CollectedSpan,
  type Collector,
  REGISTER,
  hasTelemetryPackages,
  startCollector,
} from '../support/collector.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { execute } from '../support/service.ts';

const START = fileURLToPath(new URL('../../examples/supergraph/start.ts', import.meta.url));
const MAX_TRIES = 100;
/** As bytes, which a header holds. */
const CALLER = Buffer.from('Ada Ørsted').toString('latin1');
const LOOPBACK_ONLY = new URL('../support/gateways/loopback-only.ts', import.meta.url).href;
const READY_WITHIN_MS = 25_000;

type Ports = Record<'GATEWAY_PORT' | 'BADGES_PORT' | 'MEMBERS_PORT', string>;
/** `BADGE_DESK`: the folder of the badge desk, or false. test/desk opens it. */
type Variables = Ports & {
  BADGE_DESK?: string;
  npm_config_cache?: string;
  NODE_OPTIONS?: string;
};

interface Example {
  process: ChildProcessByStdio<null, Readable, Readable>;
  output: () => string;
  complaints: () => string;
  /** Its exit code, once it and every process that inherited its output have ended. */
  closed: Promise<number | null>;
}

const hasTelemetry = hasTelemetryPackages();
if (!hasTelemetry)
  console.log(
    'Skipped: the trace of the example, since npm --prefix deploy/telemetry ci was not run.',
  );

let collector: Collector;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector.close());

let ports: Ports;
const running: Example[] = [];

beforeAll(() => {
  if (!existsSync('dist/main.js')) {
    throw new Error('dist/ is missing: `npm test` builds it, and so does `npm run build`');
  }
});
beforeEach(async () => {
  const [gateway, badges, members] = await freePorts(3);
  ports = {
    GATEWAY_PORT: String(gateway),
    BADGES_PORT: String(badges),
    MEMBERS_PORT: String(members),
  };
});
afterEach(async () => {
  for (const example of running.splice(0)) {
    example.process.kill();
    await example.closed;
  }
});

test('shows both providers and another subgraph in one graph, offline, passes the caller and the trace on, and leaves nothing behind', async () => {
  const telemetry = { ...collector.variables, OTEL_BSP_SCHEDULE_DELAY: '100' };
  const example = startExample({
    ...ports,
    ...(hasTelemetry && { ...telemetry, NODE_OPTIONS: `--import=${REGISTER}` }),
  });
  await ready(example);
  const output = example.output();
  const gatewayUrl = `http://127.0.0.1:${ports.GATEWAY_PORT}/graphql`;
  expect(output).toContain(gatewayUrl);
  expect(output).toContain(`http://127.0.0.1:${ports.BADGES_PORT}/graphql`);
  expect(output).toContain(`http://127.0.0.1:${ports.MEMBERS_PORT}/graphql`);

  const rebound = toRequest('GET /graphql HTTP/1.1', [['host', 'evil.example']]);
  expect(readAnswer(await sendRaw(gatewayUrl, rebound)).status).toBe(403);

  const query = /^query [^]*^\}$/m.exec(output)?.[0] ?? '';
  const answer = await execute(gatewayUrl, query);
  expect(answer).toMatchObject({
    status: 200,
    errors: undefined,
    data: {
      members: [
        {
          name: 'Ada',
          badges: [
            { __typename: 'TagMangoBadge', name: 'Hall of Fame' },
            { __typename: 'ReturningAIBadge', name: 'Major', quantity: 3 },
            { __typename: 'TagMangoBadge', name: 'Century Club', pointsThreshold: 100 },
            { __typename: 'ReturningAIBadge', name: 'First Message', quantity: 1 },
          ],
        },
        {
          name: 'Grace',
          badges: [
            { __typename: 'ReturningAIBadge', name: 'Chart Analyst', quantity: 10 },
            { __typename: 'TagMangoBadge', name: 'Quiz Master' },
          ],
        },
        { name: 'Linus', badges: [] },
      ],
    },
  });

  const update = `mutation {
    updateBadge(input: { tagMango: { id: "6657092c8142bfe0656481bf", description: "New." } }) { outcome }
  }`;
  await sendOperation(gatewayUrl, { query: update }, { headers: { 'x-badges-actor': CALLER } });
  const history =
    '{ badgeHistory(provider: TAG_MANGO, id: "6657092c8142bfe0656481bf") { nodes { caller } } }';
  expect((await execute(gatewayUrl, history)).data).toEqual({
    badgeHistory: { nodes: [{ caller: 'Ada Ørsted' }] },
  });
  if (hasTelemetry) {
    expect(await traceOf('PATCH')).toEqual([
      'gateway: POST /graphql',
      'badges-subgraph: POST /graphql',
      'badges-subgraph: mutation',
      'badges-subgraph: PATCH',
    ]);
  }

  example.process.kill('SIGTERM');
  expect(await example.closed).toBe(0);
  expect(example.complaints()).toBe('');
});

test('says so when the packages of the badge desk cannot be installed, its playground needs no other machine, and it stops the other parts and says so when the badges subgraph dies', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'badge-desk-'));
  for (const name of ['package.json', 'package-lock.json'])
    cpSync(join('examples/badge-desk', name), join(folder, name));
  // Nothing is installed from the cache of npm either.
  const example = startExample({ ...ports, BADGE_DESK: folder, npm_config_cache: folder });
  await ready(example);
  expect(example.output()).toMatch(/^Installing the packages of the badge desk$/m);
  expect(example.output()).toMatch(/^ {2}badge desk +not served$/m);
  expect(example.complaints()).toContain(
    `The badge desk is not served. Its packages are missing, and \`npm ci\` cannot install them in ${folder}: `,
  );
  rmSync(folder, { recursive: true });

  const response = await fetch(`http://127.0.0.1:${ports.GATEWAY_PORT}/`, {
    headers: { accept: 'text/html' },
  });
  const page = await response.text();

  expect(response.status).toBe(200);
  expect(page).toContain('MembersAndTheirBadges');
  expect(foreignReferences(page)).toEqual([]);
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/^default-src 'self' /);
  expect(policy).not.toMatch(/https?:|\*/);

  const complaints = example.complaints();
  process.kill(Number(/as process (\d+)/.exec(example.output())?.[1]), 'SIGKILL');
  expect(await example.closed).toBe(1);
  expect(example.complaints()).toBe(`${complaints}The badges subgraph ended with SIGKILL.\n`);
});

test('says which port is taken and how to choose another one, before anything starts', async () => {
  const server = createServer().listen(Number(ports.MEMBERS_PORT), '127.0.0.1');
  await once(server, 'listening');
  try {
    const example = startExample(ports);
    expect(await example.closed).toBe(1);
    expect(example.output()).toBe('');
    expect(example.complaints()).toBe(
      `Port ${ports.MEMBERS_PORT} is taken: set MEMBERS_PORT to a free one.\n`,
    );
  } finally {
    server.close();
  }
});

function startExample(env: Variables): Example {
  const child = spawn(process.execPath, [START], {
    env: {
      ...process.env,
      NODE_ENV: 'test',
      BADGE_DESK: 'false',
      OTEL_SERVICE_NAME: 'gateway',
      ...env,
      NODE_OPTIONS: `--import=${LOOPBACK_ONLY} ${env.NODE_OPTIONS ?? ''}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const example: Example = {
    process: child,
    output: collect(child.stdout),
    complaints: collect(child.stderr),
    closed: once(child, 'close').then(([code]) => code as number | null),
  };
  running.push(example);
  return example;
}

/** The only span with this name and those above it, from the outermost one, once all have arrived. */
async function traceOf(name: string): Promise<string[]> {
  const spans: CollectedSpan[] = [];
  function upwards(span: CollectedSpan | undefined): CollectedSpan[] {
    const parent = spans.find(({ spanId }) => span && spanId === span.parentSpanId);
    return span ? [...upwards(parent), span] : [];
  }
  const found = (): CollectedSpan[] => upwards(spans.find((span) => span.name === name));
  await eventually(() => {
    spans.push(...collector.take());
    return found()[0]?.service === 'gateway';
  });
  return found().map((span) => `${String(span.service)}: ${span.name}`);
}

function collect(stream: Readable): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}

/** Settles once the greeting is out, up to the end of its query. */
async function ready(example: Example): Promise<void> {
  const limit = AbortSignal.timeout(READY_WITHIN_MS);
  const closed = example.closed.then(() => 'closed');
  while (!/The supergraph is ready[^]*^\}$/m.test(example.output())) {
    const event = await Promise.race([
      once(example.process.stdout, 'data', { signal: limit }),
      closed,
    ]);
    if (event === 'closed') throw new Error(`the example ended: ${example.complaints()}`);
  }
}

/**
 * Free ports below those that the system gives to whoever asks for any: other tests would be given them before the
 * example takes them. Held together until all are known, so that none comes twice.
 */
async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  for (let tries = 0; servers.length < count && tries < MAX_TRIES; tries += 1) {
    const server = createServer().listen(randomInt(10_000, 30_000), '127.0.0.1');
    const isTaken = await once(server, 'listening').then(
      () => false,
      () => true,
    );
    if (!isTaken) servers.push(server);
  }
  const found = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  return found;
}

/** What the page would load from elsewhere. The text of its own scripts loads nothing. */
function foreignReferences(page: string): string[] {
  const markup = page.replace(/<script>[^]*?<\/script>/g, '');
  const references = [
    ...markup.matchAll(/\s(?:src|href)\s*=\s*["']?([^"'\s>]+)/gi),
    ...markup.matchAll(/url\(\s*["']?([^"')]+)/gi),
    ...markup.matchAll(/@import\s+["']([^"']+)/gi),
  ];
  return references
    .map(([, target]) => target ?? '')
    .filter((target) => /^(?:https?:)?\/\//i.test(target))
    .filter((target) => !/^http:\/\/(?:127\.0\.0\.1|localhost)[:/]/.test(target));
}
