import type { StateStore } from './state-store.ts';
import { takeToken } from './token-bucket.ts';
import type { TokenBucket, TokenBuckets } from './token-bucket.ts';

/** Buckets of one process, kept in its store so that a restart does not fill them. `now`: epoch milliseconds. */
export function createStoredBuckets(
  store: Pick<StateStore, 'get' | 'compareAndSet'>,
  now: () => number,
): TokenBuckets {
  const toKey = (name: string) => `bucket/${name}`;

  async function change<T>(
    name: string,
    toNext: (known: TokenBucket | null) => { bucket: TokenBucket; answer: T },
  ): Promise<T> {
    for (;;) {
      const expected = await store.get(toKey(name));
      const { bucket, answer } = toNext(expected === null ? null : parse(expected));
      const value = JSON.stringify([bucket.tokens, bucket.at, bucket.blockedUntil]);
      if (await store.compareAndSet(toKey(name), { expected, value })) return answer;
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
        const blockedUntil = Math.max(known?.blockedUntil ?? 0, now() + ms);
        const bucket = { tokens: 0, at: now(), ...known, blockedUntil };
        return { bucket, answer: undefined };
      }),
  };
}

function parse(text: string): TokenBucket {
  const [tokens = 0, at = 0, blockedUntil = 0] = JSON.parse(text) as number[];
  return { tokens, at, blockedUntil };
}
