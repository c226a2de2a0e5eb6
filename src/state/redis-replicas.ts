import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createLease } from './lease.ts';
import type { RedisClient } from './redis-client.ts';
import type { Reach } from './redis-reach.ts';
import { createRedisSnapshots } from './redis-snapshots.ts';
import type { Replicas } from './replicas.ts';
import { StateError } from './state-store.ts';

/** A replica that does not answer is waited for this long; it shows nothing any more afterwards. */
const LEASE_MS = 2_000;
const BEAT_MS = 500;
/** How long a start waits for the first sign. */
const FIRST_SIGN_MS = 1_000;

/** KEYS: leases. Sends this replica a sign over the way that every message takes. */
const BEAT = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
  return redis.call('PUBLISH', ARGV[3], ARGV[4])
`;

/** KEYS: generation, value, ticket, leases. Answers with the replicas that may show the value. */
const FORGET = `
  redis.call('SET', KEYS[1], ARGV[1])
  redis.call('DEL', KEYS[2], KEYS[3])
  local time = redis.call('TIME')
  redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call('PUBLISH', ARGV[2], ARGV[3])
  return redis.call('ZRANGE', KEYS[4], 0, -1)
`;

export interface RedisReplicasOptions {
  /** Waits for messages, and does nothing else. It may be disconnected. */
  subscriber: RedisClient;
  reach: Reach;
  toKey: (name: string) => string;
  /** Milliseconds that never go back. */
  now?: () => number;
}

export interface OpenReplicas extends Replicas {
  close(): Promise<void>;
}

/**
 * Replicas that hold leases: whoever changes something waits until each has heard of it, or shows nothing any more.
 * Resolves once messages come through, or after a second without.
 */
export async function openRedisReplicas(options: RedisReplicasOptions): Promise<OpenReplicas> {
  const { subscriber, reach, toKey, now = () => performance.now() } = options;
  const own: string = randomUUID();
  const everybody = toKey('forget');
  const channelOf = (id: string) => toKey(`to:${id}`);
  const toSnapshotKeys = (name: string) =>
    ['generation', 'snapshot', 'ticket'].map((kind) => toKey(`${kind}:${name}`));

  const lease = createLease(LEASE_MS, now);
  const listeners = new Set<(name: string) => void>();
  const onHeard = new Map<string, (by: string) => void>();
  /** What could not be told to the others. */
  const untold = new Set<string>();
  const firstSign = new AbortController();

  function onOwnMessage(text: string): void {
    const [kind, id = '', by = ''] = text.split(' ');
    if (kind === 'heard') return onHeard.get(id)?.(by);
    lease.confirm(id);
    if (!lease.isHeld()) return;
    firstSign.abort();
    [...untold].forEach((name) => void forget(name));
  }

  function onForgotten(text: string): void {
    const [by = '', id = '', ...name] = text.split(' ');
    if (by === own) return;
    listeners.forEach((listener) => listener(name.join(' ')));
    // Unheard, it is waited for no longer than a lease.
    reach((client) => client.publish(channelOf(by), `heard ${id} ${own}`)).catch(() => undefined);
  }

  function beat(): void {
    const keys = [toKey('leases')];
    const args = [own, String(LEASE_MS), channelOf(own), `beat ${lease.ask()}`];
    reach((client) => client.eval(BEAT, { keys, arguments: args })).catch(() => undefined);
  }

  async function forget(name: string): Promise<void> {
    untold.delete(name);
    const id: string = randomUUID();
    const heardBy = new Set<string>([own]);
    const all = Promise.withResolvers<undefined>();
    let holders: string[] | undefined;
    const check = (): void => {
      if (holders?.every((holder) => heardBy.has(holder))) all.resolve(undefined);
    };
    onHeard.set(id, (by) => {
      heardBy.add(by);
      check();
    });
    try {
      const keys = [...toSnapshotKeys(name), toKey('leases')];
      const args = [randomUUID(), everybody, `${own} ${id} ${name}`];
      const answer = await reach((client) => client.eval(FORGET, { keys, arguments: args }));
      holders = Array.isArray(answer) ? answer.map(String) : [];
      check();
      const patience = new AbortController();
      const leaseEnd = pause(LEASE_MS, undefined, { signal: patience.signal, ref: false });
      await Promise.race([all.promise, leaseEnd.catch(() => undefined)]);
      patience.abort();
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      untold.add(name);
    } finally {
      onHeard.delete(id);
    }
  }

  function subscribe(): void {
    lease.lose();
    Promise.all([
      subscriber.subscribe(everybody, onForgotten),
      subscriber.subscribe(channelOf(own), onOwnMessage),
    ]).then(beat, () => undefined);
  }

  subscriber.on('error', () => lease.lose());
  subscriber.on('reconnecting', () => lease.lose());
  subscriber.on('ready', subscribe);
  if (subscriber.isReady) subscribe();
  const timer = setInterval(beat, BEAT_MS).unref();
  await pause(FIRST_SIGN_MS, undefined, { signal: firstSign.signal }).catch(() => undefined);

  return {
    epoch: () => lease.epoch(),
    onForget(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    forget,
    ...createRedisSnapshots(reach, toSnapshotKeys),
    async close() {
      clearInterval(timer);
      await reach((client) => client.zRem(toKey('leases'), own)).catch(() => undefined);
      subscriber.destroy();
    },
  };
}
