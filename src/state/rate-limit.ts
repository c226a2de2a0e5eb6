import { z } from 'zod';
import { FORGET_UNLESS, NOW, type RedisCalls } from './redis/client.ts';
import { StateError, type StateStore, createLocks } from './state-store.ts';

/** The clock of a process for durations, in whole milliseconds. Corrections of the machine's clock do not affect it. */
export function monotonicMs(): number {
  return Math.floor(performance.now());
}

/** A token bucket: `burst` requests at once, then `perSecond`. */
export interface TokenLimit {
  burst: number;
  perSecond: number;
  /** The tokens of an unknown bucket, which may have been in use before. */
  start: number;
  /** Milliseconds. No provider asks for a longer pause: a longer block comes from a changed clock, and is ignored. */
  maxBlockMs: number;
}

export interface TokenBucket {
  tokens: number;
  /** When it had these tokens, milliseconds. */
  at: number;
  /** No token may be taken before, milliseconds of the same clock. */
  blockedUntil: number;
}

/** The tokens that can be taken at once. 0 while the bucket is blocked. */
export function freeTokens(
  known: TokenBucket | null,
  { burst, perSecond, start, maxBlockMs }: TokenLimit,
  now: number,
): number {
  const { tokens, at, blockedUntil } = known ?? { tokens: start, at: now, blockedUntil: 0 };
  const blockedMs = blockedUntil - now;
  if (blockedMs > 0 && blockedMs <= maxBlockMs) return 0;
  return Math.min(burst, tokens + (Math.max(0, now - at) * perSecond) / 1_000);
}

/**
 * Takes one token if at least `leave` remain, else returns the milliseconds until that is possible, with the same bucket
 * as long as it is right: many callers may wait, and each of their tries would be written to the disk.
 */
export function takeToken(
  known: TokenBucket | null,
  { burst, perSecond, start, maxBlockMs }: TokenLimit,
  { leave, now }: { leave: number; now: number },
): { bucket: TokenBucket; waitMs: number } {
  const { tokens, at, blockedUntil } = known ?? { tokens: start, at: now, blockedUntil: 0 };
  // A clock that was set back adds no tokens.
  const filled = Math.min(burst, tokens + (Math.max(0, now - at) * perSecond) / 1_000);
  const missing = 1 + leave - filled;
  // Nor does it prolong a block.
  const blockedMs = blockedUntil - now > maxBlockMs ? 0 : blockedUntil - now;
  // A bucket that never fills gives what it has.
  const fillMs = missing > 0 ? Math.ceil((missing / perSecond) * 1_000) : 0;
  const waitMs = Math.max(0, blockedMs, fillMs);
  const isRight = at <= now && blockedMs === blockedUntil - now;
  if (waitMs > 0 && known && isRight) return { bucket: known, waitMs };
  const left = waitMs > 0 ? filled : filled - 1;
  return { bucket: { tokens: left, at: now, blockedUntil: now + blockedMs }, waitMs };
}

/** Shared buckets by name. Rejects with a `StateError` only. */
export interface TokenBuckets {
  /** Resolves to 0 if a token was taken and `leave` remain, else to the milliseconds until that is possible. */
  take(name: string, limit: TokenLimit, leave: number): Promise<number>;
  /** Makes every `take` wait for this time. */
  block(name: string, ms: number): Promise<void>;
  /** The tokens that could be taken at once. Changes nothing. */
  free(name: string, limit: TokenLimit): Promise<number>;
}

/** The rate limit of a provider: at most `requests` within any period of `windowMs`. */
export interface RequestWindow {
  readonly requests: number;
  readonly windowMs: number;
}

/**
 * The limit of a single process: 11/12 of the window. A bucket lets burst + rate * time through. These shares add up to
 * less than the whole window even in the worst case, because requests may arrive a second late, and others may use the
 * same API key.
 */
function wholeShare({ requests, windowMs }: RequestWindow): TokenLimit {
  return toLimit(requests / 4, (requests * 2) / 3 / windowMs, windowMs);
}

/**
 * The limit of all replicas together: 7/12. The rest is for replicas that are cut off at the same time, and for the
 * moment after the shared bucket was lost.
 */
function sharedShare({ requests, windowMs }: RequestWindow): TokenLimit {
  const limit = toLimit(requests * 0.13, (requests * 0.45) / windowMs, windowMs);
  // No requests are gained when Redis loses its data.
  return { ...limit, start: 0 };
}

/**
 * The limit of one replica that is cut off from the others: 1/3 for all of them together if all but one are. None if
 * that is less than one request each.
 */
function ownShare({ requests, windowMs }: RequestWindow, replicas: number): TokenLimit {
  const share = requests / 3 / Math.max(1, replicas - 1);
  const burst = Math.max(1, Math.floor(share / 5));
  const limit = toLimit(burst, (share - burst) / windowMs, windowMs);
  if (share < 1) return { ...limit, burst: 0, perSecond: 0, start: 0 };
  // They may all be cut off at the same moment: ten requests together.
  return { ...limit, start: Math.min(1, 10 / replicas) };
}

