import { ProviderError, badResponse } from '../../http/provider-error.ts';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import type { WritePlan } from '../../providers/provider.ts';
import { StateError } from '../../state/state-store.ts';
import { requireAccess } from '../tenant.ts';
import {
  toProviderConflictError,
  toStateError,
  toTooLateError,
  toWriteFailure,
} from '../user-errors.ts';
import { toOutcome } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { boundsOf, timeLeft, timeToStart, withNotRecorded } from './write.ts';
import type { Write } from './write.ts';

/** Announces the write, sends it at most once, and settles what is known of its effect. */
export async function send(
  write: Write,
  plan: WritePlan,
  current: readonly BadgeFields[],
): Promise<Outcome> {
  const { of } = write;
  if (timeToStart(write) < 0) {
    return toOutcome('REFUSED', { userErrors: [toTooLateError(of.provider)] });
  }
  const isRecorded = await attempt(async () => {
    if (plan.hiddenValues) await write.memory?.pend(plan.hiddenValues);
    await write.beforeSend(plan, isVisible(write, plan, current));
  });
  if (!isRecorded) {
    if (write.needsStore || reusesMemory(plan))
      return toOutcome('REFUSED', { userErrors: [toStateError(write.of.provider)] });
    plan.warnings = withNotRecorded(plan.warnings, plan.givenFields);
    if (plan.hiddenValues) write.memory?.doubt();
  }

  try {
    const answered = await sendOnce(write, plan);
    return answered
      ? await applied(write, plan, answered.length > 0 ? answered : current)
      : await acceptedWithoutBody(write, plan, current);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (error.effect === 'unknown') return unknown({ write, plan, current, error });
    if (plan.hiddenValues) await attempt(async () => write.memory?.revert());
    return refused({ write, plan, current, error });
  }
}

function reusesMemory({ warnings }: WritePlan): boolean {
  return warnings.some(({ code }) => code === 'HIDDEN_FIELDS_REUSED');
}

/** Null: accepted without the body that was promised. */
async function sendOnce(write: Write, plan: WritePlan): Promise<readonly BadgeFields[] | null> {
  const { operation, input, of, source, target } = write;
  try {
    const { client } = requireAccess(of);
    const bounds = boundsOf(write, 'write');
    const answered = await operation.send(client, { input, body: plan.body }, bounds);
    const other = target?.isLocked && answered?.find(({ id }) => !target.ids.includes(id));
    if (other) throw badResponse('answered for another badge');
    return answered;
  } finally {
    await source.forgetLists(timeLeft(write));
  }
}

async function applied(
  write: Write,
  plan: WritePlan,
  badges: readonly BadgeFields[],
): Promise<Outcome> {
  const { source, kind, target } = write;
  const isDeleted = kind === 'delete';
  if (!isDeleted) badges.forEach((badge) => source.remember(badge));
  const isSettled = await attempt(async () => {
    const memory = write.memory ?? (badges[0] && write.memoryOf(badges[0].id));
    if (isDeleted) await memory?.forget();
    else if (plan.hiddenValues) await memory?.settle(plan.hiddenValues);
  });
  const { changes } = plan;
  const warnings = isSettled ? plan.warnings : withNotRecorded(plan.warnings, plan.givenFields);
  return toOutcome('APPLIED', {
    badges: isDeleted ? [] : badges,
    deletedBadgeId: isDeleted ? (target?.ids[0] ?? null) : null,
    changes,
    warnings,
  });
}

/** A 2xx without a body says too little: a read decides, where one can. */
async function acceptedWithoutBody(
  write: Write,
  plan: WritePlan,
  current: readonly BadgeFields[],
): Promise<Outcome> {
  const reading = await reread(write);
  if (reading && provesWrite({ write, plan, current }, reading.badge)) {
    return applied(write, plan, reading.badge ? [reading.badge] : []);
  }
  const error = badResponse('accepted the request without an answer');
  return unknown({ write, plan, current, error });
}

interface Failure {
  write: Write;
  plan: WritePlan;
  /** The badges as they were read before. */
  current: readonly BadgeFields[];
  error: ProviderError;
}

/** Bytes left and no clear answer came. What a read shows goes with the error. */
async function unknown({ write, plan, current, error }: Failure): Promise<Outcome> {
  const { memory } = write;
  const reading = await reread(write);
  // It may take effect after this read, so nobody else is to be shown it.
  await write.source.forgetLists(timeLeft(write));
  const hasTakenEffect = reading?.badge && provesWrite({ write, plan, current }, reading.badge);
  const { hiddenValues } = plan;
  if (hasTakenEffect && hiddenValues) await attempt(async () => memory?.settle(hiddenValues));
  return toOutcome('UNKNOWN', {
    badges: reading?.badge ? [reading.badge] : [],
    userErrors: [toWriteFailure(write.of.provider, error, plan.givenFields)],
  });
}

/** Whether the badge as it is now shows that the write took effect. */
function provesWrite(
  { write, plan, current }: Omit<Failure, 'error'>,
  now: BadgeFields | null,
): boolean {
  return isVisible(write, plan, current) && write.operation.isConfirmedBy?.(plan, now) === true;
}

/** Only what was not so before shows that the whole write took effect, also in the fields that no read shows. */
function isVisible(
  { operation }: Write,
  plan: WritePlan,
  [before]: readonly BadgeFields[],
): boolean {
  return before !== undefined && operation.isConfirmedBy?.(plan, before) === false;
}

/** Nothing was changed, so the badges are still as they were read; unless the provider says that somebody else was faster. */
async function refused({ write, plan, current, error }: Failure): Promise<Outcome> {
  if (error.kind !== 'conflict') {
    const userErrors = [toWriteFailure(write.of.provider, error, plan.givenFields)];
    return toOutcome('REFUSED', { badges: current, userErrors });
  }
  const now = (await reread(write))?.badge;
  const badges = write.target?.isLocked ? (now ? [now] : []) : current;
  return toOutcome('REFUSED', {
    badges,
    userErrors: [toProviderConflictError(write.of.provider, badges[0] ?? null)],
  });
}

/** The one badge of the write as it stands now; null when it is gone. Undefined: no read can show it, or it failed. */
export async function reread(write: Write): Promise<{ badge: BadgeFields | null } | undefined> {
  const { source, target } = write;
  const [id] = target?.ids ?? [];
  if (id === undefined || !target?.isLocked) return undefined;
  try {
    return { badge: (await source.listNew(boundsOf(write, 'settle'))).value.find(id) };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return undefined;
  }
}

/** Whether the store took it. */
async function attempt(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return false;
  }
}
