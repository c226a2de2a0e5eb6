import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { type SharedSnapshots, VARIANT } from '../cache/snapshot-entry.ts';
import { type TokenBuckets, createRedisBuckets } from './rate-limit.ts';
import { type RedisCalls, connectRedis, createRedisCalls, scanPages } from './redis/client.ts';
import { openRedisReplicas } from './redis/replicas.ts';
import { describeDurability } from './redis/replication.ts';
import { createRedisStore } from './redis/store.ts';
import { closeToOthers, withStateErrors } from './sqlite/database.ts';
import { type LogReader, createEmbeddedStore, openEmbeddedLog } from './sqlite/store.ts';
import { StateError, type StateKeeper, type StateStore, reasonOf } from './state-store.ts';

interface OpenStateOptions {
  /** Undefined: state is kept in `folder` by this process alone. */
  redisUrl: string | undefined;
  folder: string;
  /** Milliseconds that never go back. */
  now: () => number;
  /** Epoch milliseconds by the machine's clock, which may be corrected at any time. */
  wallTime: () => number;
  /** How long records are kept, milliseconds; for ever if left out. */
  keptMs?: number | undefined;
  log: { info: (message: string) => void; warn: (message: string) => void };
  /** What it means that Redis is unavailable, for the log; by default what it means for the service. */
  outage?: string;
}

export interface OpenState {
  store: StateStore;
  keeper: StateKeeper;
  /** Undefined: there are no other replicas. */
  shared: SharedState | undefined;
  /** Set if the state is a copy, which may be outdated. To be called once that is taken into account. */
  adoptCopy: (() => void) | undefined;
  /** Uses another user name or password for the next connection to Redis. False: the URL names another server. */
  takeRedisUrl: (url: string) => boolean;
  close(): Promise<void>;
}

/** What replicas share apart from the store. */
export interface SharedState {
  buckets: TokenBuckets;
  replicas: SharedSnapshots;
  /** Whether all connections to Redis are open, and it answered the last call, of which each replica makes two a second. */
  isReachable: () => boolean;
}

const PREFIX = 'badges:';
const DEAF = 'this replica caches no lists and reads Redis on every request';
const UNSECURED = 'a failover may lose the latest writes';
/** A call takes from the process's own share of the rate limit rather than wait longer for Redis. */
const BUCKET_MS = 250;

/**
 * Opens the state of the settings. Throws a `StateError` if the folder cannot be used, or the certificate of Redis is
 * not trusted. Otherwise Redis may be out of reach, and is connected to later.
 */
export async function openState(options: OpenStateOptions): Promise<OpenState> {
  const { redisUrl, folder, now, wallTime } = options;
  if (redisUrl !== undefined) return openRedis(redisUrl, options);
  withStateErrors({ folder }, () => closeToOthers({ folder })).forEach((line) =>
    options.log.warn(line),
  );
  const store = createEmbeddedStore({ folder, now: wallTime, monotonic: now });
  if (store.origin === 'lost') options.log.warn(`${folder} ${LOST}`);
  if (store.origin === 'copy') options.log.warn(`${folder} ${COPIED}`);
  return {
    store,
    keeper: store,
    shared: undefined,
    adoptCopy: store.origin === 'copy' ? () => store.adopt() : undefined,
    takeRedisUrl: () => false,
    close: () => store.close(),
  };
}

const LOST =
  'contained the state of this service but is empty now: state.sqlite was removed, or copied without state.sqlite-wal. Every idempotency key counts as new, no hidden field is remembered, and the history is empty. If you have a backup, stop the service and restore it; see docs/operating.md.';
const COPIED =
  'contains a copy of the state, which may be out of date. Remembered values of hidden fields are no longer trusted and are sent only with hiddenFields: REUSE. Mutations that were sent after the copy was made are unknown, so their idempotency keys would write again. See docs/operating.md.';

