import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { NOW } from './redis-clock.ts';
import type { Reach } from './redis-reach.ts';
import { StateError } from './state-store.ts';

/**
 * KEYS: generation, leases, since. What was kept under the old generation is nothing any more. Answers with how long leases may be out that Redis has lost,
 * and with the replicas that hold one.
 */
const FORGET = `
  redis.call('SET', KEYS[1], ARGV[1])
  ${NOW}
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
  redis.call('PUBLISH', ARGV[2], ARGV[3])
  local age = now - tonumber(redis.call('GET', KEYS[3]) or now)
  local unsureMs = age < 0 and ARGV[4] or math.max(0, tonumber(ARGV[4]) - age)
  return { string.format('%.0f', unsureMs), unpack(redis.call('ZRANGE', KEYS[2], 0, -1)) }
`;

export interface Forgetting {
  /** Resolves once no replica shows what the name was, or could not be told. Never rejects. */
  forget(name: string): Promise<void>;
  /** Another replica has heard of the message of this id. */
  onHeard(id: string, by: string): void;
  /** Whether the others still hold what they should forget. */
  isUntold(name: string): boolean;
  /** Tells the others what they could not be told. */
  makeUp(): void;
}

export interface ForgettingOptions {
  own: string;
  reach: Reach;
  /** Generation, leases, since. */
  toKeys: (name: string) => string[];
  /** Where all replicas listen. */
  channel: string;
  leaseMs: number;
}

/** Tells all replicas of a change, and waits until each of them has heard, or its lease has run out. */
export function createForgetting(options: ForgettingOptions): Forgetting {
  const { own, reach, toKeys, channel, leaseMs } = options;
  const waiting = new Map<string, (by: string) => void>();
  const untold = new Set<string>();

  async function tell(id: string, name: string): Promise<{ unsureMs: number; holders: string[] }> {
    const args = [randomUUID(), channel, `${own} ${id} ${name}`, String(leaseMs)];
    const answer = await reach((client) =>
      client.eval(FORGET, { keys: toKeys(name), arguments: args }),
    );
    const [unsureMs, ...holders] = Array.isArray(answer) ? answer.map(String) : [];
    return { unsureMs: Number(unsureMs ?? leaseMs), holders };
  }

  async function forget(name: string): Promise<void> {
    untold.delete(name);
    const id: string = randomUUID();
    const heardBy = new Set<string>([own]);
    const all = Promise.withResolvers<undefined>();
    let awaited: string[] | undefined;
    const check = (): void => {
      if (awaited?.every((holder) => heardBy.has(holder))) all.resolve(undefined);
    };
    waiting.set(id, (by) => {
      heardBy.add(by);
      check();
    });
    const patience = new AbortController();
    const wait = (ms: number): Promise<unknown> =>
      pause(ms, undefined, { signal: patience.signal, ref: false }).catch(() => undefined);
    try {
      const { unsureMs, holders } = await tell(id, name);
      awaited = holders;
      check();
      await Promise.all([wait(unsureMs), Promise.race([all.promise, wait(leaseMs)])]);
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      untold.add(name);
    } finally {
      patience.abort();
      waiting.delete(id);
    }
  }

  return {
    forget,
    onHeard: (id, by) => waiting.get(id)?.(by),
    isUntold: (name) => untold.has(name),
    makeUp: () => [...untold].forEach((name) => void forget(name)),
  };
}
