import { z } from 'zod';
import {
  KEYS_AT_ONCE,
  LISTED,
  type LogEntry,
  PAGE_CHARACTERS,
  type StateStore,
  endOfRange,
  inPages,
  nextText,
} from '../state-store.ts';
import { FORGET_UNLESS, type RedisCalls, scanPages } from './client.ts';
import type { Replication } from './replication.ts';

/** Flags mark what is absent, because every string is a valid value, also the empty one. */
const COMPARE_AND_SET = `
  local hasExpected, expected, hasValue, value, ttl = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
  local current = redis.call('GET', KEYS[1])
  if hasExpected == '1' then
    if current ~= expected then return 0 end
  elseif current then
    return 0
  end
  if hasValue == '0' then redis.call('DEL', KEYS[1])
  elseif ttl == '' then redis.call('SET', KEYS[1], value)
  else redis.call('SET', KEYS[1], value, 'PX', ttl) end
  return 1
`;

/** KEYS: the value, the list. In one step: a listing in between would remove the key from the list. */
const SET_LISTED = `
  ${FORGET_UNLESS}
  forgetUnless(KEYS[2], 'zset')
  if ARGV[3] == '' then redis.call('SET', KEYS[1], ARGV[1])
  else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3]) end
  redis.call('ZADD', KEYS[2], 0, ARGV[2])
`;

/** KEYS: the list, then values. Returns the keys ARGV that still exist, and removes the others from the list. */
const STILL_THERE = `
  local there = {}
  for index, name in ipairs(ARGV) do
    if redis.call('EXISTS', KEYS[index + 1]) == 1 then table.insert(there, name)
    else redis.call('ZREM', KEYS[1], name) end
  end
  return there
`;
const namesSchema = z.array(z.string());

export type Values = Pick<StateStore, 'get' | 'set' | 'compareAndSet' | 'keys'>;

/** `keptMs`: how long values are kept; for ever if undefined. */
export function createRedisValues(
  reach: RedisCalls,
  {
    toKey,
    listKey,
    replication,
    keptMs,
  }: {
    toKey: (key: string) => string;
    /** The sorted list of the keys that are listed often. */
    listKey: string;
    replication: Replication;
    keptMs: number | undefined;
  },
): Values {
  const toTtl = (ttlMs = Infinity): number | undefined => {
    const ttl = Math.min(ttlMs, keptMs ?? Infinity);
    return ttl === Infinity ? undefined : whole(ttl);
  };
  /** Whether the keys of earlier versions, which had no list, are in it by now. */
  let isWhole = false;

  async function* scan(prefix: string): AsyncGenerator<string> {
    const seen = new Set<string>();
    for await (const page of scanPages(reach, toKey(prefix))) {
      for (const key of page) {
        // A scan may return a key twice.
        if (!seen.has(key)) yield key.slice(toKey('').length);
        seen.add(key);
      }
    }
  }

  function readList(prefix: string, from: string): Promise<string[]> {
    const end = endOfRange(prefix);
    const LIMIT = { offset: 0, count: KEYS_AT_ONCE };
    return reach((client) =>
      client.zRange(listKey, `[${from}`, end === undefined ? '+' : `(${end}`, { BY: 'LEX', LIMIT }),
    );
  }

  async function stillThere(names: readonly string[]): Promise<string[]> {
    if (names.length === 0) return [];
    const keys = [listKey, ...names.map(toKey)];
    const there = await reach((client) =>
      client.eval(STILL_THERE, { keys, arguments: [...names] }),
    );
    return namesSchema.parse(there);
  }

  return {
    get: (key) => reach((client) => client.get(toKey(key))),

    async set(key, value, { ttlMs } = {}) {
      const ttl = toTtl(ttlMs);
      const options = ttl === undefined ? {} : { expiration: { type: 'PX', value: ttl } as const };
      await reach(async (client) => {
        if (value === null) await client.del(toKey(key));
        else if (!key.startsWith(LISTED)) await client.set(toKey(key), value, options);
        else {
          const keys = [toKey(key), listKey];
          await client.eval(SET_LISTED, { keys, arguments: [value, key, String(ttl ?? '')] });
        }
      });
    },

    async *keys(prefix) {
      if (!prefix.startsWith(LISTED)) {
        yield* scan(prefix);
        return;
      }
      if (!isWhole) {
        for await (const key of scan(LISTED)) {
          await reach((client) => client.zAdd(listKey, { score: 0, value: key }));
        }
        isWhole = true;
      }
      let names: string[] = [];
      do {
        const last = names.at(-1);
        names = await readList(prefix, last === undefined ? prefix : nextText(last));
        yield* await stillThere(names);
      } while (names.length === KEYS_AT_ONCE);
    },

    async compareAndSet(key, { expected, value, ttlMs, isSecured }) {
      const moment = replication.moment();
      const answer = await reach((client) =>
        client.eval(COMPARE_AND_SET, {
          keys: [toKey(key)],
          arguments: [...toOptional(expected), ...toOptional(value), String(toTtl(ttlMs) ?? '')],
        }),
      );
      const isChanged = answer === 1;
      if (isChanged && isSecured) await replication.confirm(moment);
      return isChanged;
    },
  };
}

