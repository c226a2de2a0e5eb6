import { reach } from './embedded-database.ts';
import { closeToOthers } from './embedded-rights.ts';
import { createEmbeddedStore } from './embedded-store.ts';
import { createRedisBuckets } from './redis-buckets.ts';
import { createRedisClient } from './redis-client.ts';
import { describeDurability } from './redis-durability.ts';
import { createReach } from './redis-reach.ts';
import { openRedisReplicas } from './redis-replicas.ts';
import { createRedisStore } from './redis-store.ts';
import type { Replicas } from './replicas.ts';
import { reasonOf } from './thrown.ts';
import type { StateStore } from './state-store.ts';
import type { TokenBuckets } from './token-bucket.ts';

export interface OpenStateOptions {
  /** Undefined: state is kept in `folder`, by this process alone. */
  redisUrl: string | undefined;
  folder: string;
  /** Milliseconds that never go back. */
  now: () => number;
  /** Epoch milliseconds by the machine's clock, which may be corrected at any time. */
  wallTime: () => number;
  log: { info: (message: string) => void; warn: (message: string) => void };
}

export interface OpenState {
  store: StateStore;
  /** Undefined: there are no other replicas. */
  shared: SharedState | undefined;
  /** What is stored is a copy, and may be older than what was written last. To be called once that is allowed for. */
  adoptCopy: (() => void) | undefined;
  close(): Promise<void>;
}

/** What replicas have in common beside the store. */
export interface SharedState {
  buckets: TokenBuckets;
  replicas: Replicas;
}

const PREFIX = 'badges:';
const DEAF = 'this replica holds no lists, and asks Redis at every read';
const ALONE = 'mutations that rely on records are refused, and this replica goes on alone';
/** A call that waits for its turn goes on alone rather than wait longer for Redis. */
const BUCKET_MS = 250;

/** The state that the settings ask for. Throws a `StateError` when a folder cannot be had; Redis may come later. */
export async function openState(options: OpenStateOptions): Promise<OpenState> {
  const { redisUrl, folder, now, wallTime } = options;
  if (redisUrl !== undefined) return openRedis(redisUrl, options);
  reach({ folder }, () => closeToOthers({ folder })).forEach((line) => options.log.warn(line));
  const store = createEmbeddedStore({ folder, now: wallTime, monotonic: now });
  if (store.origin === 'lost') options.log.warn(`${folder} ${LOST}`);
  if (store.origin === 'copy') options.log.warn(`${folder} ${COPIED}`);
  return {
    store,
    shared: undefined,
    adoptCopy: store.origin === 'copy' ? () => store.adopt() : undefined,
    close: () => store.close(),
  };
}

const LOST =
  'held the state of this service, and holds none now: state.sqlite was removed, or copied without state.sqlite-wal. Every idempotency key counts as new, no hidden field is remembered, and the history is empty. If there is a backup, stop the service and put it back, see docs/operating.md.';
const COPIED =
  'holds a copy of the state, which may be older than what was written last. Remembered values of hidden fields are in doubt now, and are sent only with hiddenFields: REUSE. A mutation that was sent after the copy was made is not known here: its idempotency key would write again. See docs/operating.md.';

async function openRedis(url: string, { log }: OpenStateOptions): Promise<OpenState> {
  const refusals = new Set<string>();
  /** A line for each reason, until the connection is another one. */
  function onRefusal(reason: string): void {
    if (refusals.has(reason)) return;
    refusals.add(reason);
    log.warn(
      `Redis is connected and fails (${reason}): what relies on it is refused, or done alone`,
    );
  }

  const [client, subscriber] = await Promise.all([
    createRedisClient({
      url,
      onChange(state, cause) {
        refusals.clear();
        if (state === 'up') log.info('Redis is there');
        else log.warn(`Redis is out of reach (${reasonOf(cause)}): ${ALONE}`);
      },
    }),
    // It goes up and down with the other, which tells of it.
    createRedisClient({ url, onChange: () => undefined }),
  ]);
  if (client.isReady) (await describeDurability(client)).forEach((sentence) => log.warn(sentence));

  // It is ended with the process.
  const isClosed = (): boolean => false;
  const store = createRedisStore({ client, prefix: PREFIX, onRefusal });
  const replicas = await openRedisReplicas({
    subscriber,
    reach: createReach(client, isClosed, { onRefusal }),
    toKey: (name) => `${PREFIX}list:${name}`,
    onDeaf: (reason) => log.warn(`Redis lets no messages through (${reason}): ${DEAF}`),
  });
  const buckets = createRedisBuckets(
    createReach(client, isClosed, { withinMs: BUCKET_MS, onRefusal }),
    (name) => `${PREFIX}bucket:${name}`,
  );
  return {
    store,
    shared: { buckets, replicas },
    // Redis does not tell.
    adoptCopy: undefined,
    async close() {
      await replicas.close();
      await store.close();
      client.destroy();
    },
  };
}
