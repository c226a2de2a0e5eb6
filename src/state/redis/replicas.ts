import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type SharedSnapshots, VARIANT } from '../../cache/snapshot-entry.ts';
import { reasonOf } from '../state-store.ts';
import { NOW, type RedisCalls, type RedisClient } from './client.ts';
import { type RedisRead, createInvalidation, createRedisSnapshots } from './snapshots.ts';

/** The right to show what is held, for a while after the last sign that messages come through. */
export interface Lease {
  isHeld(): boolean;
  /** Changes whenever the right is lost, and whenever it is had again. */
  epoch(): number;
  /** A sign is about to be sent. Gives its id. */
  ask(): string;
  /** How many signs have not come back since the last one that did. */
  unanswered(): number;
  /** It came back: the right holds from when it was asked for. */
  confirm(id: string): void;
  /** Messages may be lost from now on, those under way included. */
  lose(): void;
}

/** More that are under way were lost. */
const MAX_ASKED = 10;

/** `now`: milliseconds that never go back. */
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
      // A right that has run out meanwhile is a new one.
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

/** A replica that does not answer is waited for this long; it shows nothing any more afterwards. */
const LEASE_MS = 2_000;
const BEAT_MS = 500;
/** A replica that has not heard its own signs for so many beats must not be waited for. */
const MAX_UNANSWERED = 3;
/** One that has not heard for so many more may listen to a server that nobody writes to any more. */
const SILENT_BEATS = 4;
/** How long a start waits for the first sign. */
const FIRST_SIGN_MS = 1_000;

/** KEYS: leases, since. Renews a lease, and sends its holder a sign over the way that every message takes. */
const BEAT = `
  ${NOW}
  redis.call('SET', KEYS[2], string.format('%.0f', now), 'NX')
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
  return redis.call('PUBLISH', ARGV[3], ARGV[4])
`;

export interface RedisReplicasOptions {
  /** Waits for messages, and does nothing else. It may be disconnected. */
  subscriber: RedisClient;
  reach: RedisCalls;
  toKey: (name: string) => string;
  /** Told that Redis takes commands and lets no messages through. */
  onDeaf: (reason: string) => void;
  /** Told again and again while commands are taken, and nothing is heard over a connection that stands. */
  onSilence?: () => void;
  /** Milliseconds that never go back. */
  now?: () => number;
}

export interface OpenReplicas extends SharedSnapshots<RedisRead> {
  close(): Promise<void>;
}

/**
 * Replicas that hold leases: a change waits until each has heard of it, or shows nothing any more.
 * Resolves once messages come through, or after a second without.
 */
export async function openRedisReplicas(options: RedisReplicasOptions): Promise<OpenReplicas> {
  const { subscriber, toKey, onDeaf, now = () => performance.now() } = options;
  const own: string = randomUUID();
  const everybody = toKey('forget');
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
    channel: everybody,
    leaseMs: LEASE_MS,
  });

  /** Whoever is not listening waits in vain for what it is sent, and so does nobody for it. */
  function send(to: string, text: string): void {
    reach((client) => client.publish(channelOf(to), text)).catch(() => undefined);
  }

  function onOwnMessage(text: string): void {
    const [kind, id = '', by = ''] = text.split(' ');
    if (kind === 'heard') return forgetting.onHeard(id, by);
    // It hears again: a lease that is to hold is asked for anew.
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

  function beat(): void {
    if (!isListening) return;
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
      await subscriber.subscribe(everybody, onForgotten);
      await subscriber.subscribe(channelOf(own), onOwnMessage);
      isListening = true;
      renew();
    } catch (error) {
      // A connection that was lost again comes again; one that stands is refused.
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
    // What the others were not told to forget is still there.
    look: async (name, claimMs) =>
      forgetting.isUntold(toTopic(name)) ? undefined : snapshots.look(name, claimMs),
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
