import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { readConfig } from '../src/config/read-config.ts';
import { watch } from '../src/watch.ts';
import { eventually } from './state/eventually.ts';

test('after an unexpected failure it says so and goes on looking for changes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'badges-watch-'));
  const file = join(folder, 'redis-url');
  const write = (host: string): void => writeFileSync(file, `redis://${host}.internal`);
  write('first');
  const given = {
    REDIS_URL_FILE: file,
    TAG_MANGO_API_KEY: 'key-of-tag-mango',
    TAG_MANGO_WHITELABEL_HOST: 'acme.tagmango.com',
  };
  const lines: string[] = [];
  const taken: string[] = [];
  const stop = watch({
    config: readConfig(given),
    given,
    service: {
      tenants: { replace: () => ({ added: [], changed: [], removed: [] }) },
      routerSecrets: { replace: () => undefined, keepOnly: () => undefined },
      metricsTokens: { replace: () => undefined, keepOnly: () => undefined },
    },
    state: {
      takeRedisUrl(url) {
        taken.push(url);
        if (url.includes('second')) throw new Error('a bug of ours');
        return true;
      },
    },
    logger: pino({ level: 'error' }, { write: (line) => void lines.push(line) }),
    keepSecrets: () => undefined,
  });
  write('second');
  await eventually(() => taken.length === 1);
  write('third');
  await eventually(() => taken.length === 2);
  stop();
  expect(taken).toEqual(['redis://second.internal', 'redis://third.internal']);
  expect(lines).toEqual([
    expect.stringMatching(/a bug of ours.*The settings could not be checked for changes/),
  ]);
  rmSync(folder, { recursive: true });
});
