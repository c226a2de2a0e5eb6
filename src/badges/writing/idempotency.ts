import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { StateStore } from '../../state/state-store.ts';
import { endClaim, holdKey } from './held-key.ts';
import type { HeldKey } from './held-key.ts';
import { insist } from './insist.ts';
import { isErasedKey, readKeyRecord, replaceRecord } from './key-record.ts';
import type { KeyRecord, StoredAttempt } from './key-record.ts';
import type { StoredOutcome } from './stored-outcome.ts';

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
  /** What stands for a write whose process died before it knew the outcome. */
  toLostOutcome: (attempt: StoredAttempt) => StoredOutcome;
}

const POLL_MS = 25;

/**
 * Takes a key, or waits for whoever holds it. At most one caller in all processes holds a key at a time,
 * and a key under which bytes may have left is never held again. Rejects with a `StateError`.
 */
export async function claimKey(store: StateStore, options: ClaimOptions): Promise<Claim> {
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
          return { kind: 'held', key: holdKey(store, key, fresh) };
        }
      } else {
        const outcome = toLostOutcome(record.attempt);
        await replaceRecord(store, key, text, { ...record, outcome });
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
    insist(() => endClaim(store, key, { claim: fresh.claim, last: null }));
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
