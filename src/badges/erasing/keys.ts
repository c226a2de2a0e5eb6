import type { StateStore } from '../../state/state-store.ts';
import { ownerOfOpenAudit } from '../writing/audit.ts';
import { readKeyRecord, rememberErasedKey } from '../writing/key-record.ts';
import type { KeyRecord } from '../writing/key-record.ts';
import { judgeRecord, mentions } from './mentions.ts';
import type { Selection } from './selection.ts';

export type KeyVerdict = 'kept' | 'erased' | 'under way';

export interface KeyErasure {
  /** A record of a mutation that had not ended when it was written. */
  eraseOpenAudit(key: string): Promise<KeyVerdict>;
  /** An idempotency key of the tenant. That it was used is remembered, under a name that tells nothing, until it would have expired. */
  eraseKey(key: string): Promise<KeyVerdict>;
}

export function createKeyErasure(
  store: StateStore,
  selection: Selection,
  { isDryRun }: { isDryRun: boolean },
): KeyErasure {
  return {
    async eraseOpenAudit(key) {
      const text = await store.get(key);
      if (text === null) return 'kept';
      const verdict = judgeRecord(text, selection);
      if (verdict === 'kept' || verdict === 'unreadable') return 'kept';
      const owner = ownerOfOpenAudit(key);
      if (owner !== undefined && (await store.isAlive(owner))) return 'under way';
      const value = typeof verdict === 'object' ? verdict.text : null;
      if (!isDryRun) await store.compareAndSet(key, { expected: text, value });
      return 'erased';
    },

    async eraseKey(key) {
      const text = await store.get(key);
      if (text === null) return 'kept';
      const reading = readKeyRecord(text);
      const record = 'record' in reading ? reading.record : null;
      if (!isMeant(text, record, selection)) return 'kept';
      if (record && !record.outcome && (await store.isAlive(record.owner))) return 'under way';
      if (isDryRun) return 'erased';
      // Under a key whose process died before it sent anything, nothing was done.
      const isUsed = !record || record.attempt !== null || record.outcome !== null;
      if (isUsed) await rememberErasedKey(store, key);
      // Somebody else has changed it since, and so goes on with it.
      const isErased = await store.compareAndSet(key, { expected: text, value: null });
      return isErased ? 'erased' : 'under way';
    },
  };
}

function isMeant(text: string, record: KeyRecord | null, { badge, member }: Selection): boolean {
  const wanted = badge?.id ?? member;
  if (wanted === undefined) return true;
  const isOfOther = badge !== undefined && record?.attempt?.provider !== undefined;
  if (isOfOther && record.attempt?.provider !== badge.provider) return false;
  return mentions(record ?? text, wanted);
}
