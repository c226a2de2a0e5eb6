import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { nextTurn } from '../../http/json.ts';
import { heldBadgeId } from '../../providers/writes.ts';
import { LISTED, StateError, type StateStore, reasonOf } from '../../state/state-store.ts';
import { OUTCOMES } from './outcome.ts';
import {
  FORMAT,
  type OnUnreadable,
  type StoredReading,
  changeSchema,
  readStored,
  retryInBackground,
  toStateKey,
} from './stored-record.ts';

/**
 * One mutation that passed its input checks. It holds names, IDs and field values, and no secrets. Fields that a newer
 * version added are kept when this one closes the record.
 */
const auditSchema = z.looseObject({
  /** A unique ID of the mutation. */
  id: z.string(),
  /** ISO 8601. */
  at: z.string().refine((text) => Number.isFinite(Date.parse(text))),
  tenant: z.string(),
  caller: z.string(),
  provider: z.string(),
  /** Empty for a creation if the ID of the badge is unknown. */
  badgeIds: z.array(z.string()),
  operation: z.string(),
  /** One of `OUTCOMES`, or a value of a newer version. */
  outcome: z.string(),
  changes: z.array(changeSchema),
  /** The member of an award or a revocation, also of a rejected one. Absent in records of earlier versions. */
  memberId: z.string().nullish(),
  idempotencyKey: z.string().nullable(),
});
export type AuditRecord = z.output<typeof auditSchema>;

/** The log of all records, for export. */
export const AUDIT_LOG = 'audit';

/** The log of one badge, for its history. */
export function badgeLog(tenant: string, provider: string, badgeId: string): string {
  return toStateKey('audit', tenant, provider, badgeId);
}

export function readAuditRecord(entry: string): StoredReading<AuditRecord> {
  return readStored(entry, auditSchema);
}

type AuditedMutation = Pick<
  AuditRecord,
  'at' | 'tenant' | 'caller' | 'provider' | 'badgeIds' | 'operation' | 'idempotencyKey'
>;

/** The record of one mutation. It is written exactly once, even if this process dies. */
export interface AuditEntry {
  /** Called before the first byte leaves: if this process dies, the next one writes the record with an unknown outcome. */
  begin(planned: Pick<AuditRecord, 'changes' | 'memberId'>): Promise<void>;
  /** Writes the record to the log of all records, and to the log of each existing badge its own part. */
  end(known: KnownOutcome): Promise<void>;
}

interface KnownOutcome extends Pick<AuditRecord, 'outcome' | 'changes' | 'badgeIds' | 'memberId'> {
  notFoundIds: readonly string[];
}

/** Prefix of the keys of records whose mutation has not ended. */
export const OPEN_AUDITS = LISTED;

export function createAuditEntry(store: StateStore, about: AuditedMutation): AuditEntry {
  const id = randomUUID();
  const key = OPEN_AUDITS + toStateKey(store.instanceId, id);
  let isOpen = false;
  let isUnsure = false;
  let begun: AuditRecord['changes'] = [];

  return {
    async begin({ changes, memberId }) {
      begun = changes;
      isUnsure = true;
      await store.set(key, toText({ ...about, id, outcome: 'UNKNOWN', changes, memberId }));
      isUnsure = false;
      isOpen = true;
    },
    async end({ notFoundIds, ...known }) {
      // An unknown outcome shows no changes to the caller. The record has the planned ones.
      const changes = known.outcome === 'UNKNOWN' ? begun : known.changes;
      const write = () =>
        writeRecord(store, {
          record: { ...about, id, ...known, changes },
          notFoundIds,
          ...(isOpen && { closing: key }),
        });
      // The store may hold an open entry without having said so: the next process would write a second record from it.
      if (isUnsure) await store.set(key, null);
      try {
        await write();
      } catch (error) {
        // Only the open entry shows whether the record was written, so a retry is safe only with it.
        if (isOpen) retryInBackground(store, write);
        throw error;
      }
    },
  };
}

interface LostAudits {
  onUnreadable: OnUnreadable;
  /** Called before the record of a lost mutation is written; again if that fails. */
  onLost?: (record: AuditRecord) => Promise<void>;
}

