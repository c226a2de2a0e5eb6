import { randomUUID } from 'node:crypto';
import type { RedisClient } from './redis-client.ts';
import { startHeartbeat } from './redis-heartbeat.ts';
import { createRedisKeeper } from './redis-keeper.ts';
import { createRedisLocks } from './redis-locks.ts';
import { createRedisLogs } from './redis-log.ts';
import { createReach } from './redis-reach.ts';
import { watchReplication } from './redis-replication.ts';
import { createRedisValues } from './redis-values.ts';
import type { StateKeeper } from './state-keeper.ts';
import type { StateStore } from './state-store.ts';

export interface RedisStoreOptions {
  /** Of `createRedisClient`. It may be disconnected, and is not ended by `close`. */
  client: RedisClient;
  /** Another connection of the same kind, to wait for replicas on; `client` if left out, where others wait too then. */
  witness?: RedisClient;
  /** What every key begins with: replicas with the same one share all. */
  prefix: string;
  /** Told of every command that failed though Redis is connected. */
  onRefusal?: (reason: string) => void;
  /** How long anything is kept at most, ms; for ever if left out. */
  keptMs?: number | undefined;
  /** Ms that never go back, for waiting only: what expires does so by the clock of Redis. */
  now?: () => number;
  /** Told once when Redis does not say whether it has replicas. */
  onUnknownReplicas?: (reason: string) => void;
}

/** State in Redis, shared by all replicas. */
export function createRedisStore(
  options: RedisStoreOptions,
): StateStore & Omit<StateKeeper, 'forgetShared'> {
  const { client, prefix, onRefusal, keptMs, now = () => performance.now() } = options;
  const keysOf = (kind: string) => (name: string) => `${prefix}${kind}:${name}`;
  let closed = false;
  const reach = createReach(client, () => closed, onRefusal && { onRefusal });
  const instanceId = randomUUID();
  const replication = watchReplication({
    client,
    witness: options.witness ?? client,
    reach: createReach(client, () => closed),
    probeKey: `${prefix}probe`,
    now,
    onUnknown: options.onUnknownReplicas ?? (() => undefined),
  });
  const heartbeat = startHeartbeat(
    { client, reach },
    { own: instanceId, toKey: keysOf('instance'), now },
  );

  return {
    instanceId,
    isAlive: (id) => heartbeat.isAlive(id),
    ...createRedisValues(reach, {
      toKey: keysOf('value'),
      listKey: `${prefix}listed`,
      replication,
      keptMs,
    }),
    ...createRedisLogs(reach, { toKey: keysOf('log'), toValueKey: keysOf('value') }),
    ...createRedisKeeper(reach, {
      prefix,
      toLogKey: keysOf('log'),
      toValueKey: keysOf('value'),
    }),
    ...createRedisLocks(reach, { toKey: keysOf('lock'), now, replication }),
    async close() {
      if (closed) return;
      replication.stop();
      const stopped = heartbeat.stop();
      closed = true;
      await stopped;
    },
  };
}
