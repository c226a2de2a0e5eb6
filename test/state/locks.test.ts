import { expect, test } from '@jest/globals';
import { createLocks } from '../../src/state/state-store.ts';

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
