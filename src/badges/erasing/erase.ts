import { parseArgs, types } from 'node:util';
import { providers } from '../../providers/index.ts';
import type { StateKeeper, StateStore } from '../../state/state-store.ts';
import { AUDIT_LOG, OPEN_AUDITS, badgeLog } from '../writing/audit.ts';
import { toStateKey } from '../writing/stored-record.ts';
import {
  type Selection,
  type Verdict,
  createKeyErasure,
  eraseValues,
  judgeRecord,
} from './records.ts';

/** A mistake in the options that the operator has to correct. The message says which. */
export class EraseError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EraseError';
  }
}

const USAGE = `Options: --tenant <id> for all data of a tenant; add --provider <name> --badge <id> for one badge, or --member <id> for one member; add --dry-run to count only. Providers: ${providers.map(({ name }) => name.enumValue).join(', ')}.`;

export function readEraseOptions(args: readonly string[]): Selection & { isDryRun: boolean } {
  const { tenant, provider, badge, member, 'dry-run': isDryRun } = parse(args);
  if (!tenant) throw new EraseError(`Specify whose data to erase. ${USAGE}`);
  if ((provider === undefined) !== (badge === undefined)) {
    throw new EraseError(`Use --provider and --badge together. ${USAGE}`);
  }
  if (badge !== undefined && member !== undefined) {
    throw new EraseError(`Erase a badge and a member in separate runs. ${USAGE}`);
  }
  if (member === '') throw new EraseError(`--member needs the ID of a member. ${USAGE}`);
  const named = provider === undefined ? undefined : toBadge(provider, badge ?? '');
  return { tenant, badge: named, member, isDryRun };
}

function toBadge(name: string, id: string): Selection['badge'] {
  const provider = providers.find(({ name: { enumValue } }) => enumValue === name);
  if (!provider) throw new EraseError(`There is no provider ${name}. ${USAGE}`);
  if (!provider.isBadgeId(id)) {
    throw new EraseError(`${provider.name.title} cannot have a badge with the ID ${id}.`);
  }
  return { provider: name, id: provider.canonicalId(id) };
}

function parse(args: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    const options = { tenant: text, provider: text, badge: text, member: text };
    return parseArgs({
      args: [...args],
      options: { ...options, 'dry-run': { type: 'boolean', default: false } },
    }).values;
  } catch (error) {
    throw new EraseError(`${types.isNativeError(error) ? error.message : ''}\n${USAGE}`);
  }
}

interface RunEraseOptions {
  store: StateStore;
  keeper: StateKeeper;
  isDryRun: boolean;
  /** Whether the settings name the tenant. */
  isConfigured: boolean;
  tell: (text: string) => void;
  /** Monotonic milliseconds. */
  now: () => number;
}

const PROGRESS_MS = 2_000;
/** One erasure at a time: a concurrent one could restore what this one has removed. The lock expires if this process dies. */
const LOCK = { waitMs: 1_000, ttlMs: 10 * 60 * 1_000 };

/** Reports what is stored, and erases it unless it is a dry run. Rejects with an `EraseError` if nothing is stored. */
export async function runErase(selection: Selection, options: RunEraseOptions): Promise<void> {
  const { store, isDryRun, tell } = options;
  const erasing = { ...options, onProgress: createProgress(options) };
  await store.withLock('erase', LOCK, async () => {
    const found = await survey(erasing, selection);
    if (isNothing(found)) refuseUnknown(selection, options);
    if (isDryRun) {
      return describe(found, {
        what: `A run without --dry-run would erase for ${describeSelection(selection)}`,
        tell,
      });
    }
    const erased = await erase(erasing, selection);
    const left = await options.keeper.scrub();
    describe(erased, { what: `Erased for ${describeSelection(selection)}`, tell });
    left.forEach((line) => tell(line));
    tell('Backups, audit exports, log files and the data at the provider are not changed.');
  });
}

/** Throws unless the selection is a configured tenant, for which nothing needs to be stored. */
function refuseUnknown(selection: Selection, { isConfigured }: RunEraseOptions): void {
  const isOfTenant = selection.badge === undefined && selection.member === undefined;
  if (isOfTenant && isConfigured) return;
  const isUnknown = isOfTenant ? ' It is not in the settings either.' : '';
  const hint = selection.member?.includes('@') ? ' Members are stored by ID only.' : '';
  throw new EraseError(
    `Nothing is stored for ${describeSelection(selection)}.${isUnknown}${hint} Nothing was erased.`,
  );
}

