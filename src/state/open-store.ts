import { createEmbeddedStore } from './embedded-store.ts';
import { createRedisClient } from './redis-client.ts';
import { describeDurability } from './redis-durability.ts';
import { createRedisStore } from './redis-store.ts';
import type { StateStore } from './state-store.ts';

export interface OpenStoreOptions {
  /** Undefined: state is kept in `folder`. */
  redisUrl: string | undefined;
  folder: string;
  /** Epoch milliseconds. */
  now: () => number;
  log: { info: (message: string) => void; warn: (message: string) => void };
}

/** The store that the settings ask for. Throws a `StateError` when a folder cannot be had; Redis may come later. */
export async function openStore(options: OpenStoreOptions): Promise<StateStore> {
  const { redisUrl, folder, now, log } = options;
  if (redisUrl === undefined) return createEmbeddedStore({ folder, now });

  const client = await createRedisClient({
    url: redisUrl,
    onChange(state) {
      if (state === 'up') log.info('Redis is there');
      else log.warn('Redis is out of reach');
    },
  });
  if (client.isReady) (await describeDurability(client)).forEach((sentence) => log.warn(sentence));
  const store = createRedisStore({ client, prefix: 'badges:' });
  return {
    ...store,
    async close() {
      await store.close();
      client.destroy();
    },
  };
}