/** The tokens that queries leave to mutations. */
function reserveOf(burst: number): number {
  return burst > 1 ? Math.max(1, Math.floor(burst / 4)) : 0;
}

/** A provider asks for a pause of at most one window. Half a window is for the differences between clocks. */
const MAX_BLOCK_WINDOWS = 1.5;

function toLimit(size: number, perMs: number, windowMs: number): TokenLimit {
  const burst = Math.max(1, Math.floor(size));
  return {
    burst,
    perSecond: perMs * 1_000,
    // Enough for one query.
    start: reserveOf(burst) + 1,
    maxBlockMs: windowMs * MAX_BLOCK_WINDOWS,
  };
}

interface Clocks {
  /** Monotonic milliseconds, so that a clock that is set forward adds no tokens. */
  now: () => number;
  /** Epoch milliseconds, which still have a meaning in the next process. */
  wallTime: () => number;
}

/** The buckets of one process, stored so that a restart does not fill them. */
export function createStoredBuckets(
  store: Pick<StateStore, 'get' | 'compareAndSet'>,
  { now, wallTime }: Clocks,
): TokenBuckets {
  const toKey = (name: string) => `bucket/${name}`;
  /** What this process wrote last, with times of `now`. */
  const written = new Map<string, { text: string; bucket: TokenBucket }>();

  function read(name: string, text: string | null): TokenBucket | null {
    if (text === null) return null;
    const own = written.get(name);
    if (own?.text === text) return own.bucket;
    const stored = parse(text);
    return stored && shift(stored, now() - wallTime());
  }

  /** One at a time: those at the same moment would make each other try again. */
  const turns = createLocks();

  async function change<T>(
    name: string,
    toNext: (known: TokenBucket | null) => { bucket: TokenBucket; answer: T },
  ): Promise<T> {
    for (;;) {
      const expected = await store.get(toKey(name));
      const known = read(name, expected);
      const { bucket, answer } = toNext(known);
      if (bucket === known) return answer;
      const { tokens, at, blockedUntil } = shift(bucket, wallTime() - now());
      const value = JSON.stringify([tokens, at, blockedUntil]);
      if (!(await store.compareAndSet(toKey(name), { expected, value }))) continue;
      written.set(name, { text: value, bucket });
      return answer;
    }
  }

  return {
    take: (name, limit, leave) =>
      turns.withLock(name, () =>
        change(name, (known) => {
          const { bucket, waitMs } = takeToken(known, limit, { leave, now: now() });
          return { bucket, answer: waitMs };
        }),
      ),
    block: (name, ms) =>
      turns.withLock(name, () =>
        change(name, (known) => {
          const { tokens, at, blockedUntil } = known ?? { tokens: 0, at: now(), blockedUntil: 0 };
          const bucket = { tokens, at, blockedUntil: Math.max(blockedUntil, now() + ms) };
          return { bucket, answer: undefined };
        }),
      ),
    free: async (name, limit) => freeTokens(read(name, await store.get(toKey(name))), limit, now()),
  };
}

/** The same bucket by another clock, which is `byMs` ahead. */
function shift({ tokens, at, blockedUntil }: TokenBucket, byMs: number): TokenBucket {
  return { tokens, at: at + byMs, blockedUntil: blockedUntil + byMs };
}

/** Larger numbers are not exact to the millisecond. */
const MAX_NUMBER = 1e16;
const numberSchema = z.number().gt(-MAX_NUMBER).lt(MAX_NUMBER);
const bucketSchema = z.tuple([numberSchema.nonnegative(), numberSchema, numberSchema], z.unknown());

/** Null: it cannot be read, and is replaced. */
function parse(text: string): TokenBucket | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const { data } = bucketSchema.safeParse(json);
  return data ? { tokens: data[0], at: data[1], blockedUntil: data[2] } : null;
}

interface RequestBudgetOptions {
  /** Budgets of the same name share one bucket. */
  name: string;
  window: RequestWindow;
  buckets: TokenBuckets;
  /** Whether other processes take from the same buckets. */
  isShared: boolean;
  /** How many processes there are. */
  replicas: number;
  /** Milliseconds that never go back. */
  now: () => number;
}

/**
 * The requests to one provider, counted in buckets that all its callers share. While these cannot be reached, this
 * process takes from a share of its own. Never rejects.
 */
