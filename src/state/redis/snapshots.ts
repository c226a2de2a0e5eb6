import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { SharedRead, SharedSnapshots } from '../../cache/snapshot-entry.ts';
import { StateError } from '../state-store.ts';
import { FORGET_UNLESS, NOW, type RedisCalls } from './client.ts';

/*
 * KEYS: generation, snapshot, ticket. Times are those of Redis, because the clocks of replicas differ.
 * A generation is a random text, so that it never recurs after a loss of all data.
 */
const FORGET_FOREIGN = `
  ${FORGET_UNLESS}
  forgetUnless(KEYS[1], 'string')
  forgetUnless(KEYS[2], 'hash')
  forgetUnless(KEYS[3], 'string')
`;

/** A snapshot from the future is ignored: the clock was set back. */
const LOOK = `
  ${NOW}
  ${FORGET_FOREIGN}
  local generation, ticket, claimMs = ARGV[1], ARGV[2], ARGV[3]
  redis.call('SET', KEYS[1], generation, 'NX')
  generation = redis.call('GET', KEYS[1])
  local held = redis.call('HMGET', KEYS[2], 'readAt', 'freshMs', 'text', 'generation')
  local readAt, freshMs = tonumber(held[1] or ''), tonumber(held[2] or '')
  local isHeld = held[4] == generation and held[3] and readAt and freshMs
  local age = isHeld and now - readAt or -1
  local result =
    { generation, string.format('%.0f', now), age, held[2] or '0', held[3] or '', 0 }
  if age >= 0 and age < freshMs then return result end
  local claim = generation .. ' '
  local holder = redis.call('GET', KEYS[3])
  if holder and string.sub(holder, 1, #claim) == claim then
    return { generation, '0', -1, '0', '', 0 }
  end
  redis.call('SET', KEYS[3], claim .. ticket, 'PX', claimMs)
  result[6] = 1
  return result
`;

const RELEASE = `
  ${FORGET_FOREIGN}
  if redis.call('GET', KEYS[3]) == ARGV[1] .. ' ' .. ARGV[2] then redis.call('DEL', KEYS[3]) end
`;

/** It may arrive late: the time of the look counts, since the list was read after it. */
const KEEP = `
  ${NOW}
  local generation, text, readAt, freshMs = ARGV[1], ARGV[3], tonumber(ARGV[4]), ARGV[5]
  local ttl = readAt + tonumber(ARGV[6]) - now
  ${RELEASE}
  if redis.call('GET', KEYS[1]) ~= generation or ttl < 1 then return 0 end
  local held = redis.call('HMGET', KEYS[2], 'readAt', 'generation')
  local heldAt = held[2] == generation and tonumber(held[1]) or 0
  if heldAt > readAt and heldAt <= now then return 0 end
  redis.call('HSET', KEYS[2], 'readAt', ARGV[4], 'freshMs', freshMs, 'text', text, 'generation', generation)
  redis.call('PEXPIRE', KEYS[2], string.format('%.0f', ttl))
  return 1
`;

const lookSchema = z.tuple([
  z.string(),
  z.string(),
  z.number(),
  z.coerce.number(),
  z.string(),
  z.number(),
]);

/** A look at a shared snapshot, with what `keep` and `release` need to recognize it. */
export interface RedisRead extends SharedRead {
  readonly name: string;
  /** Of the name at this moment. Another one: it was forgotten since. */
  readonly generation: string;
  /** When the look took place, epoch milliseconds by the clock of Redis. */
  readonly at: string;
  /** The right to read it anew. */
  readonly ticket: string;
}

type ToSnapshotKeys = (name: string) => string[];