async function openRedis(url: string, options: OpenStateOptions): Promise<OpenState> {
  const { log, now, keptMs, outage } = options;
  const { client, subscriber, witness, onRefusal, ...connections } = await connectRedis(url, {
    probeKey: `${PREFIX}probe`,
    log,
    outage,
  });
  if (client.isReady) (await describeDurability(client)).forEach((sentence) => log.warn(sentence));

  // It is closed with the process.
  const isClosed = (): boolean => false;
  const reach = createRedisCalls(client, isClosed, { onRefusal });
  const store = createRedisStore({
    client,
    witness,
    prefix: PREFIX,
    onRefusal,
    keptMs,
    now,
    onUnknownReplicas: (reason) =>
      log.warn(`The replicas of Redis could not be checked (${reason}): ${UNSECURED}`),
  });
  const replicas = await openRedisReplicas({
    subscriber,
    reach,
    toKey: (name) => `${PREFIX}list:${name}`,
    onDeaf: (reason) => log.warn(`Redis does not deliver messages (${reason}): ${DEAF}`),
    onSilence: connections.renew,
  });
  const buckets = createRedisBuckets(
    createRedisCalls(client, isClosed, { withinMs: BUCKET_MS, onRefusal }),
    (name) => `${PREFIX}bucket:${name}`,
  );
  return {
    store,
    keeper: { ...store, forgetShared: (topic) => forgetShared(topic, { reach, replicas }) },
    shared: {
      buckets,
      replicas,
      // Without the witness, mutations with a key are rejected.
      isReachable: () => witness.isReady && replicas.isReachable(),
    },
    // Redis does not say whether its data is a copy.
    adoptCopy: undefined,
    takeRedisUrl: connections.takeUrl,
    async close() {
      connections.stop();
      await Promise.all([replicas.close(), store.close()]);
      client.destroy();
      witness.destroy();
    },
  };
}

/** Also deletes the shared list, which no replica shows any more after `forget`. */
async function forgetShared(
  topic: string,
  { reach, replicas }: { reach: RedisCalls; replicas: SharedSnapshots },
): Promise<void> {
  await replicas.forget(topic);
  for (const kind of ['snapshot', 'ticket']) {
    for await (const keys of scanPages(reach, `${PREFIX}list:${kind}:${topic}${VARIANT}`)) {
      if (keys.length > 0) await reach((client) => client.unlink(keys));
    }
  }
  const others = [`${PREFIX}list:generation:${topic}`, `${PREFIX}bucket:${topic}`];
  await reach((client) => client.del(others));
}

/** Opens the logs of a service, which may be running. Throws a `StateError` if there are none. */
export async function openLog(
  options: OpenStateOptions,
): Promise<LogReader & { close(): Promise<void> }> {
  if (options.redisUrl === undefined) return openEmbeddedLog({ folder: options.folder });
  const state = await openState(options);
  return { ...state.store, close: () => state.close() };
}

export interface RetentionOptions {
  keeper: Pick<StateKeeper, 'sweep'>;
  /** How long records are kept, milliseconds. Undefined: for ever, and only expired ones are removed. */
  keptMs: number | undefined;
  /** The interval, milliseconds; an hour if left out. */
  everyMs?: number;
  log: { info: (message: string) => void; warn: (message: string) => void };
}

interface Retention {
  /** Removes old records for at most this time before the service accepts requests, and the rest while it runs. */
  start(withinMs: number): Promise<void>;
  stop(): void;
}

const EVERY_MS = 60 * 60 * 1_000;
/** The pause after each slice of a sweep, for other work. */
const PAUSE_MS = 5;

/** Removes old records at the start and then at intervals. */
export function createRetention(options: RetentionOptions): Retention {
  const { keeper, keptMs, everyMs = EVERY_MS, log } = options;
  const stopped = new AbortController();
  let isServing = false;
  let isRunning = false;
  let timer: NodeJS.Timeout | undefined;

  /** Resolves early if it is stopped. */
  const pause = (ms: number) =>
    sleep(ms, undefined, { signal: stopped.signal, ref: false }).catch(() => undefined);

  async function sweepAll(): Promise<number> {
    let removed = 0;
    for await (const count of keeper.sweep({ keptMs, isServing: () => isServing })) {
      removed += count;
      await (isServing ? pause(PAUSE_MS) : nextTurn());
      if (stopped.signal.aborted) break;
    }
    return removed;
  }

  async function sweep(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    try {
      const removed = await sweepAll();
      if (removed > 0 && keptMs !== undefined) {
        log.info(`Records older than RETENTION_DAYS were erased: ${removed}`);
      }
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      log.warn(
        `Records older than RETENTION_DAYS could not be erased (${reasonOf(error)}). This is retried`,
      );
    } finally {
      isRunning = false;
    }
  }

  return {
    async start(withinMs) {
      const patience = new AbortController();
      const wait = sleep(withinMs, undefined, patience).catch(() => undefined);
      await Promise.race([sweep(), wait]);
      patience.abort();
      isServing = true;
      timer = setInterval(() => void sweep(), everyMs).unref();
    },
    stop() {
      clearInterval(timer);
      stopped.abort();
    },
  };
}
