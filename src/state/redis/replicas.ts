import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type SharedSnapshots, VARIANT } from '../../cache/snapshot-entry.ts';
import { reasonOf } from '../state-store.ts';
import { NOW, type RedisCalls, type RedisClient } from './client.ts';
import { type RedisRead, createInvalidation, createRedisSnapshots } from './snapshots.ts';

/** The right to show cached lists, for a while after the last sign that messages arrive. */
export interface Lease {
  isHeld(): boolean;
  /** Changes whenever the lease is lost or regained. */
  epoch(): number;
  /** Notes that a heartbeat is about to be sent. Returns its id. */
  ask(): string;
  /** How many heartbeats were sent since the last one that came back. */
  unanswered(): number;
  /** The heartbeat came back: the lease counts from when it was sent. */
  confirm(id: string): void;
  /** Messages may be lost from now on, also those under way. */
  lose(): void;
}

/** If there are more in flight, they are lost. */
const MAX_ASKED = 10;

/** `now`: monotonic milliseconds. */
export function createLease(leaseMs: number, now: () => number): Lease {
  const asked = new Map<string, number>();
  let heldUntil = -Infinity;
  let wasHeld = false;
  let changes = 0;

  function isHeld(): boolean {
    const isNow = now() < heldUntil;
    if (isNow !== wasHeld) changes += 1;
    wasHeld = isNow;
    return isNow;
  }

  return {
    isHeld,
    epoch() {
      isHeld();
      return changes;
    },
    ask() {
      if (asked.size >= MAX_ASKED) asked.clear();
      const id = randomUUID();
      asked.set(id, now());
      return id;
    },
    unanswered: () => asked.size,
    confirm(id) {
      const askedAt = asked.get(id);
      if (askedAt === undefined) return;
      for (const each of [...asked.keys()]) {
        asked.delete(each);
        if (each === id) break;
      }
      // If the lease has expired, this begins a new one.
      isHeld();
      heldUntil = askedAt + leaseMs;
      isHeld();
    },
    lose() {
      isHeld();
      heldUntil = -Infinity;
      asked.clear();
      isHeld();
    },
  };
}

/** How long to wait for a replica that does not answer. It shows nothing after this. */
const LEASE_MS = 2_000;
const BEAT_MS = 500;
/** After so many heartbeats that did not come back, a replica stops renewing its lease. */
const MAX_UNANSWERED = 3;
/** After so many more, it may be listening to a server that is no longer the master. */
const SILENT_BEATS = 4;
/** How long a start waits for the first heartbeat. */
const FIRST_SIGN_MS = 1_000;

/** KEYS: leases, since. Renews a lease, and sends its holder a heartbeat the same way as every message. */
const BEAT = `
  ${NOW}
  redis.call('SET', KEYS[2], string.format('%.0f', now), 'NX')
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
  return redis.call('PUBLISH', ARGV[3], ARGV[4])
`;

interface RedisReplicasOptions {
  /** Only receives messages. It may be disconnected. */
  subscriber: RedisClient;
  reach: RedisCalls;
  toKey: (name: string) => string;
  /** Called if Redis accepts commands but delivers no messages. */
  onDeaf: (reason: string) => void;
  /** Called repeatedly while Redis accepts commands, and nothing arrives over an open subscription. */
  onSilence?: () => void;
  /** Monotonic milliseconds. */
  now?: () => number;
}

export interface OpenReplicas extends SharedSnapshots<RedisRead> {
  /** Whether Redis answered the last call, of which there are two a second, and messages can arrive. */
  isReachable: () => boolean;
  close(): Promise<void>;
}

/**
 * Shares snapshots in Redis. Each replica holds a lease: a change waits until every replica has confirmed it or lost its
 * lease. Resolves once messages arrive, or after a second without.
 */