export function createRedisSnapshots(
  reach: RedisCalls,
  toKeys: ToSnapshotKeys,
): Pick<SharedSnapshots<RedisRead>, 'look' | 'keep' | 'release'> {
  const run = (script: string, name: string, args: (string | number)[]): Promise<unknown> =>
    reach((client) => client.eval(script, { keys: toKeys(name), arguments: args.map(String) }));

  return {
    async look(name, claimMs) {
      const ticket = randomUUID();
      const args = [randomUUID(), ticket, Math.max(1, Math.round(claimMs))];
      const answer = lookSchema.safeParse(await orNothing(run(LOOK, name, args)));
      // Redis is out of reach, or another program has written to these keys.
      if (!answer.success) return undefined;
      const [generation, at, ageMs, freshMs, text, mayLoad] = answer.data;
      const held = ageMs < 0 ? null : { text, ageMs, freshMs };
      return { name, held, mayLoad: mayLoad === 1, generation, at, ticket };
    },
    async keep({ name, generation, ticket, at }, { text, freshMs, ttlMs, ageMs = 0 }) {
      const readAt = Number(at) - Math.round(ageMs);
      const args = [generation, ticket, text, readAt, Math.round(freshMs), Math.floor(ttlMs)];
      await orNothing(run(KEEP, name, args));
    },
    async release({ name, generation, ticket }) {
      await orNothing(run(RELEASE, name, [generation, ticket]));
    },
  };
}

/** Undefined: Redis is out of reach, and the reader does without. */
async function orNothing<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return undefined;
  }
}

/**
 * KEYS: generation, leases, since. Invalidates what was kept under the old generation. Returns how long there may be
 * leases that Redis has lost, and the replicas that hold a lease.
 */
const FORGET = `
  redis.call('SET', KEYS[1], ARGV[1])
  ${NOW}
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
  redis.call('PUBLISH', ARGV[2], ARGV[3])
  local age = now - tonumber(redis.call('GET', KEYS[3]) or now)
  local unsureMs = age < 0 and ARGV[4] or math.max(0, tonumber(ARGV[4]) - age)
  return { string.format('%.0f', unsureMs), unpack(redis.call('ZRANGE', KEYS[2], 0, -1)) }
`;

interface Invalidation {
  /** Resolves once no replica shows the old value, or the replicas are out of reach. Never rejects. */
  forget(name: string): Promise<void>;
  /** To be called when another replica has received the message with this id. */
  onHeard(id: string, by: string): void;
  /** Whether the other replicas could not be told to forget this name yet. */
  isPending(name: string): boolean;
  /** Sends the pending messages again. */
  makeUp(): void;
}

interface InvalidationOptions {
  own: string;
  reach: RedisCalls;
  /** Returns generation, leases, since. */
  toKeys: (name: string) => string[];
  /** The channel that all replicas subscribe to. */
  channel: string;
  leaseMs: number;
}

/** Tells all replicas of a change, and waits until each has confirmed it or lost its lease. */
export function createInvalidation(options: InvalidationOptions): Invalidation {
  const { own, reach, toKeys, channel, leaseMs } = options;
  const waiting = new Map<string, (by: string) => void>();
  const pending = new Set<string>();

  async function tell(id: string, name: string): Promise<{ unsureMs: number; holders: string[] }> {
    const args = [randomUUID(), channel, `${own} ${id} ${name}`, String(leaseMs)];
    const answer = await reach((client) =>
      client.eval(FORGET, { keys: toKeys(name), arguments: args }),
    );
    const [unsureMs, ...holders] = Array.isArray(answer) ? answer.map(String) : [];
    return { unsureMs: Number(unsureMs ?? leaseMs), holders };
  }

  async function forget(name: string): Promise<void> {
    pending.delete(name);
    const id: string = randomUUID();
    const heardBy = new Set<string>([own]);
    const all = Promise.withResolvers<undefined>();
    let awaited: string[] | undefined;
    const check = (): void => {
      if (awaited?.every((holder) => heardBy.has(holder))) all.resolve(undefined);
    };
    waiting.set(id, (by) => {
      heardBy.add(by);
      check();
    });
    const patience = new AbortController();
    const wait = (ms: number): Promise<unknown> =>
      pause(ms, undefined, { signal: patience.signal, ref: false }).catch(() => undefined);
    try {
      const { unsureMs, holders } = await tell(id, name);
      awaited = holders;
      check();
      await Promise.all([wait(unsureMs), Promise.race([all.promise, wait(leaseMs)])]);
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      pending.add(name);
    } finally {
      patience.abort();
      waiting.delete(id);
    }
  }

  return {
    forget,
    onHeard: (id, by) => waiting.get(id)?.(by),
    isPending: (name) => pending.has(name),
    makeUp: () => [...pending].forEach((name) => void forget(name)),
  };
}
