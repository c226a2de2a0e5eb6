import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { type RedisClient, createRedisClient } from '../../src/state/redis/client.ts';
import { createRedisStore } from '../../src/state/redis/store.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import type { StateKeeper, StateStore } from '../../src/state/state-store.ts';
import { findRedis, startRedis } from '../support/redis.ts';

export interface OpenedStore {
  store: StateStore;
  keeper: StateKeeper;
  /** Undefined: it is not in Redis. */
  redis: RedisClient | undefined;
  /** What leads a process to the same store. */
  env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Every other process has ended: in Redis, a mark of one that was killed takes a while to fall. */
function alone(store: StateStore): StateStore {
  return { ...store, isAlive: async (id) => id === store.instanceId };
}

async function openEmbedded(): Promise<OpenedStore> {
  const folder = mkdtempSync(join(tmpdir(), 'badges-stored-'));
  const store = createEmbeddedStore({ folder, now: Date.now });
  return {
    store,
    keeper: store,
    redis: undefined,
    env: { STATE_DIR: folder },
    async close() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function openRedis(executablePath: string): Promise<OpenedStore> {
  const server = await startRedis(executablePath);
  const client = await createRedisClient({ url: server.url, onChange: () => undefined });
  const opened = createRedisStore({ client, prefix: 'badges:' });
  const store = alone(opened);
  return {
    store,
    keeper: { ...opened, forgetShared: async () => undefined },
    redis: client,
    env: { REDIS_URL: server.url, REPLICAS: '1' },
    async close() {
      await store.close();
      client.destroy();
      await server.stop();
    },
  };
}

/** The same tests on an empty store of each kind. */
export function describeStores(tests: (open: () => Promise<OpenedStore>) => void): void {
  const executablePath = findRedis();
  if (!executablePath) console.log('Skipped: what is stored in Redis, since it is not installed.');
  describe('in the embedded store', () => tests(openEmbedded));
  (executablePath ? describe : describe.skip)('in Redis', () =>
    tests(() => openRedis(executablePath ?? '')),
  );
}
