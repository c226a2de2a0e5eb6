import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { StateError } from '../../state/state-store.ts';
import type { StateStore } from '../../state/state-store.ts';
import { storedOutcomeSchema } from './stored-outcome.ts';
import type { StoredOutcome } from './stored-outcome.ts';

/** What is needed to find out later whether a write took effect. */
const attemptSchema = z.object({
  provider: z.string(),
  badgeId: z.string().nullable(),
  body: z.record(z.string(), z.unknown()),
  changes: storedOutcomeSchema.shape.changes,
  hiddenValues: z.record(z.string(), z.unknown()).nullable(),
});
export type StoredAttempt = z.output<typeof attemptSchema>;

const recordSchema = z.object({
  inputHash: z.string(),
  /** The process that took the key. */
  owner: z.string(),
  /** Set before the first byte leaves. */
  attempt: attemptSchema.nullable(),
  /** Set once the outcome is known, or known to be unknown. */
  outcome: storedOutcomeSchema.nullable(),
});
type KeyRecord = z.output<typeof recordSchema>;

/** A key that this call holds. */
export interface HeldKey {
  /** Before the first byte leaves. Rejects with a `StateError`, also when somebody has taken the key over. */
  markSending(attempt: StoredAttempt): Promise<void>;
  /** Null: nothing was applied, and the key is free again. */
  end(outcome: StoredOutcome | null): Promise<void>;
  /** The call broke off in a way that nobody foresaw: the key is free, or of unknown outcome if bytes may have left. */
  abandon(toLostOutcome: (attempt: StoredAttempt) => StoredOutcome): Promise<void>;
}

export type Claim =
  | { kind: 'held'; key: HeldKey }
  /** A write under this key has ended. `resolve` replaces an unknown outcome by what is known now. */
  | {
      kind: 'ended';
      outcome: StoredOutcome;
      attempt: StoredAttempt | null;
      resolve: (outcome: StoredOutcome) => Promise<void>;
    }
  | { kind: 'reused' }
  | { kind: 'in-progress' };

interface ClaimOptions {
  key: string;
  inputHash: string;
  /** How long to wait for the one that holds the key, milliseconds. */
  waitMs: number;
  /** What stands for a write whose process died before it knew the outcome. */
  toLostOutcome: (attempt: StoredAttempt) => StoredOutcome;
}

const KEPT_MS = 24 * 60 * 60 * 1_000;
const POLL_MS = 25;

/**
 * Takes a key, or waits for whoever holds it. At most one caller in all processes holds a key at a time,
 * and a key under which bytes may have left is never held again. Rejects with a `StateError`.
 */
export async function claimKey(store: StateStore, options: ClaimOptions): Promise<Claim> {
  const { key, inputHash, waitMs, toLostOutcome } = options;
  const fresh: KeyRecord = { inputHash, owner: store.instanceId, attempt: null, outcome: null };
  const waitUntil = performance.now() + waitMs;

  for (;;) {
    const text = await store.get(key);
    if (text === null) {
      if (await replace(store, key, null, fresh)) return held(store, key, fresh);
      continue;
    }
    const record = recordSchema.parse(JSON.parse(text));
    if (record.inputHash !== inputHash) return { kind: 'reused' };
    if (record.outcome) return ended(store, key, { text, record, outcome: record.outcome });
    if (!(await store.isAlive(record.owner))) {
      if (!record.attempt) {
        if (await replace(store, key, text, fresh)) return held(store, key, fresh);
      } else {
        await replace(store, key, text, { ...record, outcome: toLostOutcome(record.attempt) });
      }
      continue;
    }
    if (performance.now() > waitUntil) return { kind: 'in-progress' };
    await pause(POLL_MS);
  }
}

function held(store: StateStore, key: string, fresh: KeyRecord): Claim {
  let record = fresh;

  async function change(next: KeyRecord | null): Promise<void> {
    if (!(await replace(store, key, JSON.stringify(record), next))) {
      throw new StateError('unavailable', 'the idempotency key was taken over');
    }
    if (next) record = next;
  }
  return {
    kind: 'held',
    key: {
      markSending: (attempt) => change({ ...record, attempt }),
      end: (outcome) => change(outcome && { ...record, outcome }),
      abandon: (toLostOutcome) =>
        change(record.attempt && { ...record, outcome: toLostOutcome(record.attempt) }),
    },
  };
}

function ended(
  store: StateStore,
  key: string,
  { text, record, outcome }: { text: string; record: KeyRecord; outcome: StoredOutcome },
): Claim {
  return {
    kind: 'ended',
    outcome,
    attempt: record.attempt,
    resolve: async (known) => void (await replace(store, key, text, { ...record, outcome: known })),
  };
}

function replace(
  store: StateStore,
  key: string,
  expected: string | null,
  record: KeyRecord | null,
): Promise<boolean> {
  const value = record && JSON.stringify(record);
  return store.compareAndSet(key, { expected, value, ttlMs: KEPT_MS });
}