/** Writes the records of processes that died between their first byte and their outcome. One that fails does not stop the others. */
export async function closeLostAudits(
  store: StateStore,
  { onUnreadable, onLost }: LostAudits,
): Promise<void> {
  let failure: StateError | undefined;
  for await (const key of store.keys(OPEN_AUDITS)) {
    // There may be many, and the embedded store is synchronous: other requests get their turn here.
    await nextTurn();
    try {
      const reason = await closeIfLost(store, key, onLost);
      if (reason !== undefined) onUnreadable({ kind: 'open audit record', key, reason });
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      failure = error;
    }
  }
  if (failure) throw failure;
}

/** Returns why the record cannot be read, or undefined. */
async function closeIfLost(
  store: StateStore,
  key: string,
  onLost: LostAudits['onLost'],
): Promise<string | undefined> {
  const owner = ownerOfOpenAudit(key);
  if (owner === undefined) return 'a key that this service does not make';
  if (await store.isAlive(owner)) return undefined;
  const text = await store.get(key);
  if (text === null) return undefined;
  const reading = readAuditRecord(text);
  if ('unreadable' in reading) return reading.unreadable;
  const { record } = reading;
  // A version that knows this outcome closes it.
  if (!Object.hasOwn(OUTCOMES, record.outcome)) return 'outcome: unknown';
  await onLost?.(record);
  await writeRecord(store, { record, notFoundIds: [], closing: key });
  return undefined;
}

/** The process that opened the record. Undefined if the key is malformed. */
export function ownerOfOpenAudit(key: string): string | undefined {
  const [instanceId = ''] = key.slice(OPEN_AUDITS.length).split('/');
  try {
    return decodeURIComponent(instanceId);
  } catch {
    return undefined;
  }
}

function toText(record: AuditRecord): string {
  return JSON.stringify({ format: FORMAT, ...record });
}

interface RecordToWrite {
  record: AuditRecord;
  notFoundIds: readonly string[];
  /** The open entry, closed in the same step, so that concurrent attempts write one record. */
  closing?: string;
}

/** A badge that never existed gets no log: a caller could name any number of them. */
async function writeRecord(
  store: StateStore,
  { record, notFoundIds, ...options }: RecordToWrite,
): Promise<void> {
  const { tenant, provider, badgeIds } = record;
  const ownEntries = new Map<string, string>();
  for (const badgeId of badgeIds) {
    const log = badgeLog(tenant, provider, badgeId);
    if (notFoundIds.includes(badgeId) && !(await hasEntries(store, log))) continue;
    ownEntries.set(log, toText(badgeIds.length === 1 ? record : partOf(record, badgeId)));
  }
  await store.append([AUDIT_LOG, ...ownEntries.keys()], toText(record), { ...options, ownEntries });
}

async function hasEntries(store: StateStore, log: string): Promise<boolean> {
  return (await store.readBackward(log, { limit: 1 })).length > 0;
}

/** The part of a record about one of its badges. Complete records in each log would grow with the square of the badges. */
function partOf(record: AuditRecord, badgeId: string): AuditRecord {
  const changes = record.changes.filter((change) => {
    const heldId = heldBadgeId(change);
    return heldId === undefined || heldId === badgeId;
  });
  return { ...record, badgeIds: [badgeId], changes };
}

/** A failure that lasts is reported again after this many runs. */
const RUNS_PER_REMINDER = 60;

interface AuditRecoveryOptions extends LostAudits {
  /** Reports that records of dead processes cannot be closed: first for a new reason, then as a reminder. */
  onFailure: (error: unknown) => void;
  /** Reports that they can be closed again. */
  onRecovery: () => void;
}

/** Each call closes the records that dead processes left open. It never rejects; concurrent calls do nothing. */
export function createAuditRecovery(
  store: StateStore,
  { onFailure, onRecovery, ...lost }: AuditRecoveryOptions,
): () => Promise<void> {
  let reason: string | undefined;
  let runs = 0;
  let isRunning = false;

  function tell(error: unknown): void {
    const isNew = reason !== reasonOf(error);
    runs = isNew ? 0 : runs + 1;
    reason = reasonOf(error);
    if (runs % RUNS_PER_REMINDER === 0) onFailure(error);
  }

  return async () => {
    if (isRunning) return;
    isRunning = true;
    try {
      await closeLostAudits(store, lost);
      if (reason !== undefined) onRecovery();
      reason = undefined;
    } catch (error) {
      tell(error);
    } finally {
      isRunning = false;
    }
  };
}
