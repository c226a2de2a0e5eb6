import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { StateStore } from '../../state/state-store.ts';
import { insist } from './insist.ts';
import { OUTCOMES } from './outcome.ts';
import { toStateKey } from './state-keys.ts';

type AuditOutcome = keyof typeof OUTCOMES;
const outcomes = Object.keys(OUTCOMES) as [AuditOutcome, ...AuditOutcome[]];

/** One mutation that passed its input checks. No secret is in it: names, ids and values of fields only. */
const auditSchema = z.object({
  /** Of the mutation; unique. */
  id: z.string(),
  /** ISO 8601. */
  at: z.string(),
  tenant: z.string(),
  caller: z.string(),
  provider: z.string(),
  /** Empty for a badge that was to be made and whose id nobody knows. */
  badgeIds: z.array(z.string()),
  operation: z.string(),
  outcome: z.enum(outcomes),
  changes: z.array(
    z.object({ field: z.string(), before: z.string().nullable(), after: z.string() }),
  ),
  idempotencyKey: z.string().nullable(),
});
export type AuditRecord = z.output<typeof auditSchema>;

/** The log of all records, for export. */
export const AUDIT_LOG = 'audit';

/** The log of one badge, for its history. */
export function badgeLog(tenant: string, provider: string, badgeId: string): string {
  return toStateKey('audit', tenant, provider, badgeId);
}

export function readAuditRecord(entry: string): AuditRecord {
  return auditSchema.parse(JSON.parse(entry));
}

/** The record of one mutation, which is to be written exactly once, whatever becomes of this process. */
export interface AuditEntry {
  /** Before the first byte leaves: should this process die, the record is written by the next, as of unknown outcome. */
  begin(changes: AuditRecord['changes']): Promise<void>;
  /** Writes the record. */
  end(known: Pick<AuditRecord, 'outcome' | 'changes' | 'badgeIds'>): Promise<void>;
}

const OPEN = 'audit-open/';

export function createAuditEntry(
  store: StateStore,
  about: Omit<AuditRecord, 'id' | 'outcome' | 'changes'>,
): AuditEntry {
  const id = randomUUID();
  const key = OPEN + toStateKey(store.instanceId, id);
  let isOpen = false;
  let isUnsure = false;
  let begun: AuditRecord['changes'] = [];

  return {
    async begin(changes) {
      begun = changes;
      isUnsure = true;
      await store.set(key, JSON.stringify({ ...about, id, outcome: 'UNKNOWN', changes }));
      isUnsure = false;
      isOpen = true;
    },
    async end(known) {
      // An unknown outcome shows no changes to its caller; the record says what was to change.
      const changes = known.outcome === 'UNKNOWN' ? begun : known.changes;
      const write = () =>
        writeRecord(store, { ...about, id, ...known, changes }, isOpen ? key : undefined);
      // Without an answer the store may hold an open entry, of which the next process would make a second record.
      if (isUnsure) await store.set(key, null);
      try {
        await write();
      } catch (error) {
        // Only the open entry tells whether the record is written, so only with it a repeat is safe.
        if (isOpen) insist(write);
        throw error;
      }
    },
  };
}

/** Writes the records of processes that died between their first byte and their outcome. */
export async function closeLostAudits(store: StateStore): Promise<void> {
  for await (const key of store.keys(OPEN)) {
    const [instanceId = ''] = key.slice(OPEN.length).split('/');
    if (await store.isAlive(decodeURIComponent(instanceId))) continue;
    const text = await store.get(key);
    if (text !== null) await writeRecord(store, readAuditRecord(text), key);
  }
}

/** With the key that stands for the open entry, in one step: so there is one record, however many try to write it. */
async function writeRecord(
  store: StateStore,
  record: AuditRecord,
  openKey?: string,
): Promise<void> {
  const { tenant, provider, badgeIds } = record;
  const logs = badgeIds.map((badgeId) => badgeLog(tenant, provider, badgeId));
  const closing = openKey === undefined ? {} : { closing: openKey };
  await store.append([AUDIT_LOG, ...logs], JSON.stringify(record), closing);
}
