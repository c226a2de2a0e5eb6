import { expect, test } from '@jest/globals';
import { openState } from '../../src/state/open-state.ts';
import { createRedisClient } from '../../src/state/redis/client.ts';
import { findRedis, startRedis } from '../support/redis.ts';

const executablePath = findRedis();
if (!executablePath) console.log('Skipped: a Redis that refuses, since Redis is not installed.');

(executablePath ? test : test.skip)(
  'a Redis that is connected and refuses to write is told of once, with its reason',
  async () => {
    const redis = await startRedis(executablePath ?? '');
    const warnings: string[] = [];
    const state = await openState({
      redisUrl: redis.url,
      folder: '',
      now: Date.now,
      wallTime: Date.now,
      log: { info: () => undefined, warn: (line) => warnings.push(line) },
    });
    const admin = await createRedisClient({ url: redis.url, onChange: () => undefined });
    await admin.sendCommand(['CONFIG', 'SET', 'maxmemory', '1']);
    warnings.length = 0;

    for (let tries = 0; tries < 3; tries += 1) {
      await expect(state.store.set('a', '1')).rejects.toMatchObject({ kind: 'unavailable' });
    }
    expect(warnings.filter((line) => line.includes('OOM'))).toEqual([
      expect.stringMatching(/^Redis is connected but fails \(OOM .+\): /),
    ]);
    admin.destroy();
    await state.close();
    await redis.stop();
  },
);
