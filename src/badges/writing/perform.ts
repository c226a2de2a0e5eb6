import { ProviderError } from '../../http/provider-error.ts';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import type { PlanBasis, RememberedFields, Target, WritePlan } from '../../providers/provider.ts';
import { type HeldLock, StateError } from '../../state/state-store.ts';
import type { BadgeIndex } from '../reading/badge-index.ts';
import type { OpenWrites } from '../recent-writes.ts';
import { requireAccess } from '../tenant.ts';
import {
  toConflictError,
  toNotFoundError,
  toObstacleError,
  toReadFailure,
} from '../user-errors.ts';
import { findTwinIds } from './lost-outcome.ts';
import {
  type Outcome,
  noChange,
  notReadBefore,
  refuse,
  resentWarning,
  toOutcome,
} from './outcome.ts';
import { send } from './send.ts';
import { type Write, boundsOf, boundsOfOptionalRead, timeToStart } from './write.ts';

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
    write.onPrepared(prepared.input);
    return await underLock({ ...write, input: prepared.input });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return toOutcome('REFUSED', { userErrors: [toReadFailure(of.provider, error)] });
  }
}

/** How long a dry run waits for a write of the same badge. */
const DRY_RUN_WAIT_MS = 2_000;

/** Alone among all writes of the badge. Without the store, alone in this process, unless the caller relies on more. */
async function underLock(write: Write): Promise<Outcome> {
  const { target, context, of, dryRun } = write;
  const { tenant } = context;
  if (!target?.isLocked) return readAndSend(write);
  const key = [tenant.id, of.provider.name.enumValue, ...target.ids].join('/');
  const longestMs = dryRun ? DRY_RUN_WAIT_MS : Infinity;
  const waitMs = Math.min(longestMs, Math.max(0, timeToStart(write)));
  const times = { waitMs, ttlMs: 2 * tenant.deadlineMs };

  let isRunning = false;
  const work = (lock: HeldLock | null): Promise<Outcome> => {
    isRunning = true;
    return readAndSend({ ...write, lock });
  };
  try {
    return await tenant.store.withLock(`lock/${key}`, times, work);
  } catch (error) {
    if (!(error instanceof StateError) || isRunning) throw error;
    // What is read beside a write may be of two moments, which a preview can do with.
    if (dryRun) return readAndSend(write);
    if (error.kind === 'busy') {
      return toOutcome('REFUSED', { userErrors: [toObstacleError('badgeLocked', of.provider)] });
    }
    if (write.needsStore)
      return toOutcome('REFUSED', { userErrors: [toObstacleError('noState', write.of.provider)] });
    return tenant.localLocks.withLock(key, () => work(null));
  }
}

async function readAndSend(write: Write): Promise<Outcome> {
  const { target, path, dryRun } = write;
  const read = await readCurrent(write);
  if ('refusal' in read) return read.refusal;
  const { current } = read;
  const [first] = current;
  const open = await openAt(write, first);
  const recalled = await recall(write);
  const knownHeld = await knownHolding(write);
  const basis = { current: first, remembered: recalled.remembered, knownHeld };
  const planned = planOn(write, basis, open);
  const predicted = dryRun ? planned.changes : [];

  const expected = target?.expectedVersion;
  if (expected != null && first && expected !== first.version) {
    const userErrors = [toConflictError(path, first)];
    return toOutcome('REFUSED', { badges: current, changes: predicted, userErrors });
  }
  if (planned.givenFields.length > 0 && planned.changes.length === 0) {
    return toOutcome('UNCHANGED', { badges: current, warnings: [noChange(planned)] });
  }
  if (recalled.isOutOfReach && lacksValues(planned)) {
    return toOutcome('REFUSED', {
      badges: current,
      userErrors: [toObstacleError('noState', write.of.provider)],
    });
  }
  if (planned.problems.length > 0) {
    return { ...refuse(path, planned.problems, current), changes: predicted };
  }
  const plan = read.isUnread ? withNotRead(planned) : planned;
  if (!dryRun)
    return send(write, plan, { ...read, open, twinIds: await twinIdsOf(write, plan, read) });
  const { changes, warnings } = plan;
  return toOutcome('DRY_RUN', { badges: current, changes, warnings });
}