export function createRequestBudget(options: RequestBudgetOptions) {
  const { name, window, buckets, isShared, replicas, now } = options;
  const limit = isShared ? sharedShare(window) : wholeShare(window);
  const ownLimit = ownShare(window, replicas);
  let own: TokenBucket | null = null;
  let ownUntil = -Infinity;

  function takeOwn(isQuery: boolean): number {
    const taken = takeToken(own, ownLimit, {
      leave: isQuery ? reserveOf(ownLimit.burst) : 0,
      now: now(),
    });
    own = taken.bucket;
    return Math.min(taken.waitMs, window.windowMs);
  }

  return {
    async take(isQuery: boolean): Promise<number> {
      // Switching back within one window would use both shares.
      if (now() < ownUntil) return takeOwn(isQuery);
      try {
        return await buckets.take(name, limit, isQuery ? reserveOf(limit.burst) : 0);
      } catch (error) {
        if (!(error instanceof StateError)) throw error;
        ownUntil = now() + window.windowMs;
        return takeOwn(isQuery);
      }
    },
    async block(ms: number): Promise<void> {
      try {
        await buckets.block(name, ms);
      } catch (error) {
        // The caller waits by itself; the other processes will be told by the provider.
        if (!(error instanceof StateError)) throw error;
      }
    },
    /** How much of the requests that may be sent at once is free, 0 to 1. Null if the buckets cannot be reached. */
    async freeShare(): Promise<number | null> {
      if (now() < ownUntil) return null;
      try {
        return Math.max(0, await buckets.free(name, limit)) / limit.burst;
      } catch (error) {
        if (!(error instanceof StateError)) throw error;
        return null;
      }
    },
  };
}

/** `toNumber(text)`: nil unless it is a number within `MAX_NUMBER`. */
const TO_NUMBER = `
  local function toNumber(text)
    local number = tonumber(text or '')
    if number and math.abs(number) < 1e16 then return number end
    return nil
  end
`;

/** `takeToken` by the clock of Redis. Fractions are stored as text. */
const TAKE = `
  local burst, perSecond, start, leave, maxBlockMs = tonumber(ARGV[1]), tonumber(ARGV[2]),
    tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
  ${NOW}
  ${FORGET_UNLESS}
  ${TO_NUMBER}
  forgetUnless(KEYS[1], 'hash')
  local known = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'blockedUntil')
  local tokens, at = toNumber(known[1]), toNumber(known[2])
  local isRight = true
  if not tokens or not at or tokens < 0 then tokens, at, isRight = start, now, false end
  local blockedMs = (toNumber(known[3]) or 0) - now
  if blockedMs > maxBlockMs then blockedMs, isRight = 0, false end
  local filled = math.min(burst, tokens + math.max(0, now - at) * perSecond / 1000)
  local missing = 1 + leave - filled
  local waitMs = math.max(0, blockedMs, math.ceil(missing / perSecond * 1000))
  if waitMs > 0 and isRight and at <= now then return waitMs end
  if waitMs == 0 then filled = filled - 1 end
  redis.call('HSET', KEYS[1], 'tokens', tostring(filled), 'at', string.format('%.0f', now),
    'blockedUntil', string.format('%.0f', now + blockedMs))
  return waitMs
`;

/** `freeTokens` by the clock of Redis. */
const FREE = `
  local burst, perSecond, start, maxBlockMs = tonumber(ARGV[1]), tonumber(ARGV[2]),
    tonumber(ARGV[3]), tonumber(ARGV[4])
  ${NOW}
  ${TO_NUMBER}
  if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then return tostring(start) end
  local known = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'blockedUntil')
  local tokens, at = toNumber(known[1]), toNumber(known[2])
  if not tokens or not at or tokens < 0 then tokens, at = start, now end
  local blockedMs = (toNumber(known[3]) or 0) - now
  if blockedMs > 0 and blockedMs <= maxBlockMs then return '0' end
  return tostring(math.min(burst, tokens + math.max(0, now - at) * perSecond / 1000))
`;

const BLOCK = `
  ${NOW}
  local untilMs = now + tonumber(ARGV[1])
  ${FORGET_UNLESS}
  ${TO_NUMBER}
  forgetUnless(KEYS[1], 'hash')
  local known = toNumber(redis.call('HGET', KEYS[1], 'blockedUntil')) or 0
  redis.call('HSET', KEYS[1], 'blockedUntil', string.format('%.0f', math.max(known, untilMs)))
  return 1
`;

/** Buckets in Redis, which all replicas share. */
export function createRedisBuckets(
  reach: RedisCalls,
  toKey: (name: string) => string,
): TokenBuckets {
  return {
    async take(name, { burst, perSecond, start, maxBlockMs }, leave) {
      const args = [burst, perSecond, start, leave, maxBlockMs].map(String);
      const waitMs = await reach((client) =>
        client.eval(TAKE, { keys: [toKey(name)], arguments: args }),
      );
      return Number(waitMs);
    },
    async block(name, ms) {
      const args = [String(Math.ceil(ms))];
      await reach((client) => client.eval(BLOCK, { keys: [toKey(name)], arguments: args }));
    },
    async free(name, { burst, perSecond, start, maxBlockMs }) {
      const args = [burst, perSecond, start, maxBlockMs].map(String);
      const free = await reach((client) =>
        client.eval(FREE, { keys: [toKey(name)], arguments: args }),
      );
      return Number(free);
    },
  };
}
