import { setTimeout as pause } from 'node:timers/promises';
import { StateError, reasonOf, toThrown } from '../state-store.ts';
import { type RedisClient, createRedisClient, isSameServer, reconnect } from './client.ts';

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
}

const ALONE =
  'mutations that need the state store are rejected, and this replica works without the others';
const PROBE_MS = 1_000;

/** Redis may be out of reach, and is connected to later. Throws a `StateError` if its certificate is not trusted. */
export async function connectRedis(
  url: string,
  { probeKey, log }: RedisConnectionsOptions,
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
    tellOnce(reason, `Redis is unavailable (${reason}): ${ALONE}`);
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
