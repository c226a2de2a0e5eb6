import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { nextTurn } from '../../http/json.ts';
import { heldBadgeId } from '../../providers/holders.ts';
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
 * One mutation that passed its input checks. No secret is in it: names, ids and values of fields only.
 * What a newer version adds is kept when this one closes the record.
 */
const auditSchema = z.looseObject({
  /** Of the mutation; unique. */
  id: z.string(),
  /** ISO 8601. */
  at: z.string().refine((text) => Number.isFinite(Date.parse(text))),
  tenant: z.string(),
  caller: z.string(),
  provider: z.string(),
  /** Empty for a badge that was to be created and whose ID is unknown. */
  badgeIds: z.array(z.string()),
  operation: z.string(),
  /** One of `OUTCOMES`, or of a newer version's. */
  outcome: z.string(),
  changes: z.array(changeSchema),
  /** Whom an award or a revocation was for, also a refused one. Versions before did not note it. */
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

export type AuditedMutation = Pick<
  AuditRecord,
  'at' | 'tenant' | 'caller' | 'provider' | 'badgeIds' | 'operation' | 'idempotencyKey'
>;

/** The record of one mutation, which is to be written exactly once, whatever becomes of this process. */
export interface AuditEntry {
  /** Before the first byte leaves: should this process die, the record is written by the next, as of unknown outcome. */
  begin(planned: Pick<AuditRecord, 'changes' | 'memberId'>): Promise<void>;
  /** Writes the record, and into the log of each badge that is there its own part of it. */
  end(known: KnownOutcome): Promise<void>;
}

export interface KnownOutcome extends Pick<
  AuditRecord,
  'outcome' | 'changes' | 'badgeIds' | 'memberId'
> {
  notFoundIds: readonly string[];
}

/** How the keys of records begin whose mutation has not ended. */
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
      // An unknown outcome shows no changes to its caller; the record says what was to change.
      const changes = known.outcome === 'UNKNOWN' ? begun : known.changes;
      const write = () =>
        writeRecord(store, {
          record: { ...about, id, ...known, changes },
          notFoundIds,
          ...(isOpen && { closing: key }),
        });
      // Without an answer the store may hold an open entry, of which the next process would make a second record.
      if (isUnsure) await store.set(key, null);
      try {
        await write();
      } catch (error) {
        // Only the open entry tells whether the record is written, so only with it a repeat is safe.
        if (isOpen) retryInBackground(write);
        throw error;
      }
    },
  };
}

/** Writes the records of processes that died between their first byte and their outcome. One that cannot be read, or not be closed, costs the others nothing. */
export async function closeLostAudits(
  store: StateStore,
  onUnreadable: OnUnreadable,
): Promise<void> {
  let failure: StateError | undefined;
  for await (const key of store.keys(OPEN_AUDITS)) {
    // There may be many, and a store of this machine lets nobody else have a turn by itself.
    await nextTurn();
    try {
      const reason = await closeIfLost(store, key);
      if (reason !== undefined) onUnreadable({ kind: 'open audit record', key, reason });
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      failure = error;
    }
  }
  if (failure) throw failure;
}

/** Gives why it cannot be read. */
async function closeIfLost(store: StateStore, key: string): Promise<string | undefined> {
  const owner = ownerOfOpenAudit(key);
  if (owner === undefined) return 'a key that this service does not make';
  if (await store.isAlive(owner)) return undefined;
  const text = await store.get(key);
  if (text === null) return undefined;
  const reading = readAuditRecord(text);
  if ('unreadable' in reading) return reading.unreadable;
  const { record } = reading;
  // It is closed by the version that knows what it says.
  if (!Object.hasOwn(OUTCOMES, record.outcome)) return 'outcome: unknown';
  await writeRecord(store, { record, notFoundIds: [], closing: key });
  return undefined;
}

/** The process that opened it. */
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
  /** The open entry, which is closed in the same step: so there is one record, however many try to write it. */
  closing?: string;
}

/** A badge that was never there gets no log: anybody could name any number of them. */
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

/** What the record says of one of its badges: with all of them in each log, an award of many would grow with their square. */
function partOf(record: AuditRecord, badgeId: string): AuditRecord {
  const changes = record.changes.filter((change) => {
    const heldId = heldBadgeId(change);
    return heldId === undefined || heldId === badgeId;
  });
  return { ...record, badgeIds: [badgeId], changes };
}

/** While records cannot be closed for the same reason, it is told of again once in so many runs. */
const RUNS_PER_REMINDER = 60;

export interface AuditRecoveryOptions {
  onUnreadable: OnUnreadable;
  /** Records of processes that died cannot be closed, for a reason that is new or has not been told of for long. */
  onFailure: (error: unknown) => void;
  /** They can be again. */
  onRecovery: () => void;
}

/** Each call closes what dead processes left open. It never rejects, and runs once at a time. */
export function createAuditRecovery(
  store: StateStore,
  { onUnreadable, onFailure, onRecovery }: AuditRecoveryOptions,
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
      await closeLostAudits(store, onUnreadable);
      if (reason !== undefined) onRecovery();
      reason = undefined;
    } catch (error) {
      tell(error);
    } finally {
      isRunning = false;
    }
  };
}
