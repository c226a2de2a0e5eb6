import { setTimeout as pause } from 'node:timers/promises';
import { StateError } from '../state-store.ts';
import { type RedisCalls, type RedisClient, createRedisCalls } from './client.ts';

/** Confirms that a write would survive the loss of the server that accepted it. */
export interface Replication {
  /**
   * Resolves once a replica of Redis has everything written since `since`, or at once if there is no replica.
   * Rejects with a `StateError` if a replica was there a moment ago and none confirms, or if the connection was
   * replaced since `since`.
   */
  confirm(since: Moment): Promise<void>;
  /** To be called before the write that is to be confirmed. */
  moment(): Moment;
  stop(): void;
}

/** The replication of one connection. */
export interface Moment {
  readonly connection: number;
}

interface ReplicationOptions {
  /** The connection of the writes that are to be confirmed. */
  client: RedisClient;
  /** Another connection to the same address, on which waiting delays no other command. */
  witness: RedisClient;
  reach: RedisCalls;
  /** A key that may be written at any time. */
  probeKey: string;
  /** Monotonic milliseconds. */
  now: () => number;
  /** Called once if Redis does not say whether it has replicas. */
  onUnknown: (reason: string) => void;
}

/** How long a replica may take to confirm a write. */
const WAIT_MS = 500;
const PROBE_MS = 1_000;
const LOOK_EVERY_MS = 500;
/**
 * During a failover the former master still accepts writes, which are lost. It has no replica by then. A master without
 * a replica for longer than this is taken for a single server.
 */
const PATIENCE_MS = 2_500;
/** A replica that has been silent for longer may hang. Seconds. */
const MAX_LAG_SECONDS = 3;
const CANNOT_LOOK = /NOPERM|unknown command/i;

/** The output of `INFO replication`. */
interface Role {
  /** The replication id, which changes with each change of the master. */
  history: string;
  replicas: number;
}

export function watchReplication(options: ReplicationOptions): Replication {
  const { client, witness, reach, probeKey, now } = options;
  const reachWitness = createRedisCalls(witness, () => false, { withinMs: 2 * WAIT_MS });
  let isUnknown = false;
  let connection = 0;
  /** When a replica was seen last. */
  let seenAt = -Infinity;
  const onReady = (): void => void (connection += 1);

  /** Undefined: Redis does not say. */
  async function look(over: RedisClient, by: RedisCalls): Promise<Role | undefined> {
    try {
      const role = readRole(await by(() => over.sendCommand(['INFO', 'replication'])));
      if (role.replicas > 0) seenAt = now();
      return role;
    } catch (error) {
      if (!(error instanceof StateError) || !CANNOT_LOOK.test(error.message)) throw error;
      if (!isUnknown) options.onUnknown(error.message);
      isUnknown = true;
      return undefined;
    }
  }

  /** A replica applies writes in order: one that has this write has all earlier ones. */
  async function prove(): Promise<{ history: string | undefined; replicas: number }> {
    const expiration = { type: 'PX', value: PROBE_MS } as const;
    const [, role, replicas] = await Promise.all([
      reachWitness(() => witness.set(probeKey, '1', { expiration })),
      look(witness, reachWitness),
      reachWitness(() => witness.wait(1, WAIT_MS)),
    ]);
    return { history: role?.history, replicas };
  }
  const proveOnce = createShared(prove);

  async function confirm(since: Moment): Promise<void> {
    const role = await look(client, reach);
    const proof = role && role.replicas > 0 ? await proveOnce() : undefined;
    if (since.connection !== connection) {
      throw new StateError('unavailable', 'The connection to Redis was replaced in the meantime');
    }
    const isProven = proof?.history === role?.history && (proof?.replicas ?? 0) > 0;
    if (role === undefined || isProven) return;
    if (now() - seenAt < PATIENCE_MS) {
      throw new StateError('unavailable', 'No replica of Redis has confirmed the write');
    }
  }

  client.on('ready', onReady);
  const stopped = new AbortController();
  void (async () => {
    while (!stopped.signal.aborted) {
      // Without an answer, no replica was seen.
      await look(witness, reachWitness).catch(() => undefined);
      await pause(LOOK_EVERY_MS, undefined, { signal: stopped.signal, ref: false }).catch(
        () => undefined,
      );
    }
  })();

  return {
    confirm,
    moment: () => ({ connection }),
    stop() {
      stopped.abort();
      client.off('ready', onReady);
    },
  };
}

/** One run at a time. Calls during a run share the next one, which begins after it. */
function createShared<T>(run: () => Promise<T>): () => Promise<T> {
  let current: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    next ??= current.then(() => {
      next = undefined;
      const started = run();
      current = started.catch(() => undefined);
      return started;
    });
    return next;
  };
}

/**
 * Parses lines such as `slave0:ip=10.0.0.2,port=6379,state=online,offset=1234,lag=0`. In the first milliseconds of a
 * second the lag may be -1, because Redis subtracts two clocks that tick at different moments.
 */
function readRole(answer: unknown): Role {
  const info = typeof answer === 'string' ? answer : '';
  const [, history = ''] = /^master_replid:(\w+)/m.exec(info) ?? [];
  const followers = info.split('\n').filter((line) => {
    const [, lag] = /^slave\d+:.*\bstate=online\b.*\blag=(-?\d+)/.exec(line) ?? [];
    return lag !== undefined && Number(lag) <= MAX_LAG_SECONDS;
  });
  return { history, replicas: followers.length };
}

/** A sentence for each way in which this Redis may lose data. */
export async function describeDurability(client: RedisClient): Promise<string[]> {
  const reach = createRedisCalls(client, () => false);
  // Before version 7, CONFIG GET takes only one name.
  const settingOf = async (name: string): Promise<string | undefined> => {
    const settings: Record<string, string> = await reach(() => client.configGet(name));
    return settings[name];
  };
  try {
    const policy = await settingOf('maxmemory-policy');
    const [save, appendOnly] = [await settingOf('save'), await settingOf('appendonly')];
    return [...describeEviction(policy), ...describePersistence(save, appendOnly)];
  } catch {
    // Hosted Redis often forbids CONFIG. Any other fault will show at the first write.
    return [
      'The persistence settings of Redis could not be checked: it did not answer CONFIG GET.',
    ];
  }
}

function describeEviction(policy: string | undefined): string[] {
  if (policy === undefined || policy === 'noeviction') return [];
  return [
    `Redis evicts keys when its memory is full (maxmemory-policy is ${policy}). Set it to noeviction.`,
  ];
}

function describePersistence(save: string | undefined, appendOnly: string | undefined): string[] {
  if (save !== '' || appendOnly !== 'no') return [];
  return [
    'Redis does not persist data to disk (neither appendonly nor save is set). Set appendonly to yes.',
  ];
}