/** Of awards and creations nothing: they leave no badge in doubt. */
async function openAt({ of, target }: Write, first: BadgeFields | undefined): Promise<OpenWrites> {
  const open = first && target?.isLocked && (await of.access?.recentWrites.openAt(first));
  return open || { olderVersions: new Set(), sent: undefined };
}

/** What was sent last, and is not shown yet, is not to be overwritten with what it replaced, and may be sent again. */
function planOn(
  { operation, input, of }: Write,
  basis: PlanBasis,
  { sent }: OpenWrites,
): WritePlan {
  const onShown = operation.plan(input, basis);
  const { current } = basis;
  if (!sent || !current || !operation.toExpected) return onShown;
  const onSent = operation.plan(input, { ...basis, current: sent });
  const resent = Object.keys(onSent.body).filter(
    (field) =>
      !onSent.givenFields.includes(field) &&
      JSON.stringify(operation.valueOf?.(current, field)) !==
        JSON.stringify(operation.valueOf?.(sent, field)),
  );
  return {
    ...onSent,
    changes: onSent.changes.length > 0 ? onSent.changes : onShown.changes,
    warnings:
      resent.length > 0
        ? [...onSent.warnings, resentWarning(of.provider, resent)]
        : onSent.warnings,
  };
}

function withNotRead(plan: WritePlan): WritePlan {
  return { ...plan, warnings: [...plan.warnings, notReadBefore(plan)] };
}

/** Undefined: no creation, or the list before it is not known. */
async function twinIdsOf(
  { operation, target }: Write,
  { body }: WritePlan,
  { list }: { list: BadgeIndex | undefined },
): Promise<string[] | undefined> {
  return target === null && list ? findTwinIds(operation, list, body) : undefined;
}

/** Of the badges to be awarded those that the member is known to hold. */
async function knownHolding({ operation, input, target, kind, heldBy }: Write): Promise<string[]> {
  const userId = operation.memberId?.(input);
  if (userId === undefined || kind !== 'award' || !target) return [];
  return heldBy(userId).among(target.ids);
}

/** What is out of reach may be known: leaving it out would reset it, and is not what the caller agreed to. */
function lacksValues({ problems, warnings }: WritePlan): boolean {
  return problems.length > 0 || warnings.some(({ code }) => code === 'HIDDEN_FIELDS_OMITTED');
}

type CurrentRead =
  | {
      current: readonly BadgeFields[];
      /** The badge could not be read, and the write can do without. */
      isUnread: boolean;
      /** Undefined: it was not read. */
      list: BadgeIndex | undefined;
    }
  | { refusal: Outcome };

/** The badges that the write is about, past every cache. */
async function readCurrent(write: Write): Promise<CurrentRead> {
  const { of, path, target, dryRun } = write;
  requireAccess(of);
  if (!target) {
    return { current: [], isUnread: false, list: dryRun ? undefined : await listIfPossible(write) };
  }
  const list = await listIfNeeded(write, target);
  if (!list) return { current: [], isUnread: true, list };
  const found = target.ids.map((id) => list.findToWrite(id));
  const current = found.filter((badge) => badge !== null);
  if (current.length === found.length) return { current, isUnread: false, list };
  const userErrors = [toNotFoundError([...path, target.field], of.provider)];
  const notFoundIds = target.ids.filter((_id, index) => found[index] === null);
  return { refusal: toOutcome('REFUSED', { userErrors, notFoundIds }) };
}

/** Undefined: the list cannot be read, and the write can do without. A badge that the list shows unreadable is no such case. */
async function listIfNeeded(
  write: Write,
  { expectedVersion }: Target,
): Promise<BadgeIndex | undefined> {
  const { operation, input, source } = write;
  if (expectedVersion == null && operation.canSkipRead?.(input)) return listIfPossible(write);
  return (await source.listNew(boundsOf(write, 'prepare'))).value;
}

/** A documented call does not depend on the list: undefined if it cannot be read. */
async function listIfPossible(write: Write): Promise<BadgeIndex | undefined> {
  try {
    return (await write.source.listNew(boundsOfOptionalRead(write))).value;
  } catch (error) {
    if (error instanceof ProviderError) return undefined;
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
