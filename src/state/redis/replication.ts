import { setTimeout as pause } from 'node:timers/promises';
import { StateError } from '../state-store.ts';
import { type RedisCalls, type RedisClient, createRedisCalls } from './client.ts';

/** Whether what was written would outlive the loss of the server that took it. */
export interface Replication {
  /**
   * Resolves once a replica of Redis has all that was written since `since`, or at once where there is no replica.
   * Rejects with a `StateError` when none has it though there was one a moment ago, and when the connection is
   * another one than at `since`.
   */
  confirm(since: Moment): Promise<void>;
  /** To be taken before what is to be confirmed is written. */
  moment(): Moment;
  stop(): void;
}

/** Of one connection. */
export interface Moment {
  readonly connection: number;
}

export interface ReplicationOptions {
  /** What is to be confirmed is written over it. */
  client: RedisClient;
  /** Another connection to the same address, on which waiting holds nobody up. */
  witness: RedisClient;
  reach: RedisCalls;
  /** What may be written at any time. */
  probeKey: string;
  /** Monotonic milliseconds. */
  now: () => number;
  /** Told once when Redis does not say whether it has replicas. */
  onUnknown: (reason: string) => void;
}

/** How long a replica may take to say that it has what was written. */
const WAIT_MS = 500;
const PROBE_MS = 1_000;
const LOOK_EVERY_MS = 500;
/**
 * While a replica becomes the master, its former master still takes writes, which are lost then. It has no replica any
 * more by that time; one without for longer than this has lost them for good.
 */
const PATIENCE_MS = 2_500;
/** A replica that said so long ago that it follows may hang. Seconds. */
const MAX_LAG_SECONDS = 3;
const CANNOT_LOOK = /NOPERM|unknown command/i;

/** What a server says of itself. */
interface Role {
  /** Of what it writes and its replicas follow; another one after each change of the master. */
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

  /** A replica takes all writes in their order, so that one which has this write has all that were taken before it. */
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
      // Without an answer nothing was seen, which counts by itself.
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

/** One run at a time. Whoever comes while one is under way shares the next, which begins after it. */
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

/** Of lines such as `slave0:ip=10.0.0.2,port=6379,state=online,offset=1234,lag=0`. */
function readRole(answer: unknown): Role {
  const info = typeof answer === 'string' ? answer : '';
  const [, history = ''] = /^master_replid:(\w+)/m.exec(info) ?? [];
  const followers = info.split('\n').filter((line) => {
    const [, lag] = /^slave\d+:.*\bstate=online\b.*\blag=(\d+)/.exec(line) ?? [];
    return lag !== undefined && Number(lag) <= MAX_LAG_SECONDS;
  });
  return { history, replicas: followers.length };
}

/** A sentence for each way in which this Redis would lose what it is given. */
export async function describeDurability(client: RedisClient): Promise<string[]> {
  const reach = createRedisCalls(client, () => false);
  // One by one: before version 7, CONFIG GET takes one name only.
  const settingOf = async (name: string): Promise<string | undefined> => {
    const settings: Record<string, string> = await reach(() => client.configGet(name));
    return settings[name];
  };
  try {
    const policy = await settingOf('maxmemory-policy');
    const [save, appendOnly] = [await settingOf('save'), await settingOf('appendonly')];
    return [...describeEviction(policy), ...describePersistence(save, appendOnly)];
  } catch {
    // Hosted Redis often forbids CONFIG; whatever else it is will show at the first write.
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
