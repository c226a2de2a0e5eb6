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

interface RedisConnection {
  client: RedisClient;
  reach: RedisCalls;
}

interface Heartbeat {
  isAlive(instanceId: string): Promise<boolean>;
  stop(): Promise<void>;
}

/** Keeps a heartbeat of this process in Redis, which expires soon after the process has ended. */
function startHeartbeat(
  { client, reach }: RedisConnection,
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

/** How soon a failed release is repeated. */
const RELEASE_AGAIN_MS = 250;
/** How many locks are released again on a new connection: the last ones. */
const MAX_RELEASED = 1_000;

/** The lock may have expired, and another process may hold it. */
const RELEASE = `
  if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
  return 0
`;

/** KEYS: the lock. It is also taken if this token holds it already. */
const TAKE = `
  if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
  return redis.call('GET', KEYS[1]) == ARGV[1] and 1 or 0
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

interface Releases {
  /** Returns at once. Redis receives the release before later commands of this process. */
  release: (lock: Lock) => void;
  stop: () => void;
}

/**
 * Releases locks. A failover may prevent a release, or bring back a lock that was released just before, and the badge
 * would stay locked until the lock expires. So a release is repeated after a failure and on each new connection, for as
 * long as Redis may have the lock.
 */
function createReleases({ client, reach }: RedisConnection, now: () => number): Releases {
  const released = new Map<string, Lock & { expiresAt: number; isSending: boolean }>();

  async function send(token: string): Promise<void> {
    const lock = released.get(token);
    if (!lock || lock.isSending) return;
    lock.isSending = true;
    // While there is no connection, the next one is waited for.
    while (client.isReady && released.has(token) && now() < lock.expiresAt) {
      const sent = reach(() => client.eval(RELEASE, { keys: [lock.key], arguments: [token] }));
      const isAnswered = await sent.then(
        () => true,
        () => false,
      );
      if (isAnswered) break;
      await sleep(RELEASE_AGAIN_MS, undefined, { ref: false });
    }
    lock.isSending = false;
  }

  function forgetOld(): void {
    for (const [token, { expiresAt }] of released) {
      if (expiresAt > now() && released.size <= MAX_RELEASED) return;
      released.delete(token);
    }
  }

  const onReady = (): void => [...released.keys()].forEach((token) => void send(token));
  client.on('ready', onReady);
  return {
    release(lock) {
      released.set(lock.token, { ...lock, expiresAt: now() + lock.ttlMs, isSending: false });
      forgetOld();
      void send(lock.token);
    },
    stop() {
      client.off('ready', onReady);
      released.clear();
    },
  };
}

/** `now`: monotonic milliseconds. */
function createRedisLocks(
  connection: RedisConnection,
  {
    toKey,
    now,
    replication,
  }: { toKey: (key: string) => string; now: () => number; replication: Replication },
): Pick<StateStore, 'withLock'> & Pick<Releases, 'stop'> {
  const { reach } = connection;
  const { release, stop } = createReleases(connection, now);
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
    const isTaken = await reach((client) =>
      client.eval(TAKE, { keys: [key], arguments: [token, String(ttlMs)] }),
    );
    return isTaken === 1;
  }

  async function secure({ key, token, ttlMs }: Lock): Promise<void> {
    const moment = replication.moment();
    const isHeld = await reach((client) =>
      client.eval(HOLD, { keys: [key], arguments: [token, String(ttlMs)] }),
    );
    if (isHeld !== 1) throw new StateError('unavailable', 'Redis lost the lock');
    await replication.confirm(moment);
  }

  return {
    stop,
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

interface RedisStoreOptions {
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
  const connection = { client, reach };
  const heartbeat = startHeartbeat(connection, {
    own: instanceId,
    toKey: keysOf('instance'),
    now,
  });
  const locks = createRedisLocks(connection, { toKey: keysOf('lock'), now, replication });

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
    withLock: locks.withLock,
    async close() {
      if (closed) return;
      replication.stop();
      locks.stop();
      const stopped = heartbeat.stop();
      closed = true;
      await stopped;
    },
  };
}
