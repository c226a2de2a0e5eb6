import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { StateError } from './state-store.ts';
import type { Reach } from './redis-reach.ts';
import type { Replicas, SharedLook } from './replicas.ts';

/** Longer than reading a list takes; should its reader die, the next one waits as long. */
const TICKET_MS = 4_000;

/*
 * KEYS: generation, value, ticket. Ages are counted by the clock of Redis: those of replicas may differ.
 * A generation is a random text, so that one of before a loss of all data never comes again.
 */
const NOW = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

const LOOK = `
  ${NOW}
  local generation, ticket, ticketMs = ARGV[1], ARGV[2], ARGV[3]
  redis.call('SET', KEYS[1], generation, 'NX')
  generation = redis.call('GET', KEYS[1])
  local held = redis.call('HMGET', KEYS[2], 'readAt', 'freshMs', 'text')
  local age = held[1] and now - held[1] or -1
  local result = { generation, age, held[2] or '0', held[3] or '', 0 }
  if held[1] and age < tonumber(held[2]) then return result end
  if redis.call('SET', KEYS[3], ticket, 'NX', 'PX', ticketMs) then
    result[5] = 1
    return result
  end
  return { generation, -1, '0', '', 0 }
`;

const RELEASE = `
  if redis.call('GET', KEYS[3]) == ARGV[2] then redis.call('DEL', KEYS[3]) end
`;

const KEEP = `
  ${NOW}
  local generation, text, readAt, freshMs, ttl =
    ARGV[1], ARGV[3], now - tonumber(ARGV[4]), ARGV[5], ARGV[6]
  ${RELEASE}
  if redis.call('GET', KEYS[1]) ~= generation then return 0 end
  local held = redis.call('HGET', KEYS[2], 'readAt')
  if held and tonumber(held) > readAt then return 0 end
  redis.call('HSET', KEYS[2], 'readAt', string.format('%.0f', readAt), 'freshMs', freshMs, 'text', text)
  redis.call('PEXPIRE', KEYS[2], ttl)
  return 1
`;

const lookSchema = z.tuple([z.string(), z.number(), z.coerce.number(), z.string(), z.number()]);

export type ToSnapshotKeys = (name: string) => string[];

export function createRedisSnapshots(
  reach: Reach,
  toKeys: ToSnapshotKeys,
): Pick<Replicas, 'look' | 'keep' | 'release'> {
  const run = (script: string, name: string, args: (string | number)[]): Promise<unknown> =>
    reach((client) => client.eval(script, { keys: toKeys(name), arguments: args.map(String) }));

  return {
    async look(name): Promise<SharedLook | undefined> {
      const ticket = randomUUID();
      const answer = await orNothing(run(LOOK, name, [randomUUID(), ticket, TICKET_MS]));
      if (answer === undefined) return undefined;
      const [generation, ageMs, freshMs, text, mayLoad] = lookSchema.parse(answer);
      const held = ageMs < 0 ? null : { text, ageMs, freshMs };
      return { name, held, mayLoad: mayLoad === 1, generation, ticket };
    },
    async keep({ name, generation, ticket }, { text, ageMs, freshMs, ttlMs }) {
      const ttl = Math.max(1, Math.floor(ttlMs));
      const args = [generation, ticket, text, Math.round(ageMs), Math.round(freshMs), ttl];
      await orNothing(run(KEEP, name, args));
    },
    async release({ name, generation, ticket }) {
      await orNothing(run(RELEASE, name, [generation, ticket]));
    },
  };
}

/** Undefined: Redis is out of reach, and the reader can do without. */
async function orNothing<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return undefined;
  }
}
