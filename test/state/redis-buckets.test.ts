import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type TokenBucket,
  type TokenBuckets,
  type TokenLimit,
  createRedisBuckets,
  takeToken,
} from '../../src/state/rate-limit.ts';
import {
  type RedisClient,
  createRedisCalls,
  createRedisClient,
} from '../../src/state/redis/client.ts';
import { type RedisServer, findRedis, startRedis } from '../support/redis.ts';

const executablePath = findRedis();
if (!executablePath) console.log('Skipped: buckets in Redis, since Redis is not installed.');

const LIMIT: TokenLimit = { burst: 20, perSecond: 6, start: 8, maxBlockMs: 60_000 };
/** Fills nothing while a test runs. */
const SLOW: TokenLimit = { ...LIMIT, perSecond: 0.001 };
/** What the clock of Redis may go on between two commands, milliseconds. */
const LATE_MS = 2_000;
const SEQUENCES = 50;

(executablePath ? describe : describe.skip)('buckets in Redis', () => {
  let server: RedisServer;
  let tests = 0;
  let name: string;
  const clients: RedisClient[] = [];
  let client: RedisClient;
  let buckets: TokenBuckets;

  beforeAll(async () => {
    server = await startRedis(executablePath ?? '');
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    name = `bucket ${tests++}`;
    [client, buckets] = await connect();
  });
  afterEach(() => clients.splice(0).forEach((each) => each.destroy()));

  async function connect(): Promise<[RedisClient, TokenBuckets]> {
    const made = await createRedisClient({ url: server.url, onChange: () => undefined });
    clients.push(made);
    const reach = createRedisCalls(made, () => false);
    return [made, createRedisBuckets(reach, (of) => `test:${of}`)];
  }

  /** By the clock of Redis, milliseconds. */
  async function redisNow(): Promise<number> {
    const [seconds = 0, micros = 0] = (await client.sendCommand<string[]>(['TIME'])).map(Number);
    return seconds * 1_000 + Math.floor(micros / 1_000);
  }

  /** Puts a bucket as it was left so many milliseconds ago. */
  async function leave({ tokens, agoMs }: { tokens: number; agoMs: number }): Promise<void> {
    const at = (await redisNow()) - agoMs;
    await client.hSet(`test:${name}`, { tokens: String(tokens), at: String(at) });
  }

  async function takeAll(limit: TokenLimit, leaving = 0): Promise<number> {
    for (let taken = 0; ; taken++) if ((await buckets.take(name, limit, leaving)) > 0) return taken;
  }

  test('those that have to wait change nothing', async () => {
    expect(await takeAll(SLOW)).toBe(8);
    const before = await client.hGetAll(`test:${name}`);
    for (let tries = 0; tries < 10; tries += 1) {
      expect(await buckets.take(name, SLOW, 0)).toBeGreaterThan(0);
    }
    expect(await client.hGetAll(`test:${name}`)).toEqual(before);
  });

  test('random takes without a pause are answered as the bucket in memory answers them', async () => {
    let sequence = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(10), { maxLength: 40 }), async (leaves) => {
        let known: TokenBucket | null = null;
        const of = `${name}/${sequence++}`;
        for (const leaving of leaves) {
          const expected = takeToken(known, SLOW, { leave: leaving, now: 0 });
          known = expected.bucket;
          const waitMs = await buckets.take(of, SLOW, leaving);
          expect(waitMs).toBeLessThanOrEqual(expected.waitMs);
          expect(waitMs).toBeGreaterThanOrEqual(
            expected.waitMs === 0 ? 0 : expected.waitMs - LATE_MS,
          );
        }
      }),
      { numRuns: SEQUENCES },
    );
  });

  test('a bucket left some time ago has filled as the one in memory has', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ tokens: fc.double({ min: 0, max: 20, noNaN: true }), agoMs: fc.nat(10_000) }),
        async (left) => {
          await leave(left);
          const known = { tokens: left.tokens, at: -left.agoMs, blockedUntil: 0 };
          const least = takeToken(known, LIMIT, { leave: 0, now: 0 }).bucket.tokens;
          const most = takeToken(known, LIMIT, { leave: 0, now: LATE_MS }).bucket.tokens;
          await buckets.take(name, LIMIT, 0);
          const tokens = Number(await client.hGet(`test:${name}`, 'tokens'));
          expect(tokens).toBeGreaterThanOrEqual(least - 1e-6);
          expect(tokens).toBeLessThanOrEqual(Math.max(most, least) + 1 + 1e-6);
        },
      ),
      { numRuns: SEQUENCES },
    );
  });

  test('what is free is what takes would get at once, and looking at it changes nothing', async () => {
    expect(await buckets.free(name, SLOW)).toBe(SLOW.start);
    expect(await client.exists(`test:${name}`)).toBe(0);
    await leave({ tokens: 3.5, agoMs: 0 });
    const free = await buckets.free(name, SLOW);
    expect(free).toBeGreaterThanOrEqual(3.5);
    expect(free).toBeLessThan(4);
    expect(await takeAll(SLOW)).toBe(3);
    await buckets.block(name, 10_000);
    expect(await buckets.free(name, SLOW)).toBe(0);
    await client.set(`test:${name} text`, 'x');
    expect(await buckets.free(`${name} text`, SLOW)).toBe(SLOW.start);
  });

  test.each([
    ['a text', (key: string) => client.set(key, 'x')],
    ['a stream', (key: string) => client.xAdd(key, '*', { a: 'b' })],
    ['no numbers', (key: string) => client.hSet(key, { tokens: 'x', at: 'y', blockedUntil: 'z' })],
    ['no numbers to reckon with', (key: string) => client.hSet(key, { tokens: 'nan', at: 'inf' })],
    ['a debt', (key: string) => client.hSet(key, { tokens: '-1e15', at: '0' })],
    ['other fields', (key: string) => client.hSet(key, { more: '1' })],
  ])(
    'a bucket in whose place is %s counts as one that nobody knows, and is replaced',
    async (_kind, put) => {
      await put(`test:${name}`);
      expect(await takeAll(SLOW)).toBe(SLOW.start);
      await client.del(`test:${name}`);
      await put(`test:${name}`);
      await buckets.block(name, 10_000);
      expect(await buckets.take(name, SLOW, 0)).toBeGreaterThan(10_000 - LATE_MS);
    },
  );

  test('the wait of an empty bucket is that of one token, and of all that are to be left', async () => {
    await leave({ tokens: 0, agoMs: 0 });
    const one = await buckets.take(name, { ...LIMIT, perSecond: 0.1 }, 0);
    expect(one).toBeGreaterThan(10_000 - LATE_MS);
    expect(one).toBeLessThanOrEqual(10_000);
    const three = await buckets.take(name, { ...LIMIT, perSecond: 0.1 }, 2);
    expect(three).toBeGreaterThan(30_000 - 2 * LATE_MS);
    expect(three).toBeLessThanOrEqual(30_000);
  });

  test('a new bucket holds what it starts with, a full one its burst, and some are left', async () => {
    expect(await takeAll(SLOW)).toBe(8);
    await leave({ tokens: 20, agoMs: 1e9 });
    expect(await takeAll(SLOW, 6)).toBe(14);
    expect(await takeAll(SLOW)).toBe(6);
  });

  test('three clients that ask 200 times at once get what there is, and not one more', async () => {
    const [, two] = await connect();
    const [, three] = await connect();
    const all = [buckets, two, three];
    const waits = await Promise.all(
      Array.from({ length: 200 }, (_, index) => (all[index % 3] ?? buckets).take(name, SLOW, 0)),
    );
    expect(waits.filter((ms) => ms === 0)).toHaveLength(8);
  });

  test('a bucket that one has blocked gives nothing to another, and the longer block counts', async () => {
    const [, two] = await connect();
    await buckets.block(name, 10_000.5);
    await buckets.block(name, 1_000);
    const waitMs = await two.take(name, LIMIT, 0);
    expect(waitMs).toBeGreaterThan(10_000 - LATE_MS);
    expect(waitMs).toBeLessThanOrEqual(10_001);
  });

  test('a block that is over leaves what the bucket holds', async () => {
    await buckets.block(name, 0);
    await leave({ tokens: 3, agoMs: 0 });
    await client.hSet(`test:${name}`, { blockedUntil: String((await redisNow()) - 1) });
    expect(await takeAll(SLOW)).toBe(3);
  });

  test('a clock of Redis that was set back fills nothing, and fills from then on', async () => {
    await leave({ tokens: 2, agoMs: -60_000 });
    expect(await takeAll(SLOW)).toBe(2);
    expect(Number(await client.hGet(`test:${name}`, 'at'))).toBeLessThanOrEqual(await redisNow());
  });

  test('the data of one name says nothing of another, and lost data are a bucket at its start', async () => {
    await takeAll(SLOW);
    expect(await buckets.take(`${name} other`, SLOW, 0)).toBe(0);
    await client.flushAll();
    expect(await takeAll(SLOW)).toBe(8);
  });

  test('a Redis out of reach is a StateError, of takes and of blocks', async () => {
    client.destroy();
    clients.length = 0;
    await expect(buckets.take(name, LIMIT, 0)).rejects.toMatchObject({ name: 'StateError' });
    await expect(buckets.block(name, 1)).rejects.toMatchObject({ name: 'StateError' });
  });
});
