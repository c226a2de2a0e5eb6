import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { type RedisClient, createRedisClient } from '../../src/state/redis/client.ts';
import { createRedisStore } from '../../src/state/redis/store.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { type RedisServer, findRedis, startRedis } from '../support/redis.ts';
import { describeStateStore } from './state-store.suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'state-store-'));
afterAll(() => rmSync(folder, { recursive: true }));

let opened = 0;

describeStateStore('the embedded store', async () => {
  let time = Date.now();
  const store = createEmbeddedStore({ folder: join(folder, String(opened++)), now: () => time });
  return { store, pass: (ms) => void (time += ms) };
});

const executablePath = findRedis();
if (!executablePath) console.log('Skipped: the store in Redis, since Redis is not installed.');

(executablePath ? describe : describe.skip)('with a server', () => {
  let server: RedisServer;
  let client: RedisClient;
  beforeAll(async () => {
    server = await startRedis(executablePath ?? '');
    client = await createRedisClient({ url: server.url, onChange: () => undefined });
  });
  afterAll(async () => {
    client?.destroy();
    await server?.stop();
  });

  describeStateStore('the store in Redis', async () => ({
    store: createRedisStore({ client, prefix: `test-${opened++}:` }),
    pass: () => undefined,
  }));
});
