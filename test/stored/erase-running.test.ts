import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { runCommand } from '../support/command.ts';
import { runMain, type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { filesOf } from '../secrets/files.ts';
import { dumpOf } from '../secrets/redis-dump.ts';
import type { Output } from '../secrets/search.ts';
import { eventually } from '../state/eventually.ts';
import { HALL_OF_FAME, STORED } from '../support/operation-cases.ts';
import { findRedis, startRedis } from '../support/redis.ts';
import type { TestServiceOptions } from '../support/service.ts';
import { type MutationCall, codesOf, mutate, writesOf } from '../support/writing.ts';
import { OF_COPIES, type OpenedService, openService } from './opened-service.ts';
import { placesOf } from './stored-bytes.ts';

const DESCRIPTION = 'Written by Ada Lovelace herself';
const describeBadge = (key: string): MutationCall => ({
  kind: 'update',
  input: { tagMango: { id: HALL_OF_FAME, description: `${DESCRIPTION}, ${key}` } },
  key,
});

interface Place {
  env: Record<string, string>;
  stored: () => Promise<Output[]>;
  close: () => Promise<void>;
}

async function inFolder(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'badges-erase-'));
  return {
    env: { STATE_DIR: join(folder, 'state') },
    stored: async () => filesOf(folder),
    close: async () => rmSync(folder, { recursive: true }),
  };
}

async function inRedis(): Promise<Place> {
  const server = await startRedis(findRedis() ?? '');
  const client = createClient({ url: server.url });
  await client.connect();
  return {
    env: { REDIS_URL: server.url, REPLICAS: '2' },
    stored: () => dumpOf(client),
    async close() {
      client.destroy();
      await server.stop();
    },
  };
}

let sandbox: Sandbox;
let place: Place;
const processes: ServiceProcess[] = [];
const opened: OpenedService[] = [];
beforeEach(async () => {
  sandbox = await startSandbox(STORED);
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()));
  await Promise.all(opened.splice(0).map((each) => each.stop()));
  await place.close();
  await sandbox.close();
});

const env = () => ({ ...sandbox.variables, ...place.env });

async function start(): Promise<ServiceProcess> {
  const started = await startServiceProcess(env());
  processes.push(started);
  return started;
}

/** Without a process of its own. */
async function open(options: Omit<TestServiceOptions, 'sandbox'> = {}): Promise<OpenedService> {
  const one = await openService({ ...options, sandbox, env: env() });
  opened.push(one);
  return one;
}

const ERASE = ['--tenant', 'default'];

async function erase(...args: string[]) {
  const options = { env: env(), args: [...ERASE, ...args] };
  const { code, stderr } = await runCommand('--erase-state', options);
  return { code, said: stderr };
}

/** The command as an operator runs it. */
async function eraseByProcess() {
  const child = await runMain({ env: env(), args: ['--erase-state', ...ERASE] });
  return { code: child.code, said: child.stderr() };
}

const places = async (text: string) => placesOf(await place.stored(), text);

const inEach: [string, () => Promise<Place>][] = [['a folder', inFolder]];
if (findRedis() === undefined) console.log('Skipped: erasing in Redis, since it is not installed.');
else inEach.push(['Redis', inRedis]);

test.each(inEach)(
  'in %s, a mutation whose key was erased is not sent again, and its caller is told',
  async (_name, openPlace) => {
    place = await openPlace();
    const service = await open();
    await mutate(service.url, describeBadge('one'));
    await service.stop();
    expect((await erase()).said).toContain('does not write and returns OUTCOME_UNKNOWN');
    expect(await places(DESCRIPTION)).toEqual([]);

    const again = await open();
    const repeated = await mutate(again.url, describeBadge('one'));
    expect(repeated.userErrors).toEqual([
      expect.objectContaining({
        code: 'OUTCOME_UNKNOWN',
        message: expect.stringContaining('was erased'),
        retryable: false,
      }),
    ]);
    expect(writesOf(sandbox)).toHaveLength(1);
    expect(codesOf(await mutate(again.url, describeBadge('two')))).toEqual([]);
  },
);

test('a folder that a service uses is left alone; after it was killed, the bytes are gone from its log too', async () => {
  place = await inFolder();
  const service = await start();
  await mutate(service.url, describeBadge('one'));
  const before = await eraseByProcess();
  expect(before).toEqual({
    code: 1,
    said: expect.stringMatching(
      /A running service uses the state folder .*Nothing was changed\. Stop the service/,
    ),
  });
  expect(await places(DESCRIPTION)).not.toEqual([]);

  await service.kill();
  expect((await places(DESCRIPTION)).some((file) => file.endsWith('-wal'))).toBe(true);
  expect((await eraseByProcess()).code).toBe(0);
  expect(await places(DESCRIPTION)).toEqual([]);
  // It is the state that it was, and no copy of it.
  expect((await open()).said).not.toMatch(OF_COPIES);
});

test('a folder without a state is refused, and stays empty', async () => {
  place = await inFolder();
  expect(await erase()).toEqual({ code: 1, said: expect.stringContaining('no state.sqlite') });
  expect(await place.stored()).toEqual([]);
});

describe('beside replicas that run', () => {
  const withRedis = findRedis() === undefined ? test.skip : test;

  const BADGES = '{ badges { nodes { ... on BadgeFields { description } } } }';
  async function read({ url }: OpenedService): Promise<string> {
    return (await sendOperation(url, { query: BADGES })).text;
  }

  withRedis('nothing comes back from their memory, lists or counts', async () => {
    place = await inRedis();
    const [one, other] = [await open({ replicas: 2 }), await open({ replicas: 2 })];
    await mutate(one.url, describeBadge('one'));
    expect(await read(one)).toContain(DESCRIPTION);
    expect(await read(other)).toContain(DESCRIPTION);
    expect((await places(DESCRIPTION)).join()).toContain('badges:list:snapshot:');

    // The provider is erased by its own means.
    sandbox.tagMango.badges.delete(HALL_OF_FAME);
    expect((await erase()).code).toBe(0);
    expect(await places(DESCRIPTION)).toEqual([]);
    for (const replica of [one, other]) expect(await read(replica)).not.toContain(DESCRIPTION);
    const update = { id: '6657092c8142bfe0656481c5', description: 'new' };
    expect(
      codesOf(await mutate(other.url, { kind: 'update', input: { tagMango: update } })),
    ).toEqual([]);
    expect(await places(DESCRIPTION)).toEqual([]);
  });

  withRedis('a mutation under way ends in the audit, and is erased when it has', async () => {
    place = await inRedis();
    const service = await open({ attemptTimeoutMs: 6_000, operationDeadlineMs: 12_000 });
    sandbox.tagMango.faults.set('updateBadge', { kind: 'hang' });
    const running = mutate(service.url, describeBadge('slow'));
    await eventually(() => writesOf(sandbox).length === 1);
    const first = await erase();
    expect(first).toEqual({
      code: 0,
      said: expect.stringMatching(/Mutations in progress keep 2 records\./),
    });
    expect(codesOf(await running)).toEqual(['OUTCOME_UNKNOWN']);
    expect((await erase('--dry-run')).said).toMatch(/1 audit record, .*1 idempotency key\./);
    expect((await erase()).code).toBe(0);
    expect(await places(DESCRIPTION)).toEqual([]);
  });
});
