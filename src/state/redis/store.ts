import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  StateError,
  type StateKeeper,
  type StateStore,
  busy,
  createTimedLocks,
} from '../state-store.ts';
import { type RedisCalls, type RedisClient, createRedisCalls } from './client.ts';
import { createRedisKeeper } from './keeper.ts';
import { type Replication, watchReplication } from './replication.ts';
import { createRedisLogs, createRedisValues } from './values.ts';

const EVERY_MS = 3000;
const KEPT_MS = 10_000;
/**
 * After Redis has lost its data, the heartbeats of running processes are missing for a moment. They return within the
 * longest pause between two attempts to connect, which is shorter than this.
 */
const UNSURE_MS = 5000;

export interface Heartbeat {
  isAlive(instanceId: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** Keeps a heartbeat of this process in Redis, which expires soon after the process has ended. */
export function startHeartbeat(
  { client, reach }: { client: RedisClient; reach: RedisCalls },
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

  // Sent before anything else of this process, so that its work is never found without its heartbeat.
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

/** Between two attempts, ms; at least half of it. Random, so that waiting replicas do not ask at the same moment. */
const POLL_MS = 50;

/** The lock may have expired, and another process may hold it. */
const RELEASE = `
  if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
  return 0
`;

/** Renews the lock, which is also a write that can be confirmed. */
const HOLD = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`;

interface Lock {
  key: string;
  token: string;
  ttlMs: number;
}

/** `now`: monotonic milliseconds. */
export function createRedisLocks(
  reach: RedisCalls,
  {
    toKey,
    now,
    replication,
  }: { toKey: (key: string) => string; now: () => number; replication: Replication },
): Pick<StateStore, 'withLock'> {
  // Within a process, callers queue for the lock, so that each replica polls once per key.
  const queue = createTimedLocks();

  async function take(lock: Lock, deadline: number): Promise<void> {
    while (!(await tryToTake(lock))) {
      const left = deadline - now();
      if (left <= 0) throw busy();
      await sleep(Math.min(left, POLL_MS * (0.5 + Math.random() / 2)));
    }
  }

  async function tryToTake({ key, token, ttlMs }: Lock): Promise<boolean> {
    const answer = await reach((client) =>
      client.set(key, token, { condition: 'NX', expiration: { type: 'PX', value: ttlMs } }),
    );
    return answer === 'OK';
  }

  async function secure({ key, token, ttlMs }: Lock): Promise<void> {
    const moment = replication.moment();
    const isHeld = await reach((client) =>
      client.eval(HOLD, { keys: [key], arguments: [token, String(ttlMs)] }),
    );
    if (isHeld !== 1) throw new StateError('unavailable', 'Redis lost the lock');
    await replication.confirm(moment);
  }

  /**
   * Not awaited: Redis receives it before later commands of this process. A lock that cannot be released expires
   * after `ttlMs`.
   */
  function release({ key, token }: Lock): void {
    reach((client) => client.eval(RELEASE, { keys: [key], arguments: [token] })).catch(
      () => undefined,
    );
  }

  return {
    async withLock(key, { waitMs, ttlMs }, work) {
      const deadline = now() + waitMs;
      return queue.withLock(key, waitMs, async () => {
        const lock = { key: toKey(key), token: randomUUID(), ttlMs: Math.ceil(ttlMs) };
        try {
          await take(lock, deadline);
          return await work({ secure: () => secure(lock) });
        } finally {
          // Also if taking it failed: without an answer, Redis may have granted it.
          release(lock);
        }
      });
    },
  };
}

export interface RedisStoreOptions {
  /** From `createRedisClient`. It may be disconnected. `close` does not end it. */
  client: RedisClient;
  /** A second connection, on which to wait for replicas. If left out, `client`, where other commands wait meanwhile. */
  witness?: RedisClient;
  /** The prefix of every key. Replicas with the same prefix share their state. */
  prefix: string;
  /** Called for each command that failed while Redis was connected. */
  onRefusal?: (reason: string) => void;
  /** How long records are kept, ms; for ever if left out. */
  keptMs?: number | undefined;
  /** Monotonic milliseconds, for waiting only: values expire by the clock of Redis. */
  now?: () => number;
  /** Called once if Redis does not say whether it has replicas. */
  onUnknownReplicas?: (reason: string) => void;
}

/** The state in Redis, which all replicas share. */
export function createRedisStore(
  options: RedisStoreOptions,
): StateStore & Omit<StateKeeper, 'forgetShared'> {
  const { client, prefix, onRefusal, keptMs, now = () => performance.now() } = options;
  const keysOf = (kind: string) => (name: string) => `${prefix}${kind}:${name}`;
  let closed = false;
  const reach = createRedisCalls(client, () => closed, onRefusal && { onRefusal });
  const instanceId = randomUUID();
  const replication = watchReplication({
    client,
    witness: options.witness ?? client,
    reach: createRedisCalls(client, () => closed),
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
