export interface Locks {
  /** Runs `work` once every earlier holder of the same key has ended, whatever its outcome. */
  withLock<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** Locks of this process only. */
export function createLocks(): Locks {
  const tails = new Map<string, Promise<unknown>>();

  async function withLock<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = tails.get(key) ?? Promise.resolve();
    const run = before.then(work);
    const tail = run.then(
      () => undefined,
      () => undefined,
    );
    tails.set(key, tail);
    try {
      return await run;
    } finally {
      if (tails.get(key) === tail) tails.delete(key);
    }
  }

  return { withLock };
}
