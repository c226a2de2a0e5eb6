import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { StateStore } from '../../state/state-store.ts';
import { storedOutcomeSchema } from './stored-outcome.ts';
import { FORMAT, changeSchema, readStored } from './stored-record.ts';
import type { StoredReading } from './stored-record.ts';

/** What is needed to find out later whether a write took effect. */
const attemptSchema = z.looseObject({
  provider: z.string(),
  badgeId: z.string().nullable(),
  body: z.record(z.string(), z.unknown()),
  changes: z.array(changeSchema),
  hiddenValues: z.record(z.string(), z.unknown()).nullable(),
  /** Whether a read can tell that it took effect: not so for values that stood before, or that no read shows. */
  isVisible: z.boolean(),
  /** Of a creation: badges that had its values before. Absent: not known, or no creation. */
  twinIds: z.array(z.string()).optional(),
});
export type StoredAttempt = z.output<typeof attemptSchema>;

/** What a newer version adds is kept when this one adds an outcome. */
const recordSchema = z
  .looseObject({
    inputHash: z.string(),
    /** The process that took the key. */
    owner: z.string(),
    /** Of this taking of the key, unlike every other. */
    claim: z.string(),
    /** Set before the first byte leaves. */
    attempt: attemptSchema.nullable(),
    /** Set once the outcome is known, or known to be unknown. */
    outcome: storedOutcomeSchema.nullable(),
  })
  .refine(isOfItsStage, { path: ['stage'] });
export type KeyRecord = z.output<typeof recordSchema>;

/** How long a key is kept after its mutation has ended. */
export const KEY_KEPT_MS = 24 * 60 * 60 * 1_000;

export function readKeyRecord(text: string): StoredReading<KeyRecord> {
  return readStored(text, recordSchema);
}

export function toKeyText(record: KeyRecord): string {
  return JSON.stringify({ ...record, format: FORMAT, stage: stageOf(record) });
}

/** Tells whether the key still held `expected`. Null: nothing. */
export function replaceRecord(
  store: StateStore,
  key: string,
  expected: string | null,
  record: KeyRecord | null,
): Promise<boolean> {
  const value = record && toKeyText(record);
  // A claim that is lost is noticed when its write is announced.
  const isSecured = record === null || stageOf(record) !== 'CLAIMED';
  return store.compareAndSet(key, { expected, value, ttlMs: KEY_KEPT_MS, isSecured });
}

/**
 * Where it stands that what was kept under a key was erased: a write may have been sent, and a repeat must not send it
 * again while the key would still be kept. The name tells neither the key nor its caller.
 */
function erasedKeyOf(key: string): string {
  return `erased-key/${createHash('sha256').update(key).digest('base64url')}`;
}

export async function rememberErasedKey(store: StateStore, key: string): Promise<void> {
  await store.set(erasedKeyOf(key), '{}', { ttlMs: KEY_KEPT_MS });
}

export async function isErasedKey(store: StateStore, key: string): Promise<boolean> {
  return (await store.get(erasedKeyOf(key))) !== null;
}

/**
 * Written too, although it follows from the rest: a record that lost its attempt would look like one under which
 * nothing was sent, and its key would be free.
 */
function isOfItsStage(record: { attempt: unknown; outcome: unknown; [field: string]: unknown }) {
  const { stage, format } = record;
  return stage === stageOf(record) || (stage === undefined && format === undefined);
}

function stageOf({ attempt, outcome }: { attempt: unknown; outcome: unknown }): string {
  if (outcome !== null) return 'ENDED';
  return attempt === null ? 'CLAIMED' : 'SENDING';
}
