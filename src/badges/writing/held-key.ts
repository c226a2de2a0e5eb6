import { StateError } from '../../state/state-store.ts';
import type { StateStore } from '../../state/state-store.ts';
import { insist } from './insist.ts';
import { readKeyRecord, replaceRecord, toKeyText } from './key-record.ts';
import type { KeyRecord, StoredAttempt } from './key-record.ts';
import type { StoredOutcome } from './stored-outcome.ts';

/** A key that this call holds. What the store cannot take at its end, it is given later. */
export interface HeldKey {
  /** Before the first byte leaves. Rejects with a `StateError`, also when somebody has taken the key over. */
  markSending(attempt: StoredAttempt): Promise<void>;
  /** Null: nothing was applied, and the key is free again. */
  end(outcome: StoredOutcome | null): Promise<void>;
  /** The call broke off in a way that nobody foresaw: the key is free, or of unknown outcome if bytes may have left. */
  abandon(toLostOutcome: (attempt: StoredAttempt) => StoredOutcome): Promise<void>;
}

export function holdKey(store: StateStore, key: string, fresh: KeyRecord): HeldKey {
  let attempt: StoredAttempt | null = null;

  async function end(outcome: StoredOutcome | null): Promise<void> {
    const last = outcome && { ...fresh, attempt, outcome };
    const conclude = () => endClaim(store, key, { claim: fresh.claim, last });
    try {
      if (await conclude()) return;
    } catch (error) {
      insist(conclude);
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
    async abandon(toLostOutcome) {
      await end(attempt && toLostOutcome(attempt)).catch((error: unknown) => {
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
  return new StateError('unavailable', 'the idempotency key was taken over');
}
