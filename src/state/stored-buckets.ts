import { z } from 'zod';
import type { StateStore } from './state-store.ts';
import { takeToken } from './token-bucket.ts';
import type { TokenBucket, TokenBuckets } from './token-bucket.ts';

interface Clocks {
  /** Monotonic milliseconds. A machine's clock that is set forward must fill no bucket. */
  now: () => number;
  /** Epoch milliseconds. They alone mean the same to the next process. */
  wallTime: () => number;
}

/** Buckets of one process, kept in its store so that a restart does not fill them. */
export function createStoredBuckets(
  store: Pick<StateStore, 'get' | 'compareAndSet'>,
  { now, wallTime }: Clocks,
): TokenBuckets {
  const toKey = (name: string) => `bucket/${name}`;
  /** What this process wrote last, with its times by `now`. */
  const written = new Map<string, { text: string; bucket: TokenBucket }>();

  function read(name: string, text: string | null): TokenBucket | null {
    if (text === null) return null;
    const own = written.get(name);
    if (own?.text === text) return own.bucket;
    const stored = parse(text);
    return stored && shift(stored, now() - wallTime());
  }

  async function change<T>(
    name: string,
    toNext: (known: TokenBucket | null) => { bucket: TokenBucket; answer: T },
  ): Promise<T> {
    for (;;) {
      const expected = await store.get(toKey(name));
      const { bucket, answer } = toNext(read(name, expected));
      const { tokens, at, blockedUntil } = shift(bucket, wallTime() - now());
      const value = JSON.stringify([tokens, at, blockedUntil]);
      if (!(await store.compareAndSet(toKey(name), { expected, value }))) continue;
      written.set(name, { text: value, bucket });
      return answer;
    }
  }

  return {
    take: (name, limit, leave) =>
      change(name, (known) => {
        const { bucket, waitMs } = takeToken(known, limit, { leave, now: now() });
        return { bucket, answer: waitMs };
      }),
    block: (name, ms) =>
      change(name, (known) => {
        const { tokens, at, blockedUntil } = known ?? { tokens: 0, at: now(), blockedUntil: 0 };
        const bucket = { tokens, at, blockedUntil: Math.max(blockedUntil, now() + ms) };
        return { bucket, answer: undefined };
      }),
  };
}

/** The same bucket by another clock, that is so many milliseconds ahead. */
function shift({ tokens, at, blockedUntil }: TokenBucket, byMs: number): TokenBucket {
  return { tokens, at: at + byMs, blockedUntil: blockedUntil + byMs };
}

const bucketSchema = z.tuple([z.number().nonnegative(), z.number(), z.number()], z.unknown());

/** Null: it cannot be read, and the next one replaces it. */
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
