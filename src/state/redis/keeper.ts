import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { StateError, type StateKeeper } from '../state-store.ts';
import { NOW, type RedisCalls, scanPages } from './client.ts';

/** Entries per command, which blocks Redis while it runs. */
const SLICE = 100;
/** A longer log is only trimmed: rewriting it each time would cost too much. */
const MAX_REWRITTEN = 10_000;
/** How long an unfinished copy of a log is kept if this process ends. */
const UNFINISHED_MS = 60 * 60 * 1_000;
/** How often to retry if entries are added while the log is copied. */
const MAX_TRIES = 1_000;

/** KEYS: values. Sets the expiry of values that were written without one. */
const LIMIT_VALUES = `
  for _, key in ipairs(KEYS) do
    local ttl = redis.call('PTTL', key)
    if ttl == -1 or ttl > tonumber(ARGV[1]) then redis.call('PEXPIRE', key, ARGV[1]) end
  end
`;

/** KEYS: log. Trims a slice of the entries older than ARGV[1] milliseconds, if there are more than ARGV[3]. */
const CUT = `
  ${NOW}
  local before = '(' .. string.format('%.0f', now - tonumber(ARGV[1])) .. '-0'
  local length = redis.call('XLEN', KEYS[1])
  local old = redis.call('XRANGE', KEYS[1], '-', before, 'COUNT', tonumber(ARGV[2]) + 1)
  if #old == 0 then return { 0, '' } end
  if length <= tonumber(ARGV[3]) then return { -1, before } end
  local count = math.min(#old, tonumber(ARGV[2]))
  local rest = redis.call('XRANGE', KEYS[1], '(' .. old[count][1], '+', 'COUNT', 1)
  redis.call('XTRIM', KEYS[1], 'MINID', rest[1] and rest[1][1] or before)
  return { count, before }
`;

/** How many entries were trimmed, -1 if the caller has to do it, and how many are old. */
const cutSchema = z.tuple([z.number(), z.string()]);

/** KEYS: log, its copy. Replaces the log if ARGV[1] is still its last entry, and it has ARGV[2] entries. */
const REPLACE = `
  local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
  if redis.call('XLEN', KEYS[1]) < tonumber(ARGV[2]) then return -1 end
  if last and last[1] ~= ARGV[1] then return 0 end
  if last and redis.call('XLEN', KEYS[1]) ~= tonumber(ARGV[2]) then return -1 end
  if redis.call('EXISTS', KEYS[2]) == 1 then
    redis.call('PERSIST', KEYS[2])
    redis.call('RENAME', KEYS[2], KEYS[1])
  else redis.call('DEL', KEYS[1]) end
  return 1
`;

interface RedisKeeperOptions {
  /** The prefix of every key. */
  prefix: string;
  toLogKey: (log: string) => string;
  toValueKey: (key: string) => string;
}

const timeOf = (id: string): number => Number(id.split('-', 1)[0]);

interface Entry {
  id: string;
  message: Record<string, string>;
}

