import type { Reach } from './redis-reach.ts';
import type { Replication } from './redis-replication.ts';
import type { StateStore } from './state-store.ts';

/** Flags tell what is absent: every string, the empty one too, is a value. */
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

export type Values = Pick<StateStore, 'get' | 'set' | 'compareAndSet' | 'keys'>;

/** How many keys Redis looks at for one answer of a scan. */
const SCANNED_AT_ONCE = 1_000;

/** `keptMs`: how long anything is kept at most; for ever if undefined. */
export function createRedisValues(
  reach: Reach,
  {
    toKey,
    replication,
    keptMs,
  }: {
    toKey: (key: string) => string;
    replication: Replication;
    keptMs: number | undefined;
  },
): Values {
  const toTtl = (ttlMs = Infinity): number | undefined => {
    const ttl = Math.min(ttlMs, keptMs ?? Infinity);
    return ttl === Infinity ? undefined : whole(ttl);
  };
  return {
    get: (key) => reach((client) => client.get(toKey(key))),

    async set(key, value, { ttlMs } = {}) {
      const ttl = toTtl(ttlMs);
      await reach(async (client) => {
        if (value === null) await client.del(toKey(key));
        else if (ttl === undefined) await client.set(toKey(key), value);
        else await client.set(toKey(key), value, { expiration: { type: 'PX', value: ttl } });
      });
    },

    async *keys(prefix) {
      const seen = new Set<string>();
      let cursor = '0';
      do {
        const options = { MATCH: `${escapeGlob(toKey(prefix))}*`, COUNT: SCANNED_AT_ONCE };
        const page = await reach((client) => client.scan(cursor, options));
        cursor = page.cursor;
        for (const key of page.keys) {
          // A scan may show a key twice.
          if (!seen.has(key)) yield key.slice(toKey('').length);
          seen.add(key);
        }
      } while (cursor !== '0');
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

const escapeGlob = (text: string) => text.replace(/[\\*?[\]]/g, '\\$&');

const toOptional = (text: string | null) => (text === null ? ['0', ''] : ['1', text]);

/** Redis takes whole milliseconds only, and no 0. */
const whole = (ms: number) => Math.max(1, Math.ceil(ms));