export async function openRedisReplicas(options: RedisReplicasOptions): Promise<OpenReplicas> {
  const { subscriber, toKey, onDeaf, now = () => performance.now() } = options;
  const own: string = randomUUID();
  const channel = toKey('forget');
  const channelOf = (id: string) => toKey(`to:${id}`);
  const leaseKeys = [toKey('leases'), toKey('since')];
  const toSnapshotKeys = (name: string) => [
    toKey(`generation:${toTopic(name)}`),
    ...['snapshot', 'ticket'].map((kind) => toKey(`${kind}:${name}`)),
  ];

  const lease = createLease(LEASE_MS, now);
  const listeners = new Set<(name: string) => void>();
  const firstSign = new AbortController();
  let isListening = false;
  let isReachable = true;
  let looks = 0;
  let silentBeats = 0;

  const reach: RedisCalls = async (ask) => {
    try {
      const answer = await options.reach(ask);
      isReachable = true;
      return answer;
    } catch (error) {
      isReachable = false;
      throw error;
    }
  };
  const snapshots = createRedisSnapshots(reach, toSnapshotKeys);
  const forgetting = createInvalidation({
    own,
    reach,
    toKeys: (name) => [toKey(`generation:${name}`), ...leaseKeys],
    channel,
    leaseMs: LEASE_MS,
  });

  /** Not awaited: a message that is lost costs its receiver the lease. */
  function send(to: string, text: string): void {
    reach((client) => client.publish(channelOf(to), text)).catch(() => undefined);
  }

  function onOwnMessage(text: string): void {
    const [kind, id = '', by = ''] = text.split(' ');
    if (kind === 'heard') return forgetting.onHeard(id, by);
    // Messages arrive again, so the lease can be renewed.
    if (kind === 'probe') return renew();
    silentBeats = 0;
    lease.confirm(id);
    if (!lease.isHeld()) return;
    firstSign.abort();
    forgetting.makeUp();
  }

  function onForgotten(text: string): void {
    const [by = '', id = '', ...name] = text.split(' ');
    if (by === own) return;
    listeners.forEach((listener) => listener(name.join(' ')));
    send(by, `heard ${id} ${own}`);
  }

  function renew(): void {
    const args = [own, String(LEASE_MS), channelOf(own), `beat ${lease.ask()}`];
    reach((client) => client.eval(BEAT, { keys: leaseKeys, arguments: args })).catch(
      () => undefined,
    );
  }

  /** Without a subscription there are no heartbeats, by which a replica without requests sees whether Redis answers. */
  function ping(): void {
    reach((client) => client.ping()).catch(() => undefined);
  }

  function beat(): void {
    if (!isListening) return ping();
    if (lease.unanswered() < MAX_UNANSWERED) return renew();
    send(own, 'probe');
    silentBeats += 1;
    if (silentBeats % SILENT_BEATS === 0 && isReachable) options.onSilence?.();
  }

  function lose(): void {
    isListening = false;
    lease.lose();
  }

  async function subscribe(): Promise<void> {
    lose();
    try {
      await subscriber.subscribe(channel, onForgotten);
      await subscriber.subscribe(channelOf(own), onOwnMessage);
      isListening = true;
      renew();
    } catch (error) {
      // A lost connection is reopened. On an open one, Redis has rejected the command.
      if (subscriber.isReady) onDeaf(reasonOf(error));
    }
  }

  subscriber.on('error', lose);
  subscriber.on('reconnecting', lose);
  subscriber.on('ready', () => void subscribe());
  if (subscriber.isReady) void subscribe();
  const timer = setInterval(beat, BEAT_MS).unref();
  await pause(FIRST_SIGN_MS, undefined, { signal: firstSign.signal }).catch(() => undefined);

  return {
    isReachable: () => isReachable && subscriber.isReady,
    epoch() {
      if (!lease.isHeld() && isReachable) looks += 1;
      return lease.epoch() + looks;
    },
    onForget(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    forget: (name) => forgetting.forget(name),
    ...snapshots,
    // The shared snapshot may be older than a write of this replica.
    look: async (name, claimMs) =>
      forgetting.isPending(toTopic(name)) ? undefined : snapshots.look(name, claimMs),
    async close() {
      clearInterval(timer);
      await reach((client) => client.zRem(toKey('leases'), own)).catch(() => undefined);
      subscriber.destroy();
    },
  };
}

function toTopic(name: string): string {
  return name.split(VARIANT, 1).join('');
}