/** A number with its noun. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function describe(
  erased: Erased,
  { what, tell }: { what: string; tell: (text: string) => void },
): void {
  const counts = [
    counted(erased.auditRecords, 'audit record'),
    counted(erased.historyEntries, 'history entry', 'history entries'),
    counted(erased.values, 'remembered value'),
    counted(erased.idempotencyKeys, 'idempotency key'),
  ];
  tell(`${what}: ${counts.join(', ')}.`);
  if (erased.idempotencyKeys > 0) {
    tell('For 24 hours, a retry with an erased key does not write and returns OUTCOME_UNKNOWN.');
  }
  if (erased.underWay > 0) {
    tell(
      `Mutations in progress keep ${counted(erased.underWay, 'record')}. Run this again when they have finished.`,
    );
  }
  if (erased.unreadable > 0) {
    tell(
      `${counted(erased.unreadable, 'audit record')} cannot be read, and will be erased after RETENTION_DAYS.`,
    );
  }
}

function createProgress({ tell, now }: RunEraseOptions): (records: number) => void {
  let seen = 0;
  let toldAt = now();
  return (records) => {
    seen += records;
    if (now() - toldAt < PROGRESS_MS) return;
    toldAt = now();
    tell(`${seen} records checked so far.`);
  };
}

/** The selection in words. */
function describeSelection({ tenant, badge, member }: Selection): string {
  if (badge) return `the badge ${badge.id} of ${badge.provider} in tenant ${tenant}`;
  return member === undefined ? `tenant ${tenant}` : `the member ${member} in tenant ${tenant}`;
}

interface Erasing {
  store: StateStore;
  keeper: StateKeeper;
  /** Called with the number of records that were checked since the last call. */
  onProgress: (records: number) => void;
}

/** The number of records of each kind that were erased or, in a dry run, would be. */
interface Erased {
  auditRecords: number;
  historyEntries: number;
  /** Values under keys: remembered fields, badges of members, recent writes, limits. */
  values: number;
  idempotencyKeys: number;
  /** Records of mutations in progress, which are kept. */
  underWay: number;
  /** Records that cannot be read or attributed, which are kept. */
  unreadable: number;
}

const NOTHING: Erased = {
  auditRecords: 0,
  historyEntries: 0,
  values: 0,
  idempotencyKeys: 0,
  underWay: 0,
  unreadable: 0,
};

/** Counts what is stored for the selection, without changing it. */
function survey(erasing: Erasing, selection: Selection): Promise<Erased> {
  return walk(erasing, selection, { isDryRun: true });
}

/** Erases what is stored for the selection. Records of mutations in progress are kept and counted. */
async function erase(erasing: Erasing, selection: Selection): Promise<Erased> {
  const { keeper } = erasing;
  const erased = await walk(erasing, selection, { isDryRun: false });
  if (selection.member === undefined) {
    const named = selection.badge ? [selection.badge.provider] : allProviders();
    for (const provider of named) {
      await keeper.forgetShared(`${selection.tenant}/${provider}`);
    }
  }
  return erased;
}

/** Whether nothing was found. */
function isNothing(erased: Erased): boolean {
  const { unreadable: _, ...found } = erased;
  return Object.values(found).every((count) => count === 0);
}

const allProviders = (): string[] => providers.map(({ name }) => name.enumValue);

async function walk(
  erasing: Erasing,
  selection: Selection,
  { isDryRun }: { isDryRun: boolean },
): Promise<Erased> {
  const { store } = erasing;
  const erased = { ...NOTHING };
  const logs = createLogErasure(erasing, selection, { isDryRun });
  const keys = createKeyErasure(store, selection, { isDryRun });

  // Open records come first, as they would be written to the logs later.
  for await (const key of store.keys(OPEN_AUDITS)) {
    const judged = await keys.eraseOpenAudit(key);
    erased.auditRecords += judged === 'erased' ? 1 : 0;
    erased.underWay += judged === 'under way' ? 1 : 0;
  }
  for await (const key of store.keys(`${toStateKey('key', selection.tenant)}/`)) {
    const judged = await keys.eraseKey(key);
    erased.idempotencyKeys += judged === 'erased' ? 1 : 0;
    erased.underWay += judged === 'under way' ? 1 : 0;
  }
  erased.values = await eraseValues(store, selection, { isDryRun });
  const audit = await logs(AUDIT_LOG);
  erased.auditRecords += audit.erased;
  erased.unreadable += audit.unreadable;
  for await (const log of erasing.keeper.logs(`${toStateKey('audit', selection.tenant)}/`)) {
    erased.historyEntries += (await logs(log)).erased;
  }
  return erased;
}

type LogErasure = (log: string) => Promise<{ erased: number; unreadable: number }>;

function createLogErasure(
  { store, keeper, onProgress }: Erasing,
  selection: Selection,
  { isDryRun }: { isDryRun: boolean },
): LogErasure {
  const { tenant, badge, member } = selection;
  const ownLog = badge && badgeLog(tenant, badge.provider, badge.id);

  /** In logs of the selection alone, unreadable entries are erased too. */
  function judge(log: string, entry: string): Verdict {
    const isOwn = badge ? log === ownLog : member === undefined && log !== AUDIT_LOG;
    return isOwn ? 'erased' : judgeRecord(entry, selection);
  }

  return async (log) => {
    const found = { erased: 0, unreadable: 0 };
    let seen = 0;
    for await (const { entry } of store.readForward(log)) {
      const verdict = judge(log, entry);
      if (verdict === 'unreadable') found.unreadable += 1;
      else if (verdict !== 'kept') found.erased += 1;
      seen += 1;
      if (seen % 100 === 0) onProgress(100);
    }
    onProgress(seen % 100);
    if (isDryRun || found.erased === 0) return found;
    const edit = (entry: string): string | null => {
      const verdict = judge(log, entry);
      if (typeof verdict === 'object') return verdict.text;
      return verdict === 'erased' ? null : entry;
    };
    await keeper.editLog(log, edit, onProgress);
    return found;
  };
}
