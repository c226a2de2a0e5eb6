import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type RedisClient, createRedisClient } from '../../src/state/redis/client.ts';
import { describeDurability } from '../../src/state/redis/replication.ts';
import { createRedisStore } from '../../src/state/redis/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { type RedisServer, findRedis, startRedis } from '../support/redis.ts';
import { eventually } from './eventually.ts';
import { all, entriesOf } from './state-store.suite.ts';

const executablePath = findRedis();
if (!executablePath) console.log('Skipped: Redis as a server, since Redis is not installed.');

const TIMES = { waitMs: 5000, ttlMs: 60_000 };
const unavailable = { name: 'StateError', kind: 'unavailable' };

interface Replica {
  client: RedisClient;
  store: StateStore;
  changes: string[];
}

(executablePath ? describe : describe.skip)('in Redis', () => {
  let server: RedisServer;
  let prefix: string;
  let tests = 0;
  const replicas: Replica[] = [];

  beforeAll(async () => {
    server = await startRedis(executablePath ?? '');
  });
  afterAll(() => server?.stop());
  beforeEach(() => {
    prefix = `test-${tests++}:`;
  });
  afterEach(async () => {
    for (const { store, client } of replicas.splice(0)) {
      await store.close();
      client.destroy();
    }
  });

  async function startReplica(now?: () => number): Promise<Replica> {
    const changes: string[] = [];
    const client = await createRedisClient({
      url: server.url,
      onChange: (state) => changes.push(state),
    });
    const store = createRedisStore({ client, prefix, ...(now ? { now } : {}) });
    const replica = { client, store, changes };
    replicas.push(replica);
    return replica;
  }

  test('a lock that Redis has granted already is taken, and not waited for', async () => {
    const { client } = await startReplica();
    const twice = new Proxy(client, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        const call = (...args: readonly unknown[]): unknown => Reflect.apply(member, target, args);
        if (name !== 'eval' && name !== 'set') return call;
        return async (...args: readonly unknown[]) => {
          await call(...args);
          return call(...args);
        };
      },
    });
    const store = createRedisStore({ client: twice, prefix });
    const times = { waitMs: 100, ttlMs: 60_000 };
    expect(await store.withLock('a', times, async () => 'done')).toBe('done');
    await store.close();
  });

  describe('two replicas', () => {
    test('share values and logs, and nothing with another prefix', async () => {
      const [{ store: one }, { store: two, client }] = [await startReplica(), await startReplica()];
      await one.set('a', '1');
      expect(await two.compareAndSet('a', { expected: '1', value: '2' })).toBe(true);
      expect(await one.get('a')).toBe('2');
      await one.append(['log'], 'by one');
      await two.append(['log'], 'by two');
      expect(entriesOf(await all(one.readForward('log')))).toEqual(['by one', 'by two']);

      const foreign = createRedisStore({ client, prefix: 'foreign:' });
      expect(await foreign.get('a')).toBeNull();
      await foreign.close();
    });

    test('let one of 100 concurrent changes win', async () => {
      const [{ store: one }, { store: two }] = [await startReplica(), await startReplica()];
      const wins = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          (index % 2 ? one : two).compareAndSet('a', { expected: null, value: String(index) }),
        ),
      );
      expect(wins.filter(Boolean)).toHaveLength(1);
      expect(await one.get('a')).toBe(String(wins.indexOf(true)));
    });

    test('hold a lock one at a time', async () => {
      const [{ store: one }, { store: two }] = [await startReplica(), await startReplica()];
      let inside = 0;
      let most = 0;
      const work = async (): Promise<void> => {
        most = Math.max(most, ++inside);
        await one.get('x');
        inside--;
      };
      const runs = [one, two, one, two, one, two].map((store) => store.withLock('a', TIMES, work));
      await Promise.all(runs);
      expect(most).toBe(1);
    });

    test('are busy for each other after the wait, and the work has not run', async () => {
      const [{ store: one }, { store: two }] = [await startReplica(), await startReplica()];
      const gate = Promise.withResolvers<void>();
      const entered = Promise.withResolvers<void>();
      const holder = one.withLock('a', TIMES, () => {
        entered.resolve();
        return gate.promise;
      });
      await entered.promise;
      let ran = false;
      const late = two.withLock('a', { ...TIMES, waitMs: 60 }, async () => void (ran = true));
      await expect(late).rejects.toMatchObject({ kind: 'busy' });
      gate.resolve();
      await holder;
      expect(await two.withLock('a', TIMES, async () => 'next')).toBe('next');
      expect(ran).toBe(false);
    });

    test('get the lock of a dead holder after its time, and it cannot release theirs', async () => {
      const [{ store: dead }, { store: next }, { store: third }] = [
        await startReplica(),
        await startReplica(),
        await startReplica(),
      ];
      const silence = Promise.withResolvers<void>();
      const entered = Promise.withResolvers<void>();
      const lost = dead.withLock('a', { ...TIMES, ttlMs: 150 }, () => {
        entered.resolve();
        return silence.promise;
      });
      await entered.promise;
      await next.withLock('a', TIMES, async () => {
        silence.resolve();
        await lost;
        // Answered after the release, which was sent before it on the same connection.
        await dead.get('x');
        const attempt = third.withLock('a', { ...TIMES, waitMs: 0 }, async () => 'ran');
        await expect(attempt).rejects.toMatchObject({ kind: 'busy' });
      });
      expect(await third.withLock('a', TIMES, async () => 'ran')).toBe('ran');
    });

    test('know each other to be alive until one ends', async () => {
      const [{ store: one }, { store: two }] = [await startReplica(), await startReplica()];
      await one.set('a', '1');
      expect(await two.isAlive(one.instanceId)).toBe(true);
      await one.close();
      expect(await two.isAlive(one.instanceId)).toBe(false);
    });

    test('mark themselves for a while only, in case they are killed', async () => {
      const { store, client } = await startReplica();
      await store.get('x');
      const left = await client.pTTL(`${prefix}instance:${store.instanceId}`);
      expect(left > 0 && left <= 10_000).toBe(true);
    });
  });

  describe('a server that goes', () => {
    test('and comes back: errors, then answers again, each change told once', async () => {
      let time = 0;
      const { store, changes } = await startReplica(() => time);
      const other = await startReplica();
      await store.set('a', '1');

      await server.stop();
      await eventually(() => changes.includes('down'));
      await expect(store.get('a')).rejects.toMatchObject(unavailable);
      await expect(store.set('a', '2')).rejects.toMatchObject(unavailable);
      await expect(store.append(['a', 'b'], '1')).rejects.toMatchObject(unavailable);
      await expect(all(store.readForward('a'))).rejects.toMatchObject(unavailable);
      await expect(store.isAlive(other.store.instanceId)).rejects.toMatchObject(unavailable);
      let ran = false;
      const work = async () => void (ran = true);
      await expect(store.withLock('a', TIMES, work)).rejects.toMatchObject(unavailable);
      expect(ran).toBe(false);

      await server.start();
      await eventually(() => changes.lastIndexOf('up') > 0);
      await eventually(() => other.changes.lastIndexOf('up') > 0);
      expect(await store.get('a')).toBeNull();
      expect(await all(store.readForward('a'))).toEqual([]);
      await store.set('a', '3');
      expect(await store.get('a')).toBe('3');
      expect(changes).toEqual(['up', 'down', 'up']);

      // Just after that nobody's mark can be relied upon to be back.
      expect(await store.isAlive('somebody')).toBe(true);
      time = 5000;
      expect(await store.isAlive('somebody')).toBe(false);
      expect(await store.isAlive(other.store.instanceId)).toBe(true);
    });

    test('silently: a question fails, then all do at once, until it answers again', async () => {
      const { store, changes } = await startReplica();
      server.hang();
      try {
        await expect(store.get('a')).rejects.toMatchObject(unavailable);
        await eventually(() => changes.includes('down'));
        await expect(store.get('a')).rejects.toMatchObject(unavailable);
      } finally {
        server.resume();
      }
      await eventually(() => changes.lastIndexOf('up') > 0);
      expect(await store.get('a')).toBeNull();
      expect(changes).toEqual(['up', 'down', 'up']);
    });
  });

  test('a client whose first attempt fails is given all the same, and connects later', async () => {
    await server.stop();
    const { store, changes } = await startReplica();
    expect(changes).toEqual(['down']);
    await expect(store.get('a')).rejects.toMatchObject(unavailable);
    await server.start();
    await eventually(() => changes.includes('up'));
    expect(await store.get('a')).toBeNull();
    expect(changes).toEqual(['down', 'up']);
  });

  test('open records are found again without a look at any other key, also those of versions before', async () => {
    const { store, client } = await startReplica();
    const scans = async () =>
      /cmdstat_scan:calls=(\d+)/.exec(await client.info('commandstats'))?.[1];
    const others = Array.from(
      { length: 5_000 },
      (_, index) => [`${prefix}value:${index}`, '1'] as const,
    );
    await client.mSet(Object.fromEntries(others));
    await client.set(`${prefix}value:audit-open/1`, 'not listed');
    expect(await all(store.keys('audit-open/'))).toEqual(['audit-open/1']);
    const before = await scans();

    await store.set('audit-open/2', '1');
    await store.set('audit-open/1', null);
    expect(await all(store.keys('audit-open/'))).toEqual(['audit-open/2']);
    expect(await client.zRange(`${prefix}listed`, 0, -1)).toEqual(['audit-open/2']);
    expect(await scans()).toBe(before);
  });

  test('a list whose place something else has taken costs no record', async () => {
    const { store, client } = await startReplica();
    await client.set(`${prefix}listed`, 'something else');
    await store.set('audit-open/1', '1');
    expect(await store.get('audit-open/1')).toBe('1');
    expect(await all(store.keys('audit-open/'))).toEqual(['audit-open/1']);
  });

  test('what Redis refuses is unavailable too, with its reason as the cause', async () => {
    const { store, client } = await startReplica();
    await client.hSet(`${prefix}value:a`, 'field', 'value');
    await expect(store.get('a')).rejects.toMatchObject({
      ...unavailable,
      cause: expect.objectContaining({
        message: expect.stringContaining('WRONGTYPE'),
      }),
    });
  });

  test('a full Redis refuses an entry to all of its logs, none has it', async () => {
    const { store, client } = await startReplica();
    await client.configSet('maxmemory', '1');
    try {
      await expect(store.append(['one', 'two'], '1')).rejects.toMatchObject(unavailable);
    } finally {
      await client.configSet('maxmemory', '0');
    }
    expect(await all(store.readForward('one'))).toEqual([]);
    expect(await all(store.readForward('two'))).toEqual([]);
  });

  describe('what Redis would lose', () => {
    test('is nothing with noeviction and appendonly, or with snapshots', async () => {
      const { client } = await startReplica();
      await client.configSet('save', '3600 1');
      expect(await describeDurability(client)).toEqual([]);
      await client.configSet('save', '');
    });

    test('is told: eviction, and no persistence', async () => {
      const { client } = await startReplica();
      await client.configSet('maxmemory-policy', 'allkeys-lru');
      expect(await describeDurability(client)).toEqual([
        'Redis evicts keys when its memory is full (maxmemory-policy is allkeys-lru). Set it to noeviction.',
        'Redis does not persist data to disk (neither appendonly nor save is set). Set appendonly to yes.',
      ]);
      await client.configSet('maxmemory-policy', 'noeviction');
    });

    test('cannot be told where CONFIG is forbidden', async () => {
      const { client } = await startReplica();
      await client.aclSetUser('guest', ['on', 'nopass', '~*', '+@all', '-config']);
      await client.auth({ username: 'guest', password: 'x' });
      expect(await describeDurability(client)).toEqual([
        'The persistence settings of Redis could not be checked: it did not answer CONFIG GET.',
      ]);
    });
  });
});

test('a URL that is none is told without the URL, which may hold a password', async () => {
  const given = { url: 'redis://user:secret@host:99999', onChange: () => undefined };
  const error: unknown = await createRedisClient(given).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject(unavailable);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret');
});
