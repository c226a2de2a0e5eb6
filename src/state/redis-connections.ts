import { certificateFault, describeFailure } from './redis-certificate.ts';
import { createRedisClient, isSameServer } from './redis-client.ts';
import type { RedisClient } from './redis-client.ts';
import { createRenewal } from './redis-renewal.ts';
import { StateError } from './state-store.ts';

/** The connections of this process to Redis. They connect again by themselves, also to a server that takes the place of the first. */
export interface RedisConnections {
  client: RedisClient;
  /** Waits for messages, and does nothing else. */
  subscriber: RedisClient;
  /** Waits for replicas, so that nothing else has to. */
  witness: RedisClient;
  /** To be told of every command that failed though Redis is connected. */
  onRefusal: (reason: string) => void;
  /** Makes new connections. */
  renew: () => void;
  /** Takes another user name or password for the next connection. False: the URL leads to another server. */
  takeUrl: (url: string) => boolean;
  /** Makes no new connections any more on its own. */
  stop: () => void;
}

export interface RedisConnectionsOptions {
  /** What may be written at any time to see whether the server takes writes. */
  probeKey: string;
  log: { info: (message: string) => void; warn: (message: string) => void };
}

const ALONE = 'mutations that rely on records are refused, and this replica goes on alone';
const PROBE_MS = 1_000;

/** Redis may come later. Throws a `StateError` when its certificate is not trusted, which no time mends. */
export async function connectRedis(
  url: string,
  { probeKey, log }: RedisConnectionsOptions,
): Promise<RedisConnections> {
  let latest = url;
  const latestUrl = (): string => latest;
  const refusals = new Set<string>();
  let firstFailure: unknown;
  /** A line for each reason, until the connection is another one. */
  const tellOnce = (reason: string, line: string): void => {
    if (!refusals.has(reason)) log.warn(line);
    refusals.add(reason);
  };
  const tellOutage = (cause: unknown): void => {
    const reason = describeFailure(cause);
    tellOnce(reason, `Redis is out of reach (${reason}): ${ALONE}`);
  };
  const [client, subscriber, witness] = await Promise.all([
    createRedisClient({
      url,
      latestUrl,
      onChange(state, cause) {
        refusals.clear();
        firstFailure ??= cause;
        if (state === 'up') log.info('Redis is there');
        else tellOutage(cause);
      },
      onAttempt: tellOutage,
    }),
    // They go up and down with the first, which tells of it.
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
      log.info('Redis takes writes, over new connections');
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
        `Redis is connected and fails (${reason}): what relies on it is refused, or done alone`,
      );
    },
    takeUrl(next) {
      if (!isSameServer(url, next)) return false;
      latest = next;
      return true;
    },
  };
}