export function createRedisKeeper(
  reach: RedisCalls,
  { prefix, toLogKey, toValueKey }: RedisKeeperOptions,
): Omit<StateKeeper, 'forgetShared'> {
  async function readSlice(key: string, after: string | undefined): Promise<Entry[]> {
    const start = after === undefined ? '-' : `(${after}`;
    return (await reach((client) => client.xRange(key, start, '+', { COUNT: SLICE }))) ?? [];
  }

  /**
   * A deleted entry of a stream stays in the memory of Redis and in its dumps as long as entries that were added at
   * about the same time. So a log that loses entries is rewritten.
   */
  async function rewrite(
    key: string,
    edit: (entry: Entry) => string | null,
    onSlice?: (entries: number) => void,
  ): Promise<void> {
    const next = `${prefix}log-rewritten:${randomUUID()}`;
    let seen = 0;
    let after: string | undefined;
    for (let tries = 0; tries < MAX_TRIES;) {
      const entries = await readSlice(key, after);
      const kept = entries.flatMap((entry) => {
        const text = edit(entry);
        return text === null ? [] : [{ id: entry.id, text }];
      });
      if (kept.length > 0) await add(next, kept);
      seen += entries.length;
      after = entries.at(-1)?.id ?? after;
      onSlice?.(entries.length);
      if (entries.length === SLICE) continue;
      tries += 1;
      const replaced = await reach((client) =>
        client.eval(REPLACE, { keys: [key, next], arguments: [after ?? '', String(seen)] }),
      );
      if (replaced === 1) return;
      if (replaced === -1) break;
    }
    await reach((client) => client.del(next));
    throw new StateError('busy', `The log ${key} is being changed by others. Try again.`);
  }

  async function add(key: string, entries: { id: string; text: string }[]): Promise<void> {
    await reach((client) => {
      const all = client.multi();
      entries.forEach(({ id, text }) => all.xAdd(key, id, { entry: text }));
      return all.pExpire(key, UNFINISHED_MS).exec();
    });
  }

  async function* sweepLog(key: string, keptMs: number): AsyncGenerator<number> {
    for (;;) {
      const cut = { keys: [key], arguments: [keptMs, SLICE, MAX_REWRITTEN].map(String) };
      const answer = cutSchema.safeParse(await reach((client) => client.eval(CUT, cut)));
      const [count, before] = answer.data ?? [0, ''];
      if (count === -1) {
        let removed = 0;
        const isOld = ({ id }: Entry) => timeOf(id) < timeOf(before.slice(1));
        await rewrite(key, (entry) => {
          removed += isOld(entry) ? 1 : 0;
          return isOld(entry) ? null : (entry.message.entry ?? '');
        });
        yield removed;
        return;
      }
      yield count;
      if (count < SLICE) return;
    }
  }

  return {
    async *sweep({ keptMs }) {
      // Redis removes expired values by itself.
      if (keptMs === undefined) return;
      for await (const keys of scanPages(reach, prefix)) {
        const values = keys.filter((key) => key.startsWith(toValueKey('')));
        const limit = { keys: values, arguments: [String(keptMs)] };
        if (values.length > 0) await reach((client) => client.eval(LIMIT_VALUES, limit));
        yield 0;
        for (const key of keys.filter((name) => name.startsWith(toLogKey('')))) {
          yield* sweepLog(key, keptMs);
        }
      }
    },
    async *logs(start) {
      const seen = new Set<string>();
      for await (const keys of scanPages(reach, toLogKey(start))) {
        for (const key of keys) {
          if (!seen.has(key)) yield key.slice(toLogKey('').length);
          seen.add(key);
        }
      }
    },
    async editLog(log, edit, onSlice) {
      const key = toLogKey(log);
      if (!(await isChanged(key, edit))) return;
      await rewrite(key, ({ message }) => edit(message.entry ?? ''), onSlice);
    },
    scrub: () => rewriteFiles(reach),
  };

  /** Whether there is anything to edit; otherwise the log is not rewritten. */
  async function isChanged(key: string, edit: (entry: string) => string | null): Promise<boolean> {
    let entries: Entry[];
    let after: string | undefined;
    do {
      entries = await readSlice(key, after);
      if (entries.some(({ message: { entry = '' } }) => edit(entry) !== entry)) return true;
      after = entries.at(-1)?.id;
    } while (entries.length === SLICE);
    return false;
  }
}

const BY_HAND =
  'Redis does not allow this service to rewrite its files. Run BGREWRITEAOF, or BGSAVE if there is no append-only file. Until then, the files still contain the erased data.';

/** The files of Redis contain deleted data until it rewrites them, which it does in the background. */
async function rewriteFiles(reach: RedisCalls): Promise<string[]> {
  try {
    const about = await reach((client) => client.info('persistence'));
    if (about.includes('aof_enabled:1')) {
      await reach((client) => client.bgRewriteAof());
      return [
        'Redis is rewriting its append-only file. Until it has finished, the old file still contains the erased data.',
      ];
    }
    const { save } = await reach((client) => client.configGet('save'));
    if (!save) return [];
    await reach((client) => client.bgSave());
    return [
      'Redis is rewriting its dump. Until it has finished, the old file still contains the erased data.',
    ];
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return [BY_HAND];
  }
}
