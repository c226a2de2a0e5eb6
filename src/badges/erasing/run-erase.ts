import type { StateKeeper } from '../../state/state-keeper.ts';
import type { StateStore } from '../../state/state-store.ts';
import { erase, isNothing, survey } from './erase.ts';
import type { Erased } from './erase.ts';
import { EraseError, describeSelection } from './selection.ts';
import type { Selection } from './selection.ts';

export interface RunEraseOptions {
  store: StateStore;
  keeper: StateKeeper;
  isDryRun: boolean;
  /** Whether the settings name the tenant. */
  isConfigured: boolean;
  tell: (text: string) => void;
  /** Milliseconds that never go back. */
  now: () => number;
}

const PROGRESS_MS = 2_000;
/** One erasure at a time: another would bring back what this one has removed. It falls by itself should this process die. */
const LOCK = { waitMs: 1_000, ttlMs: 10 * 60 * 1_000 };

/** Says what there is, and erases it unless it is a dry run. Throws an `EraseError` where nothing is stored. */
export async function runErase(selection: Selection, options: RunEraseOptions): Promise<void> {
  const { store, isDryRun, tell } = options;
  const erasing = { ...options, onProgress: createProgress(options) };
  await store.withLock('erase', LOCK, async () => {
    const found = await survey(erasing, selection);
    if (isNothing(found)) refuseUnknown(selection, options);
    if (isDryRun) {
      return describe(found, { what: `Would erase of ${describeSelection(selection)}`, tell });
    }
    const erased = await erase(erasing, selection);
    const left = await options.keeper.scrub();
    describe(erased, { what: `Erased of ${describeSelection(selection)}`, tell });
    left.forEach((line) => tell(line));
    tell('Backups, exports of the audit, log files and the provider itself are not touched.');
  });
}

/** A tenant of the settings is known, whether anything is stored of it or not. */
function refuseUnknown(selection: Selection, { isConfigured }: RunEraseOptions): void {
  const isOfTenant = selection.badge === undefined && selection.member === undefined;
  if (isOfTenant && isConfigured) return;
  const isUnknown = isOfTenant ? ' The settings do not name it either.' : '';
  const hint = selection.member?.includes('@') ? ' Members are stored by their ids only.' : '';
  throw new EraseError(
    `Nothing is stored of ${describeSelection(selection)}.${isUnknown}${hint} Nothing was erased.`,
  );
}

function describe(
  erased: Erased,
  { what, tell }: { what: string; tell: (text: string) => void },
): void {
  tell(
    `${what}: ${erased.auditRecords} audit record(s), ${erased.historyEntries} history entry(ies), ${erased.values} remembered value(s), ${erased.idempotencyKeys} idempotency key(s).`,
  );
  if (erased.idempotencyKeys > 0) {
    tell(
      'For 24 hours a repeat with one of these keys writes nothing: it is answered with OUTCOME_UNKNOWN.',
    );
  }
  if (erased.underWay > 0) {
    tell(
      `Left, since their mutations are under way: ${erased.underWay} record(s). Run this again when they have ended.`,
    );
  }
  if (erased.unreadable > 0) {
    tell(
      `Left, since it cannot be read whose they are: ${erased.unreadable} audit record(s). They go when RETENTION_DAYS are over.`,
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
    tell(`Looked at ${seen} records so far.`);
  };
}
