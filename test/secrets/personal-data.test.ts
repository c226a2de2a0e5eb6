import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually } from '../state/eventually.ts';
import { openService } from '../stored/opened-service.ts';
import { HALL_OF_FAME, MAJOR, STORED } from '../support/operation-cases.ts';
import { runCommand } from '../support/command.ts';
import { findRedis, startRedis } from '../support/redis.ts';
import { type Answered, type Call, send, toOutputs } from './calls.ts';
import { type StartingService, startMain } from '../support/service-process.ts';
import { filesOf } from './files.ts';
import { type Marker, toPlainMarker } from './markers.ts';
import { dumpOf } from './redis-dump.ts';
import { type Output, findMarkers } from './search.ts';
import { plantTenant } from './tenant.ts';
import { writeTenants } from './tenants-on-disk.ts';

/** As the ids of members are at either provider. */
function toIdMarker(name: string, digits: 10 | 16, length: number): Marker {
  const hex = createHash('sha256').update(name).digest('hex');
  const id = BigInt(`0x${hex}`).toString(digits).slice(0, length);
  return { name, value: id, core: id };
}
function within(marker: Marker, value: string): Marker {
  return { ...marker, value };
}
const EMAIL_CORE = toPlainMarker('e-mail of a member');
const NAME_CORE = toPlainMarker('name of a member in a description');
const CALLER_CORE = toPlainMarker('name of a caller');

/** What is about people, wherever it stands. */
const PERSON = {
  email: within(EMAIL_CORE, `${EMAIL_CORE.core}@example.com`),
  phone: toIdMarker('phone of a member', 10, 15),
  member: toIdMarker('member of TagMango', 16, 24),
  user: toIdMarker('user of Returning.AI', 10, 19),
  description: within(NAME_CORE, `Best wishes to ${NAME_CORE.core}, who won`),
  caller: within(CALLER_CORE, `${CALLER_CORE.core}@company.example`),
};
const personal = Object.values(PERSON);

const LOOKUPS: readonly Call[] = [
  {
    name: 'by e-mail',
    query: `{ tagMangoMember(email: "${PERSON.email.value}") { id badges { name } } }`,
  },
  {
    name: 'by phone',
    query: `{ tagMangoMember(phone: "${PERSON.phone.value}") { id badges { name } } }`,
  },
];
const toWrite = (kind: string, key: string, input: object): Call => ({
  name: key,
  query: `mutation ($input: ${kind}BadgeInput!, $key: String) {
    payload: ${kind.toLowerCase()}Badge(input: $input, idempotencyKey: $key) {
      userErrors { code message }
    }
  }`,
  variables: { input, key },
});
const { member, user, email, description } = PERSON;
const AWARDS: readonly Call[] = [
  toWrite('Award', 'award-1', { returningAI: { badgeId: MAJOR, user: { id: user.value } } }),
  toWrite('Award', 'award-2', { returningAI: { badgeId: MAJOR, user: { email: email.value } } }),
  toWrite('Award', 'award-3', { tagMango: { badgeIds: [HALL_OF_FAME], userId: member.value } }),
  toWrite('Revoke', 'revoke-1', { returningAI: { badgeId: MAJOR, user: { id: user.value } } }),
];
const WRITES: readonly Call[] = [
  toWrite('Update', 'update-1', { tagMango: { id: HALL_OF_FAME, description: description.value } }),
  toWrite('Update', 'update-2', {
    returningAI: { id: MAJOR, description: description.value, hiddenFields: 'OMIT' },
  }),
  ...AWARDS,
];
const HISTORY: readonly Call[] = [
  ['RETURNING_AI', MAJOR],
  ['TAG_MANGO', HALL_OF_FAME],
].map(([provider, id]) => ({
  name: `history of ${provider}`,
  query: `{ badgeHistory(provider: ${provider}, id: "${id}") {
    nodes { caller memberId changes { field before after } }
  } }`,
}));

let folder: string;
let sandbox: Sandbox;
const children: StartingService[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'badges-personal-'));
  sandbox = await startSandbox(STORED);
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  await sandbox.close();
  rmSync(folder, { recursive: true });
});

function start(
  env: Record<string, string> = {},
  nodeArgs: readonly string[] = [],
): StartingService {
  const STATE_DIR = join(folder, 'state');
  const child = startMain({ nodeArgs, env: { ...sandbox.variables, STATE_DIR, ...env } });
  children.push(child);
  return child;
}

async function ask(url: string, calls: readonly Call[], headers = {}): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const call of calls) {
    answers.push(await send(url, call, { 'x-badges-actor': PERSON.caller.value, ...headers }));
  }
  return answers;
}

/** Stores what is written through a service that has ended. */
async function storeWrites(env: Record<string, string>): Promise<void> {
  const service = await openService({ sandbox, env });
  await ask(service.url, WRITES);
  await service.stop();
}

const saidBy = ({ stdout, stderr }: StartingService): Output[] => [
  { from: 'stdout', text: stdout() },
  { from: 'stderr', text: stderr() },
];

