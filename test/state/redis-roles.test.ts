import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startSandbox } from '../../src/sandbox/index.ts';
import { type OpenState, openState } from '../../src/state/open-state.ts';
import { type RedisClient, createRedisClient } from '../../src/state/redis/client.ts';
import { createRedisStore } from '../../src/state/redis/store.ts';
import { startServiceProcess } from '../support/service-process.ts';
import { type RedisFront, startRedisFront } from '../support/redis-front.ts';
import { type RedisServer, findRedis, startRedis } from '../support/redis.ts';
import { codesOf, mutate } from '../support/writing.ts';
import { startSlowLink } from '../support/slow-link.ts';
import { eventually } from './eventually.ts';

const executablePath = findRedis();
if (!executablePath)
  console.log('Skipped: servers of Redis that change roles, since Redis is not installed.');

const RECOVERED_MS = 5_000;
const LIMIT = { burst: 10, perSecond: 1, start: 10, maxBlockMs: 60_000 };

(executablePath ? describe : describe.skip)('servers of Redis behind one address', () => {
  let servers: RedisServer[];
  let admins: RedisClient[];
  let front: RedisFront;
  let lines: string[];
  const states: OpenState[] = [];

  beforeEach(async () => {
    servers = [await startRedis(executablePath ?? ''), await startRedis(executablePath ?? '')];
    admins = await Promise.all(
      servers.map(({ url }) => createRedisClient({ url, onChange: () => undefined })),
    );
    front = await startRedisFront(servers[0]?.url ?? '');
    lines = [];
  });
  afterEach(async () => {
    await Promise.all(states.splice(0).map((state) => state.close()));
    admins.forEach((admin) => admin.destroy());
    await front.close();
    await Promise.all(servers.map((server) => server.stop()));
  });

  async function open(url = front.url): Promise<OpenState> {
    const state = await openState({
      redisUrl: url,
      folder: '',
      now: () => performance.now(),
      wallTime: Date.now,
      log: { info: (line) => lines.push(line), warn: (line) => lines.push(line) },
    });
    states.push(state);
    return state;
  }

  async function ask(index: number, ...command: string[]): Promise<string> {
    return JSON.stringify(await admins[index]?.sendCommand(command));
  }
  const portOf = (index: number) => new URL(servers[index]?.url ?? '').port;
  async function follow(index: number, master: number): Promise<void> {
    await ask(index, 'REPLICAOF', '127.0.0.1', portOf(master));
  }
  /** The second server becomes the master. Open connections stay with the first. */
  async function swap(): Promise<void> {
    await ask(1, 'REPLICAOF', 'NO', 'ONE');
    await follow(0, 1);
    front.target = servers[1]?.url ?? '';
  }
  const taken = () => Promise.resolve('taken');
  /** One that has just come is called online before it confirms its first write. */
  async function isFollowed(index: number): Promise<boolean> {
    await ask(index, 'SET', 'followed', 'yes');
    const isOnline = /state=online/.test(await ask(index, 'INFO', 'replication'));
    return isOnline && (await ask(index, 'WAIT', '1', '1000')) === '1';
  }

  /** Milliseconds until it does not reject any more. */
  async function msUntil(work: () => Promise<unknown>): Promise<number> {
    const begun = performance.now();
    for (;;) {
      try {
        await work();
        return performance.now() - begun;
      } catch (error) {
        if (performance.now() - begun > 2 * RECOVERED_MS) throw error;
        await pause(20);
      }
    }
  }

  test('when they swap roles, and connections that stand stay with the former master, all works again within seconds', async () => {
    await follow(1, 0);
    await eventually(() => isFollowed(0));
    const [one, two] = [await open(), await open()];
    await one.store.compareAndSet('before', { expected: null, value: 'kept', isSecured: true });

    await swap();

    for (const { store } of [one, two]) {
      expect(await msUntil(() => store.set('after', 'taken'))).toBeLessThan(RECOVERED_MS);
      expect([await store.get('before'), await store.get('after')]).toEqual(['kept', 'taken']);
      const secured = { expected: 'taken', value: 'taken', isSecured: true };
      expect(await msUntil(() => store.compareAndSet('after', secured))).toBeLessThan(RECOVERED_MS);
      const times = { waitMs: 1_000, ttlMs: 5_000 };
      expect(await store.withLock('lock', times, async (lock) => lock.secure())).toBeUndefined();
    }
    expect(await one.shared?.buckets.take('bucket', LIMIT, 0)).toBe(0);
    const heard: string[] = [];
    two.shared?.replicas.onForget((name) => heard.push(name));
    // One that hears has an epoch that stays.
    await eventually(() => two.shared?.replicas.epoch() === two.shared?.replicas.epoch());
    await one.shared?.replicas.forget('list');
    expect(heard).toEqual(['list']);
    expect(lines.filter((line) => line.includes('READONLY'))).not.toHaveLength(0);
    await eventually(() => lines.includes('Redis accepts writes again, over new connections'));
  });

  test('a replica that follows confirms each write, also while Redis reports a lag of -1', async () => {
    await follow(1, 0);
    await eventually(() => isFollowed(0));
    const { store } = await open();
    // Redis may report it in the first milliseconds of a second, around which there are as many writes as can be.
    const isTurning = () => Math.abs(((Date.now() + 500) % 1_000) - 500) < 100;
    let writes = 0;
    for (const end = performance.now() + 3_200; performance.now() < end; writes += 1) {
      const change = { expected: writes === 0 ? null : 'written', value: 'written' };
      expect(await store.compareAndSet('a', { ...change, isSecured: true })).toBe(true);
      if (!isTurning()) await pause(5);
    }
    expect(writes).toBeGreaterThan(100);
  });

  test('a lock that was held while the servers swapped roles is free within seconds', async () => {
    await follow(1, 0);
    await eventually(() => isFollowed(0));
    const [one, two] = [await open(), await open()];
    await one.store.withLock('lock', { waitMs: 1_000, ttlMs: 60_000 }, async (lock) => {
      await lock.secure();
      await swap();
    });
    const times = { waitMs: RECOVERED_MS, ttlMs: 5_000 };
    expect(await msUntil(() => two.store.withLock('lock', times, taken))).toBeLessThan(
      RECOVERED_MS,
    );
  });

  test('a lock whose release the new master has not received is free within seconds', async () => {
    const link = await startSlowLink(servers[0]?.url ?? '');
    await ask(1, 'REPLICAOF', '127.0.0.1', new URL(link.url).port);
    await eventually(() => isFollowed(0));
    const [one, two] = [await open(), await open()];
    await one.store.withLock('lock', { waitMs: 1_000, ttlMs: 60_000 }, async (lock) => {
      await lock.secure();
      link.delayMs = 1_000;
    });
    // This reply follows the release.
    await one.store.set('a', '1');
    await swap();
    const times = { waitMs: RECOVERED_MS, ttlMs: 5_000 };
    expect(await msUntil(() => two.store.withLock('lock', times, taken))).toBeLessThan(
      RECOVERED_MS,
    );
    await link.close();
  });

  test('a reply that arrived while this process was busy is no failure of Redis', async () => {
    const { store } = await open(servers[0]?.url);
    await store.set('a', '1');
    const answer = store.get('a');
    // Until the command is sent. Then longer than a command may take.
    await setImmediate();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
    expect(await answer).toBe('1');
  });

  test.each([
    'READONLY You can’t write against a read only replica.',
    'ERR Error running script (call to f_1): @user_script:1: -READONLY No writes here.',
    'MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to no.',
    'LOADING Redis is loading the dataset in memory',
    'NOREPLICAS Not enough good replicas to write.',
    'NOAUTH Authentication required.',
    'CLUSTERDOWN The cluster is down',
  ])('a connection that answers %s for ever is renewed', async (error) => {
    const { store } = await open();
    await store.set('a', '1');
    front.answerAll(error);
    await expect(store.set('a', '2')).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await msUntil(() => store.set('a', '2'))).toBeLessThan(RECOVERED_MS);
  });

  test('a refusal that no other connection would end makes none', async () => {
    const { store } = await open();
    const before = front.connections;
    await ask(0, 'CONFIG', 'SET', 'maxmemory', '1');
    for (let tries = 0; tries < 3; tries += 1) {
      await expect(store.set('a', '1')).rejects.toMatchObject({ kind: 'unavailable' });
      await pause(200);
    }
    expect(front.connections).toBe(before);
  });

  test('a server that stays read-only is told of once, and tried a few times a second at most', async () => {
    await follow(0, 1);
    const { store } = await open();
    await expect(store.set('a', '1')).rejects.toMatchObject({ kind: 'unavailable' });
    await pause(3_000);
    // Three each time, after pauses that grow to a second.
    expect(front.connections).toBeLessThan(40);
    expect(lines.filter((line) => line.includes('READONLY')).length).toBeLessThan(4);
    await ask(0, 'REPLICAOF', 'NO', 'ONE');
    expect(await msUntil(() => store.set('a', '1'))).toBeLessThan(RECOVERED_MS);
  });

  test('a replica that listens where nobody writes any more hears again', async () => {
    const state = await open();
    await eventually(() => state.shared?.replicas.epoch() === state.shared?.replicas.epoch());
    front.target = servers[1]?.url ?? '';
    // The connection for messages stays.
    await ask(0, 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await eventually(() => state.shared?.replicas.epoch() !== state.shared?.replicas.epoch());
    const other = await open();
    const heard: string[] = [];
    state.shared?.replicas.onForget((name) => heard.push(name));
    await eventually(async () => {
      await other.shared?.replicas.forget('list');
      return heard.includes('list');
    });
  });

  test('after a password was changed, the new one is used for the next connection', async () => {
    await ask(0, 'CONFIG', 'SET', 'requirepass', 'old');
    const url = (password: string) => front.url.replace('//', `//:${password}@`);
    const { store, takeRedisUrl } = await open(url('old'));
    await store.set('a', '1');

    await ask(0, 'CONFIG', 'SET', 'requirepass', 'n%w');
    await ask(0, 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await ask(0, 'CLIENT', 'KILL', 'TYPE', 'pubsub');
    await eventually(() => lines.some((line) => line.includes('WRONGPASS')));
    expect(takeRedisUrl(url('n%25w'))).toBe(true);
    expect(await msUntil(() => store.set('a', '2'))).toBeLessThan(RECOVERED_MS);
    expect(takeRedisUrl('redis://:x@elsewhere.example')).toBe(false);
  });

  test('a file with the URL is read again, and a process goes on with the password in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'badges-redis-url-'));
    const file = join(folder, 'redis-url');
    const write = (url: string) => writeFileSync(file, url);
    await ask(0, 'CONFIG', 'SET', 'requirepass', 'old');
    write(front.url.replace('//', '//:old@'));
    const sandbox = await startSandbox();
    const service = await startServiceProcess({ ...sandbox.variables, REDIS_URL_FILE: file });
    const update = (name: string) =>
      mutate(service.url, {
        kind: 'update',
        input: { tagMango: { id: '6657092c8142bfe0656481bf', name } },
        key: name,
      });
    expect(codesOf(await update('before'))).toEqual([]);

    await ask(0, 'CONFIG', 'SET', 'requirepass', 'new');
    await ask(0, 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await eventually(async () => codesOf(await update('between'))[0] === 'STATE_UNAVAILABLE');
    write(front.url.replace('//', '//:new@'));
    await eventually(async () => codesOf(await update('after')).length === 0);

    write('redis://elsewhere.example');
    await eventually(() => service.output().includes('points to a different server'));
    expect(service.output()).not.toMatch(/:(old|new)@/);
    await service.kill();
    await sandbox.close();
    rmSync(folder, { recursive: true });
  });

  describe('what is to outlive a server', () => {
    const secured = (value: string) => ({ expected: null, value, isSecured: true });

    test('is refused while a replica that was there does not say that it has it, and taken once it is gone for good', async () => {
      let time = 0;
      await follow(1, 0);
      await eventually(() => isFollowed(0));
      const client = await createRedisClient({
        url: servers[0]?.url ?? '',
        onChange: () => undefined,
      });
      const store = createRedisStore({ client, prefix: 'p:', now: () => time });
      await msUntil(() => store.compareAndSet('a', secured('1')));
      servers[1]?.hang();
      await expect(store.compareAndSet('b', secured('1'))).rejects.toMatchObject({
        kind: 'unavailable',
      });
      await store.withLock('lock', { waitMs: 5_000, ttlMs: 5_000 }, async (lock) => {
        await expect(lock.secure()).rejects.toMatchObject({ kind: 'unavailable' });
      });
      await store.set('not to be secured', '1');
      servers[1]?.resume();
      await ask(1, 'REPLICAOF', 'NO', 'ONE');
      await eventually(async () =>
        (await ask(0, 'INFO', 'replication')).includes('connected_slaves:0'),
      );
      await expect(store.compareAndSet('c', secured('1'))).rejects.toMatchObject({
        kind: 'unavailable',
      });
      time += 3_000;
      expect(await store.compareAndSet('d', secured('1'))).toBe(true);
      await store.close();
      client.destroy();
    });

    test('is taken at once where there is no replica', async () => {
      const { store } = await open();
      expect(await store.compareAndSet('a', secured('1'))).toBe(true);
      await store.withLock('lock', { waitMs: 5_000, ttlMs: 5_000 }, (lock) => lock.secure());
    });

    test('is not secured by a lock that Redis has lost', async () => {
      const { store } = await open();
      await store.withLock('lock', { waitMs: 5_000, ttlMs: 5_000 }, async (lock) => {
        await lock.secure();
        await ask(0, 'FLUSHALL');
        await expect(lock.secure()).rejects.toMatchObject({ kind: 'unavailable' });
      });
    });
  });
});
