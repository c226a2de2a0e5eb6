import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type RedisClient,
  createRedisCalls,
  createRedisClient,
} from '../../src/state/redis/client.ts';
import { type OpenReplicas, openRedisReplicas } from '../../src/state/redis/replicas.ts';
import type { RedisRead } from '../../src/state/redis/snapshots.ts';
import { StateError } from '../../src/state/state-store.ts';
import { type RedisServer, findRedis, startRedis } from '../support/redis.ts';
import { eventually } from './eventually.ts';
import { type RedisLink, startRedisLink } from './redis-link.ts';

const executablePath = findRedis();
if (!executablePath) console.log('Skipped: replicas on Redis, since Redis is not installed.');

/** How long a replica that does not answer is waited for, milliseconds. */
const LEASE_MS = 2_000;
const NAME = 'tenant/A_PROVIDER';
const value = { text: 'a list', freshMs: 60_000, ttlMs: 300_000 };
/** The same look, as if it had been so many milliseconds ago. */
const ago = (ms: number, look: RedisRead): RedisRead => ({
  ...look,
  at: String(Number(look.at) - ms),
});

interface Replica extends OpenReplicas {
  subscriber: RedisClient;
  heard: string[];
}

(executablePath ? describe : describe.skip)('replicas on Redis', () => {
  let server: RedisServer;
  let admin: RedisClient;
  let prefix: string;
  let tests = 0;
  const clients: RedisClient[] = [];
  const open: OpenReplicas[] = [];
  const deaf: string[] = [];

  beforeAll(async () => {
    server = await startRedis(executablePath ?? '');
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    prefix = `test-${tests++}:`;
    admin = await connect();
    deaf.length = 0;
    // Redis has had its data for long, so that no lease can be unknown to it.
    await admin.set(toKey('since'), '1');
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((replicas) => replicas.close()));
    clients.splice(0).forEach((client) => client.isOpen && client.destroy());
  });

  const toKey = (name: string) => prefix + name;

  async function connect(url = server.url): Promise<RedisClient> {
    const client = await createRedisClient({ url, onChange: () => undefined });
    clients.push(client);
    return client;
  }

  async function startReplica({
    url,
    subscriberUrl = url,
    now,
  }: { url?: string; subscriberUrl?: string; now?: () => number } = {}): Promise<Replica> {
    const [client, subscriber] = [await connect(url), await connect(subscriberUrl)];
    const reach = createRedisCalls(client, () => false);
    const replicas = await openRedisReplicas({
      subscriber,
      reach,
      toKey,
      onDeaf: (reason) => deaf.push(reason),
      ...(now ? { now } : {}),
    });
    open.push(replicas);
    const heard: string[] = [];
    replicas.onForget((name) => heard.push(name));
    return { ...replicas, subscriber, heard };
  }

  const startTwo = async (): Promise<[Replica, Replica]> => [
    await startReplica(),
    await startReplica(),
  ];

  async function lookFrom(replica: Replica): Promise<RedisRead> {
    const look = await replica.look(NAME, 4_000);
    if (!look) throw new Error('Redis is out of reach');
    return look;
  }

  /** Leaves Redis as a replica that hangs does: with a lease, and nobody who answers. */
  const addHanging = (ms: number) =>
    admin.zAdd(toKey('leases'), { score: Date.now() + ms, value: 'hanging' });

  async function msOf(work: Promise<unknown>): Promise<number> {
    const start = performance.now();
    await work;
    return performance.now() - start;
  }

  describe('to forget', () => {
    test('what Redis could not be told yet is not looked up there until it is told', async () => {
      const other = await startReplica();
      await other.keep(await lookFrom(other), value);
      const [client, subscriber] = [await connect(), await connect()];
      const reach = createRedisCalls(client, () => false);
      let isCut = false;
      const replicas = await openRedisReplicas({
        subscriber,
        reach: async (ask) => {
          if (isCut) throw new StateError('unavailable', 'cut off');
          return reach(ask);
        },
        toKey,
        onDeaf: (reason) => deaf.push(reason),
      });
      open.push(replicas);
      isCut = true;
      await replicas.forget(NAME);
      isCut = false;
      // Before the next heartbeat, which makes up for it.
      expect(await replicas.look(NAME, 4_000)).toBeUndefined();
      expect(await replicas.look('another name', 4_000)).toBeDefined();
      await eventually(() => other.heard.includes(NAME));
      expect((await replicas.look(NAME, 4_000))?.held).toBeNull();
    });

    test('is told to every other replica, and not to oneself', async () => {
      const [one, two] = await startTwo();
      const three = await startReplica();
      await one.forget('a name: with spaces');
      expect([one.heard, two.heard, three.heard]).toEqual([
        [],
        ['a name: with spaces'],
        ['a name: with spaces'],
      ]);
    });

    test('ends only after a slow replica has answered', async () => {
      const one = await startReplica();
      const slow = await connect();
      const asked = Promise.withResolvers<string>();
      await addHanging(60_000);
      await slow.subscribe(toKey('forget'), asked.resolve);
      let isOver = false;
      const forgetting = one.forget(NAME).then(() => (isOver = true));
      const [by = '', id = '', name = ''] = (await asked.promise).split(' ');
      await one.look('a turn of the other connection', 4_000);
      expect([name, isOver]).toEqual([NAME, false]);
      await admin.publish(toKey(`to:${by}`), `heard ${id} hanging`);
      expect(await msOf(forgetting)).toBeLessThan(LEASE_MS / 2);
    });

    test('waits for a replica that hangs as long as its lease lasts, and no longer', async () => {
      const one = await startReplica();
      await addHanging(60_000);
      const ms = await msOf(one.forget(NAME));
      expect(ms).toBeGreaterThan(LEASE_MS - 100);
      expect(ms).toBeLessThan(LEASE_MS + 500);
    });

    test('does not wait for a replica whose lease is over, nor for one that was closed', async () => {
      const [one, two] = await startTwo();
      await addHanging(-1);
      await two.close();
      expect(await msOf(one.forget(NAME))).toBeLessThan(500);
      expect(await admin.zRange(toKey('leases'), 0, -1)).toHaveLength(1);
    });

    test('stops reaching a listener that has gone', async () => {
      const [one, two] = await startTwo();
      const late: string[] = [];
      two.onForget((name) => late.push(name))();
      await one.forget(NAME);
      expect([two.heard, late]).toEqual([[NAME], []]);
    });

    test('removes what is shared of that name, and of no other', async () => {
      const [one, two] = await startTwo();
      const other = await one.look('other', 4_000);
      if (!other) throw new Error('Redis is out of reach');
      await one.keep(await lookFrom(one), value);
      await one.keep(other, value);
      await two.forget(NAME);
      expect(await one.look(NAME, 4_000)).toMatchObject({ held: null, mayLoad: true });
      expect(await one.look('other', 4_000)).toMatchObject({ held: { text: 'a list' } });
    });

    test('removes every variant of the name, also one that is being read, and each has its own value', async () => {
      const [one, two] = await startTwo();
      const former = await one.look(`${NAME}@former`, 4_000);
      const latter = await two.look(`${NAME}@latter`, 4_000);
      if (!former || !latter) throw new Error('Redis is out of reach');
      await one.keep(former, value);
      expect(await two.look(`${NAME}@former`, 4_000)).toMatchObject({ held: { text: 'a list' } });
      expect(await two.look(`${NAME}@latter`, 4_000)).toMatchObject({ held: null, mayLoad: false });

      await one.forget(NAME);
      expect(two.heard).toEqual([NAME]);
      await two.keep(latter, value);
      for (const name of [`${NAME}@former`, `${NAME}@latter`]) {
        expect(await two.look(name, 4_000)).toMatchObject({ held: null, mayLoad: true });
      }
    });
  });

  test('to forget waits for a whole lease after Redis has lost its data, and with it the leases', async () => {
    const [one] = await startTwo();
    await admin.flushAll();
    const begun = performance.now();
    await one.forget(NAME);
    expect(performance.now() - begun).toBeGreaterThan(LEASE_MS - 600);
  });

  test('a replica that Redis lets hear nothing says so, holds nothing, looks, and is waited for by nobody', async () => {
    await admin.sendCommand([
      'ACL',
      'SETUSER',
      'deaf',
      'on',
      'nopass',
      '~*',
      '+@all',
      'resetchannels',
    ]);
    const one = await startReplica();
    const other = await startReplica({ url: server.url.replace('//', '//deaf:x@') });

    expect(deaf).toEqual([expect.stringMatching(/NOPERM/)]);
    expect(other.epoch()).not.toBe(other.epoch());
    await one.keep(await lookFrom(one), value);
    expect((await lookFrom(other)).held?.text).toBe('a list');
    const begun = performance.now();
    await one.forget(NAME);
    expect(performance.now() - begun).toBeLessThan(LEASE_MS / 2);
    expect((await lookFrom(other)).held).toBeNull();
  });

  describe('a replica whose messages were cut', () => {
    test('has another epoch at once, and one more when they come again', async () => {
      const two = await startReplica();
      const before = two.epoch();
      await admin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
      // Another one each time while nothing is heard, and then one that stays.
      await eventually(() => two.epoch() > before + 1);
      await eventually(() => two.epoch() === two.epoch());
      expect(two.subscriber.isReady).toBe(true);
    });

    test('is told of what is forgotten once they come again, by each message once', async () => {
      const [one, two] = await startTwo();
      const before = two.epoch();
      await admin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
      await eventually(() => two.epoch() > before + 1);
      // While it hears nothing, it has another epoch each time that it is asked.
      await eventually(() => two.epoch() === two.epoch());
      await one.forget(NAME);
      // A replica that takes longer than its lease to say that it has heard is not waited for.
      await eventually(() => two.heard.length > 0);
      expect(two.heard).toEqual([NAME]);
    });

    test('has no right to show anything a lease after its last sign, though nothing was closed', async () => {
      let time = 0;
      const two = await startReplica({ now: () => time });
      const before = two.epoch();
      time += LEASE_MS - 1;
      expect(two.epoch()).toBe(before);
      time += 1;
      expect(two.epoch()).toBeGreaterThan(before);
    });
  });

  describe('without Redis', () => {
    afterEach(async () => {
      // Another test may have found it stopped.
      await server.stop();
      await server.start();
    });

    test('a look gives nothing, and nothing else rejects', async () => {
      const one = await startReplica();
      const look = await lookFrom(one);
      await server.stop();
      await eventually(async () => (await one.look(NAME, 4_000)) === undefined);
      await one.keep(look, value);
      await one.release(look);
      await one.forget(NAME);
    });

    test('every replica has another epoch, and one more when it is back', async () => {
      const [one, two] = await startTwo();
      const before = [one.epoch(), two.epoch()];
      await server.stop();
      await eventually(() => [one, two].every((it, index) => it.epoch() > (before[index] ?? 0)));
      const during = [one.epoch(), two.epoch()];
      await server.start();
      await eventually(() => [one, two].every((it, index) => it.epoch() > (during[index] ?? 0)));
    });

    test('that hangs, to forget ends within two seconds all the same', async () => {
      const one = await startReplica();
      server.hang();
      try {
        expect(await msOf(one.forget(NAME))).toBeLessThan(LEASE_MS);
      } finally {
        server.resume();
      }
    });

    test('a replica says whether it reaches Redis, also one that Redis lets hear nothing', async () => {
      const url = server.url.replace('//', '//deaf:x@');
      const denyMessages = async () => {
        const user = ['ACL', 'SETUSER', 'deaf', 'on', 'nopass', '~*', '+@all', 'resetchannels'];
        const connected = await connect();
        await connected.sendCommand(user);
      };
      await denyMessages();
      const [one, deafOne] = [await startReplica(), await startReplica({ url })];
      expect(deaf).toHaveLength(1);
      expect([one.isReachable(), deafOne.isReachable()]).toEqual([true, true]);
      await server.stop();
      await eventually(() => !one.isReachable() && !deafOne.isReachable());
      await server.start();
      await denyMessages();
      await eventually(() => one.isReachable() && deafOne.isReachable());
    });

    test('a replica starts all the same, and its messages come later', async () => {
      await server.stop();
      const one = await startReplica();
      const before = one.epoch();
      await server.start();
      await eventually(() => one.epoch() > before);
    });
  });

  describe('a replica that is cut off from Redis', () => {
    let link: RedisLink;
    beforeEach(async () => {
      link = await startRedisLink(server.url);
    });
    afterEach(() => link.close());

    test('tells the others what it has forgotten once it is back', async () => {
      const one = await startReplica({ url: link.url });
      const two = await startReplica();
      await two.keep(await lookFrom(two), value);
      link.cut();
      await eventually(async () => (await one.look(NAME, 4_000)) === undefined);
      await one.forget(NAME);
      await one.forget('other');
      expect(await two.look(NAME, 4_000)).toMatchObject({ held: { text: 'a list' } });

      link.mend();
      await eventually(() => two.heard.length >= 2);
      expect(two.heard.sort()).toEqual(['other', NAME].sort());
      expect(await two.look(NAME, 4_000)).toMatchObject({ held: null });
    });

    test('in its messages only holds nothing a lease later, and is soon waited for by nobody', async () => {
      const one = await startReplica({ subscriberUrl: link.url });
      const two = await startReplica();
      link.freeze();
      expect(await msOf(two.forget(NAME))).toBeLessThan(LEASE_MS + 500);
      expect(one.epoch()).not.toBe(one.epoch());
      expect(one.heard).toEqual([]);
      await eventually(async () => (await msOf(two.forget(NAME))) < 500);
    });

    test('in its messages only says that it does not reach Redis until they can arrive again', async () => {
      const one = await startReplica({ subscriberUrl: link.url });
      expect(one.isReachable()).toBe(true);
      link.cut();
      await eventually(() => !one.isReachable());
      link.mend();
      await eventually(() => one.isReachable());
    });

    test('is not waited for any more once its lease is over', async () => {
      const one = await startReplica({ url: link.url });
      const two = await startReplica();
      link.cut();
      await eventually(async () => (await one.look(NAME, 4_000)) === undefined);
      expect(await msOf(two.forget(NAME))).toBeLessThan(LEASE_MS + 500);
      expect(await msOf(two.forget(NAME))).toBeLessThan(500);
      expect(one.heard).toEqual([]);
    });
  });

  async function putList(key: string): Promise<void> {
    await admin.del(key);
    await admin.lPush(key, 'x');
  }

  describe('what is kept', () => {
    test('is seen by all, and its reader need not be the one who kept it', async () => {
      const [one, two] = await startTwo();
      const look = await lookFrom(one);
      expect(look).toMatchObject({ name: NAME, held: null, mayLoad: true });
      await one.keep(look, { ...value, text: 'Größe "1"\n' });
      expect(await two.look(NAME, 4_000)).toMatchObject({
        held: { text: 'Größe "1"\n', freshMs: 60_000 },
        mayLoad: false,
      });
    });

    test('has its age by the clock of Redis', async () => {
      // The clock of this replica stands still, and says another time.
      const [one, two] = [await startReplica(), await startReplica({ now: () => 0 })];
      await one.keep(ago(10_000, await lookFrom(one)), value);
      const first = await lookFrom(two);
      await pause(20);
      const second = await lookFrom(two);
      expect(first.held?.ageMs).toBeGreaterThanOrEqual(10_000);
      expect(second.held?.ageMs).toBeGreaterThanOrEqual((first.held?.ageMs ?? Infinity) + 19);
      expect(second.held?.ageMs).toBeLessThan(15_000);
    });

    test('is older than its read by as much as a cache on the way made it', async () => {
      const [one, two] = await startTwo();
      await one.keep(await lookFrom(one), { ...value, ageMs: 20_000 });
      const { held } = await lookFrom(two);
      expect(held?.ageMs).toBeGreaterThanOrEqual(20_000);
      expect(held?.ageMs).toBeLessThan(25_000);
    });

    test('is shown to the one who may read it anew once it is no longer fresh', async () => {
      const [one, two] = await startTwo();
      await one.keep(ago(60_000, await lookFrom(one)), value);
      expect(await one.look(NAME, 4_000)).toMatchObject({
        held: { text: 'a list' },
        mayLoad: true,
      });
      expect(await two.look(NAME, 4_000)).toMatchObject({ held: null, mayLoad: false });
    });

    test('of the future is none, and may be read and replaced: the clock of Redis was set back', async () => {
      const [one, two] = await startTwo();
      await one.keep(ago(-60_000, await lookFrom(one)), { ...value, text: 'of the future' });
      const look = await lookFrom(two);
      expect(look).toMatchObject({ held: null, mayLoad: true });
      await two.keep(look, value);
      expect(await one.look(NAME, 4_000)).toMatchObject({ held: { text: 'a list' } });
    });

    test('that is kept late is as old as it is, and not kept at all beyond its time', async () => {
      const one = await startReplica();
      const look = await lookFrom(one);
      await one.keep(ago(400_000, look), value);
      expect(await one.look(NAME, 4_000)).toMatchObject({ held: null });
    });

    test('written by somebody else in another form is as good as Redis out of reach', async () => {
      const one = await startReplica();
      await one.keep(await lookFrom(one), value);
      await admin.hSet(toKey(`snapshot:${NAME}`), 'freshMs', 'inf');
      expect(await one.look(NAME, 4_000)).toBeUndefined();
    });

    test.each([
      ['a snapshot that is a text', () => admin.set(toKey(`snapshot:${NAME}`), 'x')],
      ['a snapshot without numbers', () => admin.hSet(toKey(`snapshot:${NAME}`), 'readAt', 'x')],
      ['a snapshot without its text', () => admin.hDel(toKey(`snapshot:${NAME}`), 'text')],
      ['a ticket that is a list', () => putList(toKey(`ticket:${NAME}`))],
      ['a generation that is a list', () => putList(toKey(`generation:${NAME}`))],
    ])('is ignored and replaced where something else has left %s', async (_what, put) => {
      const one = await startReplica();
      await one.keep(ago(60_000, await lookFrom(one)), value);
      await put();

      const look = await lookFrom(one);
      expect(look.mayLoad).toBe(true);
      await one.keep(look, { ...value, text: 'a new list' });
      expect(await one.look(NAME, 4_000)).toMatchObject({ held: { text: 'a new list' } });
    });

    test('is gone after its time', async () => {
      const one = await startReplica();
      await one.keep(await lookFrom(one), { ...value, ttlMs: 30 });
      await eventually(async () => (await one.look(NAME, 4_000))?.held === null);
    });

    test('is not replaced by what was read before it', async () => {
      const one = await startReplica();
      const look = await lookFrom(one);
      await one.keep(ago(1_000, look), { ...value, text: 'newer' });
      await one.keep(ago(9_000, look), { ...value, text: 'older' });
      expect(await one.look(NAME, 4_000)).toMatchObject({ held: { text: 'newer' } });
    });

    test('is refused when it was forgotten since its read began', async () => {
      const [one, two] = await startTwo();
      const look = await lookFrom(one);
      await two.forget(NAME);
      await one.keep(look, value);
      expect(await two.look(NAME, 4_000)).toMatchObject({ held: null, mayLoad: true });
    });

    test('is refused when Redis has lost all data since its read began', async () => {
      const [one, two] = await startTwo();
      const look = await lookFrom(one);
      await two.forget(NAME);
      await admin.flushAll();
      await one.keep(look, value);
      expect(await two.look(NAME, 4_000)).toMatchObject({ held: null });
      await one.keep(look, value);
      expect(await two.look(NAME, 4_000)).toMatchObject({ held: null });
    });
  });

  describe('the right to read', () => {
    test('is had by one of many who look at once', async () => {
      const [one, two] = await startTwo();
      const looks = await Promise.all(
        Array.from({ length: 40 }, (_, index) => lookFrom(index % 2 ? one : two)),
      );
      expect(looks.filter(({ mayLoad }) => mayLoad)).toHaveLength(1);
    });

    test('passes on when it is released, by its holder only', async () => {
      const [one, two] = await startTwo();
      const [look, other] = [await lookFrom(one), await lookFrom(two)];
      await two.release(other);
      expect((await lookFrom(two)).mayLoad).toBe(false);
      await one.release(look);
      expect((await lookFrom(two)).mayLoad).toBe(true);
    });

    test('passes on when the list is forgotten, and its late holder does not end that of the next', async () => {
      const [one, two] = await startTwo();
      const look = await lookFrom(one);
      await two.forget(NAME);
      expect((await lookFrom(two)).mayLoad).toBe(true);
      await one.keep(look, value);
      await one.release(look);
      expect((await lookFrom(one)).mayLoad).toBe(false);
    });

    test('of a replica that died ends by itself', async () => {
      const one = await startReplica();
      await lookFrom(one);
      const [ticket = ''] = await admin.keys(`${prefix}ticket:*`);
      const ms = await admin.pTTL(ticket);
      expect(ms).toBeGreaterThan(3_000);
      expect(ms).toBeLessThanOrEqual(4_000);
    });
  });
});