interface Repeating {
  origin: string;
  requests: () => number;
  close: () => void;
}

/** A provider that answers everything with all that it was asked. */
async function startRepeating(status: number, contentType: string): Promise<Repeating> {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    void text(request).then((body) => {
      const asked = `${request.url} ${decodeURIComponent(request.url ?? '')} ${body}`;
      const message = `No member for ${asked}`;
      const answer = {
        success: false,
        status: 'error',
        message,
        meta: { message },
        error: message,
      };
      response.writeHead(status, { 'content-type': contentType, 'x-asked': encodeURI(asked) });
      response.end(contentType === 'text/html' ? message : JSON.stringify(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await eventually(() => server.listening);
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests: () => requests,
    close: () => void server.close().closeAllConnections(),
  };
}

const ROUTER_SECRET = 'secret-of-the-router';

/** Each with a tenant of its own, whose circuit breakers the others do not open. */
const REPEATING = [
  [200, 'application/json', plantTenant('answered-200')],
  [302, 'text/html', plantTenant('answered-302')],
  [401, 'application/json', plantTenant('answered-401')],
  [404, 'application/json', plantTenant('answered-404')],
  [422, 'application/json', plantTenant('answered-422')],
  [500, 'text/html', plantTenant('answered-500')],
] as const;

describe('a provider that repeats who is looked up', () => {
  let service: StartingService;
  let ofAll: { folder: string; awards: Sandbox; repeating: Map<string, Repeating> };
  beforeAll(async () => {
    const awards = await startSandbox(STORED);
    ofAll = {
      folder: mkdtempSync(join(tmpdir(), 'badges-repeating-')),
      awards,
      repeating: new Map(),
    };
    const { origin: returningAI, keys } = awards.returningAI;
    const tenants: Parameters<typeof writeTenants>[1][number][] = [];
    for (const [status, type, tenant] of REPEATING) {
      keys.add(tenant.keys.returningAI.value);
      const provider = await startRepeating(status, type);
      ofAll.repeating.set(tenant.id, provider);
      const places = { returningAI, integration: provider.origin, tagMango: provider.origin };
      tenants.push({ tenant, places });
    }
    const env = writeTenants(ofAll.folder, tenants);
    const STATE_DIR = join(ofAll.folder, 'state');
    service = startMain({ env: { ...env, STATE_DIR, ROUTER_SECRET, ATTEMPT_TIMEOUT_MS: '500' } });
    await service.url;
  });
  afterAll(async () => {
    await service.kill();
    ofAll.repeating.forEach(({ close }) => close());
    await ofAll.awards.close();
    rmSync(ofAll.folder, { recursive: true });
  });

  test.each(REPEATING)(
    'with %i as %s, puts nobody into a line or an answer',
    async (...[, , tenant]) => {
      const headers = { 'router-authorization': ROUTER_SECRET, 'x-badges-tenant': tenant.id };
      const byEmail = AWARDS.filter(({ name }) => name === 'award-2');
      const answers = await ask(await service.url, [...LOOKUPS, ...byEmail], headers);
      expect(ofAll.repeating.get(tenant.id)?.requests()).toBeGreaterThanOrEqual(3);
      expect(findMarkers([...answers.flatMap(toOutputs), ...saidBy(service)], personal)).toEqual(
        [],
      );
    },
  );
});

test('members, descriptions and callers stand in records and in answers to their own questions, and in no line and no metric', async () => {
  const service = start();
  const url = await service.url;
  const answers = await ask(url, [...LOOKUPS, ...WRITES]);
  const metrics = await fetch(new URL('/metrics', url));
  const outputs = [...answers.flatMap(toOutputs), { from: 'metrics', text: await metrics.text() }];
  expect(metrics.status).toBe(200);
  expect(findMarkers([...outputs, ...saidBy(service)], personal)).toEqual([]);

  const history = (await ask(url, HISTORY)).flatMap(toOutputs);
  const shown = new Set(findMarkers(history, personal).map(({ marker }) => marker));
  const { caller } = PERSON;
  expect(shown).toEqual(new Set([member, user, description, caller].map(({ name }) => name)));
  // Nobody that was only looked up is stored.
  const stored = findMarkers(filesOf(join(folder, 'state')), personal).map((each) => each.marker);
  expect(new Set(stored)).toEqual(shown);
});

test('a crash tells of nobody', async () => {
  const preload = join(import.meta.dirname, 'crash-on-signal.ts');
  const report = ['--report-uncaught-exception', `--report-directory=${folder}`];
  const service = start({}, ['--import', preload, ...report]);
  const url = await service.url;
  await ask(url, [...LOOKUPS, ...WRITES]);
  for (const { faults } of [sandbox.returningAI, sandbox.tagMango])
    faults.set('*', { kind: 'hang' });
  const before = sandbox.tagMango.requests.length;
  for (const call of [...LOOKUPS, ...WRITES]) ask(url, [call]).catch(() => undefined);
  await eventually(() => sandbox.tagMango.requests.length > before);
  service.signal('SIGUSR2');
  expect((await service.ended).code).toBe(1);
  const reports = readdirSync(folder).filter((name) => name.startsWith('report.'));
  expect(reports).toHaveLength(1);
  const files = filesOf(folder).filter(({ from }) => !from.startsWith(join(folder, 'state')));
  expect(findMarkers([...files, ...saidBy(service)], personal)).toEqual([]);
});

/** Erases everything of everybody that the test has written, one after the other. */
const ERASURES: readonly (readonly string[])[] = [
  ['--member', member.value],
  ['--member', user.value],
  ['--provider', 'TAG_MANGO', '--badge', HALL_OF_FAME],
  ['--provider', 'RETURNING_AI', '--badge', MAJOR],
];

async function eraseAll(env: Record<string, string>, search: () => Promise<Output[]>) {
  const left: string[][] = [];
  for (const args of ERASURES) {
    const erased = await runCommand('--erase-state', {
      env: { ...sandbox.variables, ...env },
      args: ['--tenant', 'default', ...args],
    });
    expect(erased).toMatchObject({ code: 0, stderr: expect.stringContaining('Erased for') });
    left.push(findMarkers(await search(), personal).map(({ marker }) => marker));
  }
  return left.map((markers) => [...new Set(markers)].sort());
}

/** Each erasure takes what it says; the caller goes with the last of what she wrote. */
const LEFT = [
  [PERSON.user, description, PERSON.caller],
  [description, PERSON.caller],
  [description, PERSON.caller],
  [],
].map((markers) => markers.map(({ name }) => name).sort());

test('whom an erasure names is in no byte of the folder afterwards', async () => {
  await storeWrites({ STATE_DIR: join(folder, 'state') });
  const search = async () => filesOf(join(folder, 'state'));
  expect(await eraseAll({ STATE_DIR: join(folder, 'state') }, search)).toEqual(LEFT);
});

test('what is older than RETENTION_DAYS is in no byte of the folder once the service has started', async () => {
  await storeWrites({ STATE_DIR: join(folder, 'state') });
  const database = new DatabaseSync(join(folder, 'state', 'state.sqlite'));
  for (const table of ['log_entries', 'state_values']) {
    database.exec(`UPDATE ${table} SET written_at = written_at - 2 * 24 * 60 * 60 * 1000`);
  }
  database.close();
  const stored = () => findMarkers(filesOf(join(folder, 'state')), personal);
  expect(stored()).not.toEqual([]);
  const later = start({ RETENTION_DAYS: '1' });
  await later.url;
  expect(stored()).toEqual([]);
  expect(later.stdout()).toContain('Records older than RETENTION_DAYS were erased');
});

const redisPath = findRedis();
if (redisPath === undefined) console.log('Skipped: personal data in Redis, it is not installed.');
(redisPath === undefined ? test.skip : test)(
  'whom an erasure names is in no value of Redis afterwards, beside a service that runs',
  async () => {
    const redis = await startRedis(redisPath ?? '');
    const client = createClient({ url: redis.url });
    try {
      await client.connect();
      const env = { REDIS_URL: redis.url };
      const service = start(env);
      await ask(await service.url, WRITES);
      for (const { badges } of [sandbox.returningAI, sandbox.tagMango]) badges.clear();
      expect(await eraseAll(env, () => dumpOf(client))).toEqual(LEFT);
    } finally {
      client.destroy();
      await redis.stop();
    }
  },
);

(redisPath === undefined ? test.skip : test)(
  'what is older than RETENTION_DAYS is in no value of Redis once the service has started',
  async () => {
    const redis = await startRedis(redisPath ?? '');
    const client = createClient({ url: redis.url });
    try {
      await client.connect();
      await storeWrites({ REDIS_URL: redis.url });
      for (const { badges } of [sandbox.returningAI, sandbox.tagMango]) badges.clear();
      for await (const keys of client.scanIterator({ MATCH: 'badges:log:*' })) {
        for (const key of keys) await makeOlder(client, key);
      }
      // Lists of the provider, and values, have an end of their own.
      for (const MATCH of ['badges:list:*', 'badges:value:*']) {
        for await (const keys of client.scanIterator({ MATCH })) {
          if (keys.length > 0) await client.del(keys);
        }
      }
      expect(findMarkers(await dumpOf(client), personal)).not.toEqual([]);
      await start({ REDIS_URL: redis.url, RETENTION_DAYS: '1' }).url;
      await eventually(async () => findMarkers(await dumpOf(client), personal).length === 0);
    } finally {
      client.destroy();
      await redis.stop();
    }
  },
);

/** The same log, as if it had been written two days before. */
async function makeOlder(client: Parameters<typeof dumpOf>[0], key: string): Promise<void> {
  const entries = await client.xRange(key, '-', '+');
  await client.del(key);
  for (const [serial, { message }] of (entries ?? []).entries()) {
    await client.xAdd(key, `${Date.now() - 2 * 24 * 60 * 60 * 1000}-${serial}`, { ...message });
  }
}
