import { setTimeout as pause } from 'node:timers/promises';
import type { RedisClientType } from '@redis/client';
import { StateError, reasonOf, toThrown } from '../state-store.ts';

export type RedisClient = RedisClientType;

/** The connections of this process to Redis. They reconnect by themselves, also after a failover. */
interface RedisConnections {
  client: RedisClient;
  /** Only receives messages. */
  subscriber: RedisClient;
  /** Only waits for replicas of Redis, so that other commands need not. */
  witness: RedisClient;
  /** To be called for each command that failed while Redis was connected. */
  onRefusal: (reason: string) => void;
  /** Reconnects. */
  renew: () => void;
  /** Uses another user name or password for the next connection. False: the URL names another server. */
  takeUrl: (url: string) => boolean;
  /** Stops reconnecting. */
  stop: () => void;
}

interface RedisConnectionsOptions {
  /** A key that may be written at any time, to see whether the server accepts writes. */
  probeKey: string;
  log: { info: (message: string) => void; warn: (message: string) => void };
  /** What it means that Redis is unavailable, for the log. */
  outage: string | undefined;
}

const ALONE =
  'mutations that need the state store are rejected, and this replica works without the others';
const PROBE_MS = 1_000;

/** Redis may be out of reach, and is connected to later. Throws a `StateError` if its certificate is not trusted. */
export async function connectRedis(
  url: string,
  { probeKey, log, outage = ALONE }: RedisConnectionsOptions,
): Promise<RedisConnections> {
  let latest = url;
  const latestUrl = (): string => latest;
  const refusals = new Set<string>();
  let firstFailure: unknown;
  /** Logs each reason once per connection. */
  const tellOnce = (reason: string, line: string): void => {
    if (!refusals.has(reason)) log.warn(line);
    refusals.add(reason);
  };
  const tellOutage = (cause: unknown): void => {
    const reason = describeFailure(cause);
    tellOnce(reason, `Redis is unavailable (${reason}): ${outage}`);
  };
  const [client, subscriber, witness] = await Promise.all([
    createRedisClient({
      url,
      latestUrl,
      onChange(state, cause) {
        refusals.clear();
        firstFailure ??= cause;
        if (state === 'up') log.info('Connected to Redis');
        else tellOutage(cause);
      },
      onAttempt: tellOutage,
    }),
    // They go up and down with the first connection, which is logged.
    createRedisClient({ url, latestUrl, onChange: () => undefined }),
    createRedisClient({ url, latestUrl, onChange: () => undefined }),
  ]);
  const fault = certificateFault(firstFailure);
  if (fault !== undefined) {
    [client, subscriber, witness].forEach((each) => each.destroy());
    throw new StateError('unavailable', fault, firstFailure);
  }

  const renewal = createRenewal({
    clients: [client, subscriber, witness],
    probe: () => client.set(probeKey, '1', { expiration: { type: 'PX', value: PROBE_MS } }),
    onRenewed() {
      refusals.clear();
      log.info('Redis accepts writes again, over new connections');
    },
  });
  return {
    client,
    subscriber,
    witness,
    renew: renewal.renew,
    stop: renewal.stop,
    onRefusal(reason) {
      renewal.onRefusal(reason);
      tellOnce(
        reason,
        `Redis is connected but fails (${reason}): operations that need it are rejected or done without it`,
      );
    },
    takeUrl(next) {
      if (!isSameServer(url, next)) return false;
      latest = next;
      return true;
    },
  };
}

const NOT_TRUSTED =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)|_CERT/;
const ADVICE = 'add the certificate of its authority with NODE_EXTRA_CA_CERTS';

/** What is wrong with the certificate of Redis. Undefined: nothing, or the connection failed for another reason. */
function certificateFault(cause: unknown): string | undefined {
  const { code } = toThrown(cause);
  return typeof code === 'string' && NOT_TRUSTED.test(code)
    ? `The certificate of Redis is not trusted (${reasonOf(cause)}): ${ADVICE}, or fix the certificate`
    : undefined;
}

