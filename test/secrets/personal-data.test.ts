import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually } from '../state/eventually.ts';
import { HALL_OF_FAME, MAJOR, STORED } from '../support/operation-cases.ts';
import { findRedis, startRedis } from '../support/redis.ts';
import { type Answered, type Call, send, toOutputs } from './calls.ts';
import { type StartingService, runMain, startMain } from '../support/service-process.ts';
import { filesOf } from './files.ts';
import { type Marker, toPlainMarker } from './markers.ts';
import { dumpOf } from './redis-dump.ts';
import { type Output, findMarkers } from './search.ts';

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

async function ask(url: string, calls: readonly Call[]): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const call of calls) {
    answers.push(await send(url, call, { 'x-badges-actor': PERSON.caller.value }));
  }
  return answers;
}

const saidBy = ({ stdout, stderr }: StartingService): Output[] => [
  { from: 'stdout', text: stdout() },
  { from: 'stderr', text: stderr() },
];

/** A provider that answers everything with all that it was asked. */
async function startRepeating(status: number, contentType: string) {
  const server = createServer((request, response) => {
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
    close: () => void server.close().closeAllConnections(),
  };
}

test.each([
  [200, 'application/json'],
  [302, 'text/html'],
  [401, 'application/json'],
  [404, 'application/json'],
  [422, 'application/json'],
  [500, 'text/html'],
] as const)(
  'a provider that repeats who is looked up, with %i as %s, puts nobody into a line or an answer',
  async (status, type) => {
    const provider = await startRepeating(status, type);
    const places = {
      RETURNING_AI_INTEGRATION_BASE_URL: provider.origin,
      TAG_MANGO_BASE_URL: provider.origin,
    };
    const service = start({ ...places, ATTEMPT_TIMEOUT_MS: '500' });
    const byEmail = AWARDS.filter(({ name }) => name === 'award-2');
    const answers = await ask(await service.url, [...LOOKUPS, ...byEmail]);
    expect(findMarkers([...answers.flatMap(toOutputs), ...saidBy(service)], personal)).toEqual([]);
    provider.close();
  },
);

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
    const all = { ...sandbox.variables, ...env };
    const erased = await runMain({
      env: all,
      args: ['--erase-state', '--tenant', 'default', ...args],
    });
    expect([erased.code, erased.stderr()]).toEqual([0, expect.stringContaining('Erased for')]);
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
  const service = start();
  await ask(await service.url, WRITES);
  service.signal('SIGTERM');
  await service.ended;
  const search = async () => filesOf(join(folder, 'state'));
  expect(await eraseAll({ STATE_DIR: join(folder, 'state') }, search)).toEqual(LEFT);
});

test('what is older than RETENTION_DAYS is in no byte of the folder once the service has started', async () => {
  const service = start();
  await ask(await service.url, WRITES);
  service.signal('SIGTERM');
  await service.ended;
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
      const service = start({ REDIS_URL: redis.url });
      await ask(await service.url, WRITES);
      await service.kill();
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
