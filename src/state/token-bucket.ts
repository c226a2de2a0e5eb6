/** How many requests may be made: `burst` at once, and then so many a second. */
export interface TokenLimit {
  burst: number;
  perSecond: number;
  /** What a bucket that nobody knows of holds: its past may have been a busy one. */
  start: number;
  /** Nobody blocks for longer, so that a longer block is the work of a clock that was set. Milliseconds; no bound if left out. */
  longestBlockMs?: number;
}

/** What is left for whom. */
export interface TokenBucket {
  tokens: number;
  /** When it held them, milliseconds. */
  at: number;
  /** Nothing may be taken before, milliseconds of the same clock. */
  blockedUntil: number;
}

/** Takes one token and leaves at least `leave`, or says in how many milliseconds that may be. */
export function takeToken(
  known: TokenBucket | null,
  { burst, perSecond, start, longestBlockMs = Infinity }: TokenLimit,
  { leave, now }: { leave: number; now: number },
): { bucket: TokenBucket; waitMs: number } {
  const { tokens, at, blockedUntil } = known ?? { tokens: start, at: now, blockedUntil: 0 };
  // A clock that was set back fills nothing.
  const filled = Math.min(burst, tokens + (Math.max(0, now - at) * perSecond) / 1_000);
  const missing = 1 + leave - filled;
  // Nor does it make a block last longer.
  const blockedMs = blockedUntil - now > longestBlockMs ? 0 : blockedUntil - now;
  const waitMs = Math.max(0, blockedMs, Math.ceil((missing / perSecond) * 1_000));
  const left = waitMs > 0 ? filled : filled - 1;
  return { bucket: { tokens: left, at: now, blockedUntil: now + blockedMs }, waitMs };
}

/** Buckets by name, as all who share them see them. Rejects with a `StateError` only. */
export interface TokenBuckets {
  /** 0: one was taken. Else the milliseconds until one may be there that leaves `leave` behind. */
  take(name: string, limit: TokenLimit, leave: number): Promise<number>;
  /** Lets nobody take any for so many milliseconds. */
  block(name: string, ms: number): Promise<void>;
}