/** For the log. */
function describeFailure(cause: unknown): string {
  return certificateFault(cause) ?? reasonOf(cause);
}

/** Connects once to check the certificate. `isReached`: a server answered. */
export async function checkCertificate(
  url: string,
): Promise<{ isReached: boolean; fault: string | undefined }> {
  let failure: unknown;
  const client = await createRedisClient({ url, onChange: (_state, cause) => (failure ??= cause) });
  const isReached = client.isReady;
  client.destroy();
  return { isReached, fault: certificateFault(failure) };
}

/**
 * The errors of a server that is not the master, or has lost its replicas, or no longer accepts our credentials. The
 * address may lead to another server by now, which only a new connection reaches.
 */
const OF_ANOTHER_SERVER =
  /(?:^|[\s-])(READONLY|MASTERDOWN|LOADING|NOREPLICAS|CLUSTERDOWN|UNBLOCKED|NOAUTH|WRONGPASS)\b/;

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 1_000;

interface RenewalOptions {
  /** All connections to the same address. */
  clients: readonly RedisClient[];
  /** Makes the server write something. Rejects with its error. */
  probe: () => Promise<unknown>;
  /** Called when the server accepts writes again. */
  onRenewed: () => void;
}

interface Renewal {
  /** To be called for each rejected command. Reconnects if a new connection may help. */
  onRefusal: (reason: string) => void;
  /** Reconnects in any case. */
  renew: () => void;
  stop: () => void;
}

/** Reconnects until a server accepts writes. Lost connections are left to the clients, which reconnect by themselves. */
function createRenewal({ clients, probe, onRenewed }: RenewalOptions): Renewal {
  let isRenewing = false;
  let isStopped = false;

  async function untilWritten(): Promise<void> {
    let isRefused = true;
    for (let attempt = 0; !isStopped; attempt += 1) {
      if (isRefused) clients.filter(({ isReady }) => isReady).forEach(reconnect);
      const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
      await pause(pauseMs, undefined, { ref: false });
      // A lost connection is reopened by its client.
      isRefused = isConnected() && (await isRefusedStill());
      if (isConnected() && !isRefused) return onRenewed();
    }
  }

  function isConnected(): boolean {
    return clients.every(({ isReady }) => isReady);
  }

  /** Reconnects for a reason that a new connection may end. */
  async function isRefusedStill(): Promise<boolean> {
    try {
      await probe();
      return false;
    } catch (error) {
      return isOfAnotherServer(reasonOf(error));
    }
  }

  function renew(): void {
    if (isRenewing || isStopped) return;
    isRenewing = true;
    void untilWritten().finally(() => (isRenewing = false));
  }

  return {
    renew,
    onRefusal: (reason) => (isOfAnotherServer(reason) ? renew() : undefined),
    stop: () => void (isStopped = true),
  };
}

function isOfAnotherServer(reason: string): boolean {
  return OF_ANOTHER_SERVER.test(reason);
}

interface RedisClientOptions {
  url: string;
  /** The URL with the user name and password for the next connection; `url` if left out. */
  latestUrl?: () => string;
  /** Called once per change, and once when the first attempt to connect has ended. */
  onChange: (state: 'up' | 'down', cause?: unknown) => void;
  /** Called for each failed attempt to reconnect. */
  onAttempt?: (cause: unknown) => void;
}

const CONNECT_MS = 1000;
/** How long a command may take. */
const COMMAND_MS = 1000;
/** Ends a connection that stays silent, for example when the server hangs. Longer than `PING_MS`. */
const SILENCE_MS = 3000;
const PING_MS = 1000;
const UNANSWERED_PINGS = 2;
const MAX_BACKOFF_MS = 1000;
const JITTER_MS = 100;

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

function connect(client: RedisClient): void {
  client.connect().catch(() => {
    // Failed attempts are `error` events; this promise rejects only when the client is ended.
  });
}

/** Ends the connection, and with it all commands in flight, and opens another. */
function reconnect(client: RedisClient): void {
  client.destroy();
  connect(client);
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

/** Whether two URLs differ in their credentials at most. */
function isSameServer(one: string, other: string): boolean {
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
