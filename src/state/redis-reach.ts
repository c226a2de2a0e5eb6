import { COMMAND_MS } from './redis-client.ts';
import type { RedisClient } from './redis-client.ts';
import { StateError } from './state-store.ts';
import { reasonOf } from './thrown.ts';

/** Asks Redis something. Rejects with a `StateError` only, and soon. */
export type Reach = <T>(ask: (client: RedisClient) => Promise<T>) => Promise<T>;

export interface ReachOptions {
  /** How long a command may take, its answer included. Milliseconds. */
  withinMs?: number;
  /** Told of every command that failed though Redis is connected. */
  onRefusal?: (reason: string) => void;
}

export function createReach(
  client: RedisClient,
  isClosed: () => boolean,
  { withinMs = COMMAND_MS, onRefusal }: ReachOptions = {},
): Reach {
  return async (ask) => {
    if (isClosed()) throw new StateError('unavailable', 'The state in Redis is closed');
    // A transaction would wait for the connection instead, and be sent when nobody expects it.
    if (!client.isReady) throw new StateError('unavailable', 'Redis is not connected');

    const tooLate = Promise.withResolvers<never>();
    // The client's own limit ends when a command is sent; this one includes the answer.
    const timer = setTimeout(
      () => tooLate.reject(new StateError('unavailable', 'Redis did not answer in time')),
      withinMs,
    );
    try {
      return await Promise.race([ask(client), tooLate.promise]);
    } catch (error) {
      if (client.isReady) onRefusal?.(reasonOf(error));
      if (error instanceof StateError) throw error;
      throw new StateError('unavailable', `Redis failed: ${reasonOf(error)}`, error);
    } finally {
      clearTimeout(timer);
    }
  };
}
