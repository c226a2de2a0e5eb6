import { type RedisClientType, createClient } from '@redis/client';
import { StateError, reasonOf } from '../state-store.ts';

const CONNECT_MS = 1000;
/** Also how long a command may take, see `redis-reach.ts`. */
export const COMMAND_MS = 1000;
/** Ends a connection that stays silent, as while it greets a server that hangs. Longer than `PING_MS`. */
const SILENCE_MS = 3000;
const PING_MS = 1000;
const UNANSWERED_PINGS = 2;
const LONGEST_BACKOFF_MS = 1000;
const JITTER_MS = 100;

export type RedisClient = RedisClientType;

export interface RedisClientOptions {
  url: string;
  /** Where the user name and the password are read for each connection; in `url` if left out. */
  latestUrl?: () => string;
  /** Told once per change, and once how the first attempt to connect ended. */
  onChange: (state: 'up' | 'down', cause?: unknown) => void;
  /** Told of every failed attempt to connect again, while it is down. */
  onAttempt?: (cause: unknown) => void;
}

/**
 * Resolves as soon as the first attempt to connect has ended, well or not. From then on the client
 * connects again by itself, and a command fails at once while it is not connected. Whoever made it
 * ends it, by `destroy()`.
 */
export async function createRedisClient(options: RedisClientOptions): Promise<RedisClient> {
  const client = createUnconnected(options);
  const tried = Promise.withResolvers<void>();
  let current: 'up' | 'down' | undefined;
  const change = (state: 'up' | 'down', cause?: unknown): void => {
    if (state === current) return;
    current = state;
    options.onChange(state, cause);
    tried.resolve();
  };

  // Without a listener an error would end the process.
  client.on('error', (cause) => {
    if (client.isReady) return;
    if (current === 'down') options.onAttempt?.(cause);
    change('down', cause);
  });
  client.on('ready', () => change('up'));
  connect(client);
  watch(client, () => {
    change('down', new Error('Redis does not respond'));
    reconnect(client);
  });
  await tried.promise;
  return client;
}

/** Ends the connection, with all that waits for an answer on it, and makes another. */
export function reconnect(client: RedisClient): void {
  client.destroy();
  connect(client);
}

function createUnconnected({ url, latestUrl = () => url }: RedisClientOptions): RedisClient {
  try {
    return createClient({
      url: withoutCredentials(url),
      credentialsProvider: {
        type: 'async-credentials-provider',
        credentials: async () => credentialsOf(latestUrl()),
      },
      disableOfflineQueue: true,
      maintNotifications: 'disabled',
      commandOptions: { timeout: COMMAND_MS },
      socket: {
        connectTimeout: CONNECT_MS,
        socketTimeout: SILENCE_MS,
        reconnectStrategy: (retries) =>
          Math.min(50 * 2 ** retries, LONGEST_BACKOFF_MS) + Math.random() * JITTER_MS,
      },
    });
  } catch {
    // Without its cause, which quotes the URL and thereby its password.
    throw new StateError('unavailable', 'The Redis URL is invalid');
  }
}

/** Two URLs lead to the same server, and differ in their credentials at most. */
export function isSameServer(one: string, other: string): boolean {
  return withoutCredentials(one) === withoutCredentials(other);
}

function withoutCredentials(url: string): string {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare.href;
}

function credentialsOf(url: string): { username?: string; password?: string } {
  const { username, password } = new URL(url);
  return {
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
  };
}

function connect(client: RedisClient): void {
  client.connect().catch(() => {
    // Every failed attempt is an `error` event; this promise rejects only when the client is ended.
  });
}

/** A server that hangs closes nothing, and TCP alone would take minutes to notice. */
function watch(client: RedisClient, onHanging: () => void): void {
  let unanswered = 0;
  const timer = setInterval(() => {
    if (!client.isOpen) return clearInterval(timer);
    if (!client.isReady) return void (unanswered = 0);
    if (unanswered === UNANSWERED_PINGS) {
      unanswered = 0;
      return onHanging();
    }
    unanswered += 1;
    client.ping().then(
      () => (unanswered = 0),
      () => undefined,
    );
  }, PING_MS);
  timer.unref();
}

/** Asks Redis something. Rejects with a `StateError` only, and soon. */
export type RedisCalls = <T>(ask: (client: RedisClient) => Promise<T>) => Promise<T>;

export interface RedisCallsOptions {
  /** How long a command may take, its answer included. Milliseconds. */
  withinMs?: number;
  /** Told of every command that failed though Redis is connected. */
  onRefusal?: (reason: string) => void;
}

export function createRedisCalls(
  client: RedisClient,
  isClosed: () => boolean,
  { withinMs = COMMAND_MS, onRefusal }: RedisCallsOptions = {},
): RedisCalls {
  return async (ask) => {
    if (isClosed()) throw new StateError('unavailable', 'The state in Redis is closed');
    // A transaction would wait for the connection instead, and be sent when nobody expects it.
    if (!client.isReady) throw new StateError('unavailable', 'Redis is not connected');

    const tooLate = Promise.withResolvers<never>();
    // The client's own limit ends when a command is sent; this one includes the answer.
    const timer = setTimeout(
      () => tooLate.reject(new StateError('unavailable', 'Redis did not respond in time')),
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

/** Lua: `now`, the time of Redis in epoch milliseconds. The clocks of replicas may differ. */
export const NOW = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * A piece of scripts: `forgetUnless(key, type)` makes room where something of another type stands. A script that fails on
 * it would fail for good, and what only speeds things up is better forgotten.
 */
export const FORGET_UNLESS = `
  local function forgetUnless(key, kind)
    if redis.call('TYPE', key).ok ~= kind then redis.call('DEL', key) end
  end
`;

/** Keys that one command looks at: Redis serves nobody else meanwhile. */
const SCANNED_AT_ONCE = 100;

/** Pages, also empty ones, of all keys that begin so. A key may be in two of them. */
export async function* scanPages(reach: RedisCalls, start: string): AsyncGenerator<string[]> {
  let cursor = '0';
  const options = { MATCH: `${start.replace(/[\\*?[\]]/g, '\\$&')}*`, COUNT: SCANNED_AT_ONCE };
  do {
    const page = await reach((client) => client.scan(cursor, options));
    cursor = page.cursor;
    yield page.keys;
  } while (cursor !== '0');
}