const toOptional = (text: string | null) => (text === null ? ['0', ''] : ['1', text]);

/** Redis takes whole milliseconds only, at least 1. */
const whole = (ms: number) => Math.max(1, Math.ceil(ms));

const PAGE = 100;
/** The first page, before the length of the entries is known. */
const FEW = 5;
/** Other texts are not positions of this store: no entry is older. */
const POSITION = /^[1-9]\d{0,15}-\d{1,16}$/;

/**
 * With ARGV[1] set, the first key is deleted, and nothing is appended unless it was set. The other keys are logs, with
 * their entries in the arguments at the same index. Fails before anything is written, or not at all. A further log whose
 * key has another type is skipped.
 */
const APPEND = `
  local first = 1
  if ARGV[1] == '1' then
    if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
    first = 2
  end
  redis.call('XADD', KEYS[first], '*', 'entry', ARGV[first + 1])
  if first == 2 then redis.call('DEL', KEYS[1]) end
  for index = first + 1, #KEYS do
    local kind = redis.call('TYPE', KEYS[index]).ok
    if kind == 'stream' or kind == 'none' then
      redis.call('XADD', KEYS[index], '*', 'entry', ARGV[index + 1])
    end
  end
  return 1
`;

export type Logs = Pick<StateStore, 'append' | 'readBackward' | 'readForward'>;

/** Each log is a stream, and each entry has one field. */
export function createRedisLogs(
  reach: RedisCalls,
  { toKey, toValueKey }: Record<'toKey' | 'toValueKey', (name: string) => string>,
): Logs {
  return {
    async append(logs, entry, { closing, ownEntries } = {}) {
      const distinct = [...new Set(logs)];
      if (distinct.length === 0) return;
      const streams = distinct.map(toKey);
      const entries = distinct.map((log) => ownEntries?.get(log) ?? entry);
      await reach((client) =>
        client.eval(
          APPEND,
          closing === undefined
            ? { keys: streams, arguments: ['0', ...entries] }
            : { keys: [toValueKey(closing), ...streams], arguments: ['1', '', ...entries] },
        ),
      );
    },

    async readBackward(log, { before, limit }) {
      if (before !== undefined && !POSITION.test(before)) return [];
      const entries: LogEntry[] = [];
      let characters = 0;
      for (let count = Math.min(limit, FEW); count > 0;) {
        const last = entries.at(-1)?.position ?? before;
        const end = last === undefined ? '+' : `(${last}`;
        const page = await reach((client) =>
          client.xRevRange(toKey(log), end, '-', { COUNT: count }),
        );
        const read = toLogEntries(page);
        entries.push(...read);
        characters += read.reduce((sum, { entry }) => sum + entry.length, 0);
        const isLast = read.length < count || characters >= PAGE_CHARACTERS;
        // As many as fit if they are as long as these.
        const more = Math.floor(((PAGE_CHARACTERS - characters) * entries.length) / characters);
        count = isLast ? 0 : Math.min(limit - entries.length, Math.max(FEW, more));
      }
      return entries;
    },

    readForward: (log) =>
      inPages(PAGE, async (after) => {
        const start = after === undefined ? '-' : `(${after}`;
        return toLogEntries(
          await reach((client) => client.xRange(toKey(log), start, '+', { COUNT: PAGE })),
        );
      }),
  };
}

function toLogEntries(
  entries: { id: string; message: Record<string, string> }[] | null,
): LogEntry[] {
  return (entries ?? []).map(({ id, message }) => ({ position: id, entry: message.entry ?? '' }));
}
