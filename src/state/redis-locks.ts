import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reach } from './redis-reach.ts';
import type { Replication } from './redis-replication.ts';
import { StateError } from './state-store.ts';
import type { StateStore } from './state-store.ts';
import { busy, createTimedLocks } from './timed-locks.ts';

/** Between two attempts, in ms: half of it at least, so that waiting replicas do not ask together. */
const POLL_MS = 50;

/** Redis may have let the lock fall, and another holder have taken it. */
const RELEASE = `
  if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
  return 0
`;

/** It lasts as long again, which is also a write that can be confirmed. */
const HOLD = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`;

interface Lock {
  key: string;
  token: string;
  ttlMs: number;
}

/** `now`: ms that never go back. */
export function createRedisLocks(
  reach: Reach,
  {
    toKey,
    now,
    replication,
  }: { toKey: (key: string) => string; now: () => number; replication: Replication },
): Pick<StateStore, 'withLock'> {
  // Within a process the holders queue up, so that each replica polls once per key.
  const queue = createTimedLocks();

  async function take(lock: Lock, deadline: number): Promise<void> {
    while (!(await tryToTake(lock))) {
      const left = deadline - now();
      if (left <= 0) throw busy();
      await sleep(Math.min(left, POLL_MS * (0.5 + Math.random() / 2)));
    }
  }

  async function tryToTake({ key, token, ttlMs }: Lock): Promise<boolean> {
    const answer = await reach((client) =>
      client.set(key, token, { condition: 'NX', expiration: { type: 'PX', value: ttlMs } }),
    );
    return answer === 'OK';
  }

  async function secure({ key, token, ttlMs }: Lock): Promise<void> {
    const moment = replication.moment();
    const isHeld = await reach((client) =>
      client.eval(HOLD, { keys: [key], arguments: [token, String(ttlMs)] }),
    );
    if (isHeld !== 1) throw new StateError('unavailable', 'Redis has lost the lock');
    await replication.confirm(moment);
  }

  /**
   * Nobody waits for this: whatever this process asks next, Redis hears after it. What cannot be
   * released falls by itself after `ttlMs`.
   */
  function release({ key, token }: Lock): void {
    reach((client) => client.eval(RELEASE, { keys: [key], arguments: [token] })).catch(
      () => undefined,
    );
  }

  return {
    async withLock(key, { waitMs, ttlMs }, work) {
      const deadline = now() + waitMs;
      return queue.withLock(key, waitMs, async () => {
        const lock = { key: toKey(key), token: randomUUID(), ttlMs: Math.ceil(ttlMs) };
        try {
          await take(lock, deadline);
          return await work({ secure: () => secure(lock) });
        } finally {
          // Also when taking it failed: without an answer, Redis may have given it.
          release(lock);
        }
      });
    },
  };
}
