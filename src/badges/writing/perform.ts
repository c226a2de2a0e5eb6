import { ProviderError } from '../../http/provider-error.ts';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import type { RememberedFields, Target, WritePlan } from '../../providers/provider.ts';
import { StateError } from '../../state/state-store.ts';
import type { BadgeIndex } from '../reading/badge-index.ts';
import { requireAccess } from '../tenant.ts';
import {
  toBusyError,
  toConflictError,
  toNotFoundError,
  toReadFailure,
  toStateError,
} from '../user-errors.ts';
import { toOutcome } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { send } from './send.ts';
import { boundsOf, noChange, notReadBefore, refuse, timeToStart } from './write.ts';
import type { Write } from './write.ts';

/** What the input points to, lock, fresh read, version, send: in this order. */
export async function performWrite(write: Write): Promise<Outcome> {
  const { operation, of, path } = write;
  try {
    if (!operation.prepare) return await underLock(write);
    const prepared = await operation.prepare(
      requireAccess(of).client,
      write.input,
      boundsOf(write, 'prepare'),
    );
    if ('problems' in prepared) return refuse(path, prepared.problems);
    return await underLock({ ...write, input: prepared.input });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return toOutcome('REFUSED', { userErrors: [toReadFailure(of.provider, error)] });
  }
}

/** Alone among all writes of the badge. Without the store, alone in this process, unless the caller relies on more. */
async function underLock(write: Write): Promise<Outcome> {
  const { target, context, of, dryRun } = write;
  const { tenant } = context;
  if (!target?.isLocked || dryRun) return readAndSend(write);
  const key = [tenant.id, of.provider.name.enumValue, ...target.ids].join('/');
  const times = { waitMs: Math.max(0, timeToStart(write)), ttlMs: 2 * tenant.deadlineMs };

  let isRunning = false;
  const work = (): Promise<Outcome> => {
    isRunning = true;
    return readAndSend(write);
  };
  try {
    return await tenant.store.withLock(`lock/${key}`, times, work);
  } catch (error) {
    if (!(error instanceof StateError) || isRunning) throw error;
    if (error.kind === 'busy') {
      return toOutcome('REFUSED', { userErrors: [toBusyError(of.provider)] });
    }
    if (write.needsStore)
      return toOutcome('REFUSED', { userErrors: [toStateError(write.of.provider)] });
    return tenant.localLocks.withLock(key, work);
  }
}

async function readAndSend(write: Write): Promise<Outcome> {
  const { operation, input, target, path, dryRun } = write;
  const read = await readCurrent(write);
  if ('refusal' in read) return read.refusal;
  const { current } = read;
  const [first] = current;
  const recalled = await recall(write);
  const plan = operation.plan(input, { current: first, remembered: recalled.remembered });
  const predicted = dryRun ? plan.changes : [];

  const expected = target?.expectedVersion;
  if (expected != null && first && expected !== first.version) {
    const userErrors = [toConflictError(path, first)];
    return toOutcome('REFUSED', { badges: current, changes: predicted, userErrors });
  }
  if (plan.givenFields.length > 0 && plan.changes.length === 0) {
    return toOutcome('UNCHANGED', { badges: current, warnings: [noChange(plan)] });
  }
  if (recalled.isOutOfReach && lacksValues(plan)) {
    return toOutcome('REFUSED', { badges: current, userErrors: [toStateError(write.of.provider)] });
  }
  if (plan.problems.length > 0) {
    return { ...refuse(path, plan.problems, current), changes: predicted };
  }
  if (read.isUnread) plan.warnings.push(notReadBefore(plan));
  if (!dryRun) return send(write, plan, current);
  const { changes, warnings } = plan;
  return toOutcome('DRY_RUN', { badges: current, changes, warnings });
}

/** What is out of reach may be known: leaving it out would reset it, and is not what the caller agreed to. */
function lacksValues({ problems, warnings }: WritePlan): boolean {
  return problems.length > 0 || warnings.some(({ code }) => code === 'HIDDEN_FIELDS_OMITTED');
}

type CurrentRead =
  /** `isUnread`: the badge could not be read, and the write can do without. */
  { current: readonly BadgeFields[]; isUnread: boolean } | { refusal: Outcome };

/** The badges that the write is about, past every cache. */
async function readCurrent(write: Write): Promise<CurrentRead> {
  const { of, path, target } = write;
  requireAccess(of);
  if (!target) return { current: [], isUnread: false };
  const list = await listIfNeeded(write, target);
  if (!list) return { current: [], isUnread: true };
  const found = target.ids.map((id) => list.findToWrite(id));
  const current = found.filter((badge) => badge !== null);
  if (current.length === found.length) return { current, isUnread: false };
  const userErrors = [toNotFoundError([...path, target.field], of.provider)];
  return { refusal: toOutcome('REFUSED', { userErrors }) };
}

/** Undefined: the list cannot be read, and the write can do without. A badge that the list shows unreadable is no such case. */
async function listIfNeeded(
  write: Write,
  { expectedVersion }: Target,
): Promise<BadgeIndex | undefined> {
  const { operation, input, source } = write;
  try {
    return (await source.listNew(boundsOf(write, 'prepare'))).value;
  } catch (error) {
    const canDoWithout = expectedVersion == null && operation.isComplete?.(input);
    if (error instanceof ProviderError && canDoWithout) return undefined;
    throw error;
  }
}

async function recall({
  memory,
}: Write): Promise<{ remembered: RememberedFields | null; isOutOfReach: boolean }> {
  try {
    return { remembered: (await memory?.recall()) ?? null, isOutOfReach: false };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return { remembered: null, isOutOfReach: true };
  }
}
