import type { RedisClientType } from '@redis/client';
import { StateError, reasonOf } from '../state-store.ts';

const CONNECT_MS = 1000;
/** How long a command may take. */
const COMMAND_MS = 1000;
/** Ends a connection that stays silent, for example when the server hangs. Longer than `PING_MS`. */
const SILENCE_MS = 3000;
const PING_MS = 1000;
const UNANSWERED_PINGS = 2;
const MAX_BACKOFF_MS = 1000;
const JITTER_MS = 100;

export type RedisClient = RedisClientType;

interface RedisClientOptions {
  url: string;
  /** The URL with the user name and password for the next connection; `url` if left out. */
  latestUrl?: () => string;
  /** Called once per change, and once when the first attempt to connect has ended. */
  onChange: (state: 'up' | 'down', cause?: unknown) => void;
  /** Called for each failed attempt to reconnect. */
  onAttempt?: (cause: unknown) => void;
}

/**
 * Resolves once the first attempt to connect has succeeded or failed. From then on the client reconnects by itself, and
 * a command fails at once while it is not connected. The caller ends it with `destroy()`.
 */
export async function createRedisClient(options: RedisClientOptions): Promise<RedisClient> {
  const client = await createUnconnected(options);
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

/** Ends the connection, and with it all commands in flight, and opens another. */
export function reconnect(client: RedisClient): void {
  client.destroy();
  connect(client);
}

async function createUnconnected({
  url,
  latestUrl = () => url,
}: RedisClientOptions): Promise<RedisClient> {
  // It has hundreds of files, and few services need it.
  const { createClient } = await import('@redis/client');
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
          Math.min(50 * 2 ** retries, MAX_BACKOFF_MS) + Math.random() * JITTER_MS,
      },
    });
  } catch {
    // Without the cause, which quotes the URL and its password.
    throw new StateError('unavailable', 'The Redis URL is invalid');
  }
}

/** Whether two URLs differ in their credentials at most. */
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
    // Failed attempts are `error` events; this promise rejects only when the client is ended.
  });
}

/** A hanging server does not close connections, and TCP alone would take minutes to notice. */
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

/** Runs commands of Redis, with a time limit. Rejects with a `StateError` only. */
export type RedisCalls = <T>(ask: (client: RedisClient) => Promise<T>) => Promise<T>;

interface RedisCallsOptions {
  /** How long a command may take until its answer, milliseconds. */
  withinMs?: number;
  /** Called for each command that failed while Redis was connected. */
  onRefusal?: (reason: string) => void;
}

export function createRedisCalls(
  client: RedisClient,
  isClosed: () => boolean,
  { withinMs = COMMAND_MS, onRefusal }: RedisCallsOptions = {},
): RedisCalls {
  return async (ask) => {
    if (isClosed()) throw new StateError('unavailable', 'The state in Redis is closed');
    // A transaction would be queued until Redis is connected again.
    if (!client.isReady) throw new StateError('unavailable', 'Redis is not connected');

    const tooLate = Promise.withResolvers<never>();
    // The client's own timeout ends when the command is sent.
    const timer = setTimeout(() => {
      // If this process was busy, the reply may have arrived in time: it is read before this.
      setImmediate(() =>
        tooLate.reject(new StateError('unavailable', 'Redis did not respond in time')),
      );
    }, withinMs);
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

/** Lua: sets `now` to the time of Redis in epoch milliseconds, because the clocks of replicas differ. */
export const NOW = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * Lua: `forgetUnless(key, type)` deletes a key of another type, on which the script would fail for ever. It is for data
 * that can be lost, such as caches.
 */
export const FORGET_UNLESS = `
  local function forgetUnless(key, kind)
    if redis.call('TYPE', key).ok ~= kind then redis.call('DEL', key) end
  end
`;

/** Keys per command, which blocks Redis while it runs. */
const SCANNED_AT_ONCE = 100;

/** Pages of all keys with this prefix. A page may be empty, and a key may appear twice. */
export async function* scanPages(reach: RedisCalls, start: string): AsyncGenerator<string[]> {
  let cursor = '0';
  const options = { MATCH: `${start.replace(/[\\*?[\]]/g, '\\$&')}*`, COUNT: SCANNED_AT_ONCE };
  do {
    const page = await reach((client) => client.scan(cursor, options));
    cursor = page.cursor;
    yield page.keys;
  } while (cursor !== '0');
}
