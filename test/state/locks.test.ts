import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { createLocks, createTimedLocks } from '../../src/state/state-store.ts';

test('holders of one key run one after the other, in their order', async () => {
  const locks = createLocks();
  const events: string[] = [];
  const first = Promise.withResolvers<void>();

  const runs = [
    locks.withLock('a', async () => {
      events.push('first begins');
      await first.promise;
      events.push('first ends');
    }),
    locks.withLock('a', async () => void events.push('second')),
    locks.withLock('a', async () => void events.push('third')),
  ];
  await locks.withLock('b', async () => void events.push('another key'));
  first.resolve();
  await Promise.all(runs);

  expect(events).toEqual(['first begins', 'another key', 'first ends', 'second', 'third']);
});

test('a holder that fails tells its caller only, and lets the next one in', async () => {
  const locks = createLocks();
  const failed = locks.withLock('a', () => Promise.reject(new Error('mine')));
  const next = locks.withLock('a', () => Promise.resolve('next'));
  await expect(failed).rejects.toThrow('mine');
  expect(await next).toBe('next');
});

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

type WithLock = (key: string, work: () => Promise<unknown>) => Promise<unknown>;

describe('keys that were used once leave nothing behind', () => {
  const KEYS = 4_000;
  const KEY_CHARACTERS = 5_000;
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const heapUsed = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  /** Each a text of its own in memory. */
  const toKey = (index: number) => Buffer.alloc(KEY_CHARACTERS, `key ${index} `).toString('latin1');

  test.each<[string, () => WithLock]>([
    [
      'without a limit for the wait',
      () => {
        const locks = createLocks();
        return (key, work) => locks.withLock(key, work);
      },
    ],
    [
      'with one',
      () => {
        const locks = createTimedLocks();
        return (key, work) => locks.withLock(key, 60_000, work);
      },
    ],
  ])('%s', async (_which, toLock) => {
    const withLock = toLock();
    const works = [async () => 'done', () => Promise.reject(new Error('failed'))];
    const before = { heap: heapUsed(), timers: timers() };
    for (let index = 0; index < KEYS; index += 1) {
      const key = toKey(index);
      await Promise.allSettled(works.map((work) => withLock(key, work)));
    }
    expect(heapUsed() - before.heap).toBeLessThan((KEYS * KEY_CHARACTERS) / 4);
    expect(timers() - before.timers).toBe(0);
    expect(await withLock(toKey(0), async () => 'again')).toBe('again');
  });
});
