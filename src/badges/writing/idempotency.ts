import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { nextTurn } from '../../http/json.ts';
import { StateError, type StateStore, createTimedLocks } from '../../state/state-store.ts';
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

/** A write that is about to be sent, as needed to find out later whether it took effect. */
const attemptSchema = z.looseObject({
  provider: z.string(),
  badgeId: z.string().nullable(),
  body: z.record(z.string(), z.unknown()),
  changes: z.array(changeSchema),
  hiddenValues: z.record(z.string(), z.unknown()).nullable(),
  /** Whether a read can prove that it took effect. It cannot for values that were there before, or that no read shows. */
  isVisible: z.boolean(),
  /** For a creation, the badges that were there before. Absent if they are unknown, and once the outcome is known. */
  earlierIds: z.string().optional(),
  /** Those of the plan. Absent once the outcome is known, and in records of earlier versions. */
  warnings: storedOutcomeSchema.shape.warnings.optional(),
});
export type StoredAttempt = z.output<typeof attemptSchema>;

/** Fields that a newer version added are kept when this one adds an outcome. */
const recordSchema = z
  .looseObject({
    inputHash: z.string(),
    /** The process that claimed the key. */
    owner: z.string(),
    /** A unique ID of this claim. */
    claim: z.string(),
    /** Set before the first byte leaves. */
    attempt: attemptSchema.nullable(),
    /** Set when the write has ended, also with an unknown outcome. */
    outcome: storedOutcomeSchema.nullable(),
  })
  .refine(isOfItsStage, { path: ['stage'] });
export type KeyRecord = z.output<typeof recordSchema>;

/** How long a key is kept after its mutation has ended. */
export const KEY_KEPT_MS = 24 * 60 * 60 * 1_000;

export function readKeyRecord(text: string): StoredReading<KeyRecord> {
  return readStored(text, recordSchema);
}

function toKeyText(record: KeyRecord): string {
  return JSON.stringify({ ...record, format: FORMAT, stage: stageOf(record) });
}

/** Null stands for no record. Returns whether the key still held `expected`. */
function replaceRecord(
  store: StateStore,
  key: string,
  expected: string | null,
  record: KeyRecord | null,
): Promise<boolean> {
  const value = record && toKeyText(record);
  // The loss of a claim that sent nothing is noticed when its write is staged.
  const isSecured = record === null || stageOf(record) !== 'CLAIMED';
  return store.compareAndSet(key, { expected, value, ttlMs: KEY_KEPT_MS, isSecured });
}

/**
 * Marks a key whose record was erased: its write may have been sent, so a repeat must not send it again until the key
 * would have expired. The name reveals neither the key nor its caller.
 */
function erasedKeyOf(key: string): string {
  return `erased-key/${createHash('sha256').update(key).digest('base64url')}`;
}

export async function rememberErasedKey(store: StateStore, key: string): Promise<void> {
  await store.set(erasedKeyOf(key), '{}', { ttlMs: KEY_KEPT_MS });
}

async function isErasedKey(store: StateStore, key: string): Promise<boolean> {
  return (await store.get(erasedKeyOf(key))) !== null;
}

/**
 * Checks the stored stage against the other fields: a damaged record without its attempt would otherwise look as if
 * nothing had been sent, and its key could be claimed again.
 */
function isOfItsStage(record: { attempt: unknown; outcome: unknown; [field: string]: unknown }) {
  const { stage, format } = record;
  return stage === stageOf(record) || (stage === undefined && format === undefined);
}

function stageOf({ attempt, outcome }: { attempt: unknown; outcome: unknown }): string {
  if (outcome !== null) return 'ENDED';
  return attempt === null ? 'CLAIMED' : 'SENDING';
}

/** A key that this mutation holds. If the store fails at the end, the key is ended in the background. */
export interface IdempotencyClaim {
  /** Called before the first byte leaves. Rejects with a `StateError`, also if another process has taken the key over. */
  markSending(attempt: StoredAttempt): Promise<void>;
  /** Null if nothing was applied: the key is released. Rejects with a `StateError`. */
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
    const last = outcome && toEnded({ ...fresh, attempt }, outcome);
    const conclude = () => endClaim(store, key, { claim: fresh.claim, last });
    try {
      if (await conclude()) return;
    } catch (error) {
      retryInBackground(store, conclude);
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
      await end(attempt && toLostOutcome(attempt)).catch((error: unknown) => {
        if (!(error instanceof StateError)) throw error;
      });
    },
  };
}

/**
 * Replaces the record of a claim by its last one, or removes it (null). Returns whether the key was still this claim's.
 * Reads the key first, as the store may have taken an earlier change without confirming it.
 */
