import type { RedisClient } from './redis-client.ts';
import type { Reach } from './redis-reach.ts';

const EVERY_MS = 3000;
const KEPT_MS = 10_000;
/**
 * After Redis was lost, marks of others that run are missing for a moment. They are back within
 * the longest pause between two attempts to connect; this is a good deal longer.
 */
const UNSURE_MS = 5000;

export interface Heartbeat {
  isAlive(instanceId: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** Keeps a mark of this process in Redis, that falls soon after the process has ended. */
export function startHeartbeat(
  { client, reach }: { client: RedisClient; reach: Reach },
  { own, toKey, now }: { own: string; toKey: (id: string) => string; now: () => number },
): Heartbeat {
  let unsureUntil = -Infinity;
  const beat = (): void => {
    reach(() => client.set(toKey(own), '1', { expiration: { type: 'PX', value: KEPT_MS } })).catch(
      () => undefined,
    );
  };
  const onReady = (): void => {
    unsureUntil = now() + UNSURE_MS;
    beat();
  };

  // Sent before anything else of this instance, so that nobody can find its work without its mark.
  beat();
  const timer = setInterval(beat, EVERY_MS);
  timer.unref();
  client.on('ready', onReady);

  return {
    async isAlive(id) {
      if (id === own) return true;
      const found = await reach(() => client.exists(toKey(id)));
      return found === 1 || now() < unsureUntil;
    },
    async stop() {
      clearInterval(timer);
      client.off('ready', onReady);
      await reach(() => client.del(toKey(own))).catch(() => undefined);
    },
  };
}
