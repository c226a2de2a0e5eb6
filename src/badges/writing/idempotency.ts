import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { StateError, type StateStore } from '../../state/state-store.ts';
import { type StoredOutcome, storedOutcomeSchema } from './outcome.ts';
import {
  FORMAT,
  type StoredReading,
  changeSchema,
  readStored,
  retryInBackground,
  toStateKey,
} from './stored-record.ts';
import type { Mutation } from './write.ts';

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

/** A key that this call holds. What the store cannot take at its end, it is given later. */
export interface IdempotencyClaim {
  /** Before the first byte leaves. Rejects with a `StateError`, also when somebody has taken the key over. */
  markSending(attempt: StoredAttempt): Promise<void>;
  /** Null: nothing was applied, and the key is free again. */
  end(outcome: StoredOutcome | null): Promise<void>;
  /** After an unexpected error: the key is released, or its outcome is unknown if the write may have been sent. */
  abandon(): Promise<void>;
}

function openClaim(
  store: StateStore,
  { key, toLostOutcome }: ClaimOptions,
  fresh: KeyRecord,
): IdempotencyClaim {
  let attempt: StoredAttempt | null = null;

  async function end(outcome: StoredOutcome | null): Promise<void> {
    const last = outcome && { ...fresh, attempt, outcome };
    const conclude = () => endClaim(store, key, { claim: fresh.claim, last });
    try {
      if (await conclude()) return;
    } catch (error) {
      retryInBackground(conclude);
      throw error;
    }
    if (outcome) throw lost();
  }

  return {
    async markSending(next) {
      const expected = toKeyText(fresh);
      if (!(await replaceRecord(store, key, expected, { ...fresh, attempt: next }))) throw lost();
      attempt = next;
    },
    end,
    async abandon() {
      await end(attempt && toLostOutcome()).catch((error: unknown) => {
        if (!(error instanceof StateError)) throw error;
      });
    },
  };
}

/**
 * Leaves of a claim its last record only (null: nothing), and tells whether the key was still this claim's.
 * What the store holds is read: it may have taken a change without being able to say so.
 */
export async function endClaim(
  store: StateStore,
  key: string,
  { claim, last }: { claim: string; last: KeyRecord | null },
): Promise<boolean> {
  const text = await store.get(key);
  if (text === null) return false;
  const reading = readKeyRecord(text);
  if ('unreadable' in reading || reading.record.claim !== claim) return false;
  return replaceRecord(store, key, text, last);
}

function lost(): StateError {
  return new StateError('unavailable', 'The idempotency claim was taken over');
}

export type Claim =
  | { kind: 'held'; key: IdempotencyClaim }
  /** A write under this key has ended. `resolve` replaces an unknown outcome by what is known now. */
  | {
      kind: 'ended';
      outcome: StoredOutcome;
      attempt: StoredAttempt | null;
      resolve: (outcome: StoredOutcome) => Promise<void>;
    }
  | { kind: 'reused' }
  | { kind: 'in-progress' }
  /** What stood under the key was erased: a write may have been sent. */
  | { kind: 'erased' }
  /** What stands under the key cannot be read: a write may have been sent. It is left as it is. */
  | { kind: 'unreadable'; reason: string };

interface ClaimOptions {
  key: string;
  inputHash: string;
  /** How long to wait for the one that holds the key, milliseconds. */
  waitMs: number;
  /** The outcome of a write whose process died before it knew the outcome. */
  toLostOutcome: () => StoredOutcome;
}

const POLL_MS = 25;

/**
 * Takes a key, or waits for the call that holds it. At most one caller in all processes holds a key at a time,
 * and a key under which bytes may have left is never held again. Rejects with a `StateError`.
 */
export async function claimIdempotencyKey(
  store: StateStore,
  options: ClaimOptions,
): Promise<Claim> {
  const { key, inputHash, waitMs, toLostOutcome } = options;
  const fresh: KeyRecord = {
    inputHash,
    owner: store.instanceId,
    claim: randomUUID(),
    attempt: null,
    outcome: null,
  };
  const waitUntil = performance.now() + waitMs;

  for (;;) {
    const text = await store.get(key);
    const reading = text === null ? { record: null } : readKeyRecord(text);
    if ('unreadable' in reading) return { kind: 'unreadable', reason: reading.unreadable };
    const { record } = reading;
    if (record && record.inputHash !== inputHash) return { kind: 'reused' };
    if (text !== null && record?.outcome) {
      return ended(store, key, { text, record, outcome: record.outcome });
    }
    if (text === null && (await isErasedKey(store, key))) return { kind: 'erased' };
    if (!record || !(await store.isAlive(record.owner))) {
      if (!record?.attempt) {
        if (await take(store, key, text, fresh)) {
          return { kind: 'held', key: openClaim(store, options, fresh) };
        }
      } else {
        await replaceRecord(store, key, text, { ...record, outcome: toLostOutcome() });
      }
      continue;
    }
    if (performance.now() > waitUntil) return { kind: 'in-progress' };
    await pause(POLL_MS);
  }
}

async function take(
  store: StateStore,
  key: string,
  expected: string | null,
  fresh: KeyRecord,
): Promise<boolean> {
  try {
    return await replaceRecord(store, key, expected, fresh);
  } catch (error) {
    // The store may have given the key all the same, and this process would hold it for as long as it lives.
    retryInBackground(() => endClaim(store, key, { claim: fresh.claim, last: null }));
    throw error;
  }
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
    resolve: async (known) =>
      void (await replaceRecord(store, key, text, { ...record, outcome: known })),
  };
}

/** Where an idempotency key is stored. Callers have keys of their own, and so have the kinds of operations. */
export function toIdempotencyKey({ context, kind }: Mutation, idempotencyKey: string): string {
  const { tenant, caller } = context;
  return toStateKey('key', tenant.id, caller.actor, kind, idempotencyKey);
}