async function endClaim(
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

/** What only finds out an unknown outcome is not kept with a known one: of a long list it would be a lot. */
function toEnded({ attempt, ...record }: KeyRecord, outcome: StoredOutcome): KeyRecord {
  if (attempt === null || outcome.status === 'UNKNOWN') return { ...record, attempt, outcome };
  const { earlierIds: _, warnings: __, ...known } = attempt;
  return { ...record, attempt: known, outcome };
}

function lost(): StateError {
  return new StateError('unavailable', 'The idempotency claim was taken over');
}

export type Claim =
  | { kind: 'held'; key: IdempotencyClaim }
  /** A write under this key has ended. `resolve` replaces an unknown outcome by a known one. */
  | {
      kind: 'ended';
      outcome: StoredOutcome;
      attempt: StoredAttempt | null;
      resolve: (outcome: StoredOutcome) => Promise<void>;
    }
  | { kind: 'reused' }
  | { kind: 'in-progress' }
  /** The record was erased. Its write may have been sent. */
  | { kind: 'erased' }
  /** The record cannot be read, and is kept as it is. Its write may have been sent. */
  | { kind: 'unreadable'; reason: string };

interface ClaimOptions {
  key: string;
  inputHash: string;
  /** How long to wait for another holder of the key, in milliseconds. */
  waitMs: number;
  /** The outcome of a write whose process died before it knew the outcome. */
  toLostOutcome: (attempt: StoredAttempt) => StoredOutcome;
}

const POLL_MS = 25;
const IN_PROGRESS = { kind: 'in-progress' } as const;
/** By store: of those that wait for a key, one looks at it at a time, however many repeats of a mutation there are. */
const queues = new WeakMap<StateStore, ReturnType<typeof createTimedLocks>>();

/**
 * Claims a key, or waits for the mutation that holds it. At most one mutation in all processes holds a key at a time,
 * and a key whose write may have been sent is never held again. Rejects with a `StateError`.
 */
export async function claimIdempotencyKey(
  store: StateStore,
  options: ClaimOptions,
): Promise<Claim> {
  const { key, waitMs } = options;
  const waitUntil = performance.now() + waitMs;

  async function poll(): Promise<Claim> {
    const look = createLook(store, options);
    // After the end of a mutation all of its repeats have their turns, each with a long record to read.
    await nextTurn();
    for (;;) {
      const claim = await look();
      if (claim) return claim;
      if (performance.now() > waitUntil) return IN_PROGRESS;
      await pause(POLL_MS);
    }
  }

  const claim = await createLook(store, options)();
  if (claim) return claim;
  const queue = queues.get(store) ?? createTimedLocks();
  queues.set(store, queue);
  try {
    return await queue.withLock(key, waitMs, poll);
  } catch (error) {
    if (error instanceof StateError && error.kind === 'busy') return IN_PROGRESS;
    throw error;
  }
}

/** Claims the key, or returns why it cannot be claimed. Undefined while another mutation holds it. */
function createLook(store: StateStore, options: ClaimOptions): () => Promise<Claim | undefined> {
  const { key, inputHash, toLostOutcome } = options;
  const fresh: KeyRecord = {
    inputHash,
    owner: store.instanceId,
    claim: randomUUID(),
    attempt: null,
    outcome: null,
  };
  let last: { text: string; reading: ReturnType<typeof readKeyRecord> } | undefined;

  /** The record of a holder may be long, and stays the same for as long as its write takes. */
  function read(text: string): ReturnType<typeof readKeyRecord> {
    if (last?.text !== text) last = { text, reading: readKeyRecord(text) };
    return last.reading;
  }

  return async () => {
    for (;;) {
      const text = await store.get(key);
      const reading = text === null ? { record: null } : read(text);
      if ('unreadable' in reading) return { kind: 'unreadable', reason: reading.unreadable };
      const { record } = reading;
      if (record && record.inputHash !== inputHash) return { kind: 'reused' };
      if (text !== null && record?.outcome) {
        return ended(store, key, { text, record, outcome: record.outcome });
      }
      if (text === null && (await isErasedKey(store, key))) return { kind: 'erased' };
      if (record && (await store.isAlive(record.owner))) return undefined;
      if (record?.attempt) {
        const outcome = toLostOutcome(record.attempt);
        await replaceRecord(store, key, text, { ...record, outcome });
      } else if (await take(store, key, text, fresh)) {
        return { kind: 'held', key: openClaim(store, options, fresh) };
      }
    }
  };
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
    // The store may have taken the claim, which would hold the key for as long as this process lives.
    retryInBackground(store, () => endClaim(store, key, { claim: fresh.claim, last: null }));
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
    resolve: async (known) => void (await replaceRecord(store, key, text, toEnded(record, known))),
  };
}

/** Where an idempotency key is stored. Callers have keys of their own, and so have the kinds of operations. */
export function toIdempotencyKey({ context, kind }: Mutation, idempotencyKey: string): string {
  const { tenant, caller } = context;
  return toStateKey('key', tenant.id, caller.actor, kind, idempotencyKey);
}
