import { z } from 'zod';
import type { StateStore } from '../../state/state-store.ts';
import { storedOutcomeSchema } from './stored-outcome.ts';

/** What is needed to find out later whether a write took effect. */
const attemptSchema = z.object({
  provider: z.string(),
  badgeId: z.string().nullable(),
  body: z.record(z.string(), z.unknown()),
  changes: storedOutcomeSchema.shape.changes,
  hiddenValues: z.record(z.string(), z.unknown()).nullable(),
  /** Whether a read can tell that it took effect: not so for values that stood before, or that no read shows. */
  isVisible: z.boolean(),
});
export type StoredAttempt = z.output<typeof attemptSchema>;

const recordSchema = z.object({
  inputHash: z.string(),
  /** The process that took the key. */
  owner: z.string(),
  /** Of this taking of the key, unlike every other. */
  claim: z.string(),
  /** Set before the first byte leaves. */
  attempt: attemptSchema.nullable(),
  /** Set once the outcome is known, or known to be unknown. */
  outcome: storedOutcomeSchema.nullable(),
});
export type KeyRecord = z.output<typeof recordSchema>;

const KEPT_MS = 24 * 60 * 60 * 1_000;

export function readKeyRecord(text: string): KeyRecord {
  return recordSchema.parse(JSON.parse(text));
}

/** Tells whether the key still held `expected`. Null: nothing. */
export function replaceRecord(
  store: StateStore,
  key: string,
  expected: string | null,
  record: KeyRecord | null,
): Promise<boolean> {
  const value = record && JSON.stringify(record);
  return store.compareAndSet(key, { expected, value, ttlMs: KEPT_MS });
}
