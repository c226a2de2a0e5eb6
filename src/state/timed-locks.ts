import { createLocks } from './locks.ts';
import { StateError } from './state-store.ts';

export interface TimedLocks {
  /** Rejects with a `StateError` of kind `busy` after `waitMs`, and then never runs `work`. */
  withLock<T>(key: string, waitMs: number, work: () => Promise<T>): Promise<T>;
}

/** Locks of this process only, with a limit to the wait for them. */
export function createTimedLocks(): TimedLocks {
  const locks = createLocks();

  async function withLock<T>(key: string, waitMs: number, work: () => Promise<T>): Promise<T> {
    const tooLate = Promise.withResolvers<never>();
    let gaveUp = false;
    const timer = setTimeout(() => {
      gaveUp = true;
      tooLate.reject(busy());
    }, waitMs);
    const turn = locks.withLock(key, async () => {
      if (gaveUp) throw busy();
      clearTimeout(timer);
      return work();
    });
    return Promise.race([turn, tooLate.promise]);
  }

  return { withLock };
}

export function busy(): StateError {
  return new StateError('busy', 'Another holder kept the lock for too long');
}
