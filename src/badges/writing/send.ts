import type { CallBounds } from '../../http/admission.ts';
import { ProviderError, badResponse } from '../../http/provider-error.ts';
import type { BadgeFields } from '../../providers/badge-list.ts';
import { requireAccess } from '../context.ts';
import { toProviderConflictError, toWriteFailure } from '../user-errors.ts';
import { reread, settleApplied } from './applied-write.ts';
import { type Outcome, rejectedBy, toOutcome } from './outcome.ts';
import { hashIds, settleUnclear, settleUnknown } from './unknown-outcome.ts';
import type { Mutation, Proof, Sending } from './write.ts';

/** Reserved for reading the badge after the write. */
const REREAD_MS = 1_000;
/** Reserved for starting the write after a read that it can do without was given up. */
const START_MARGIN_MS = 250;

/** The deadline for sending the write. A dry run sends nothing, and has the whole time of the operation. */
function writeBounds({ context: { deadlineAt }, dryRun }: Mutation): CallBounds {
  return { purpose: 'write', deadlineAt: dryRun ? deadlineAt : deadlineAt - REREAD_MS };
}

/** The deadline for reads before the write: a full attempt to write fits in after them. */
export function prepareBounds(mutation: Mutation): CallBounds {
  const { context, dryRun } = mutation;
  const attemptMs = dryRun ? 0 : context.tenant.attemptTimeoutMs;
  return { purpose: 'prepare', deadlineAt: writeBounds(mutation).deadlineAt - attemptMs };
}

/** The deadline for a read that the write can do without. */
export function optionalReadBounds(mutation: Mutation): CallBounds {
  const { purpose, deadlineAt } = prepareBounds(mutation);
  return { purpose, deadlineAt: deadlineAt - START_MARGIN_MS };
}

/** Milliseconds until the last moment at which the write may start; negative after it. */
export function timeToStart({ context: { tenant, deadlineAt } }: Mutation): number {
  return deadlineAt - tenant.now() - tenant.attemptTimeoutMs - REREAD_MS;
}

/** Stages the write, sends it at most once, and finds out whether it took effect. */
export async function send(planned: Omit<Sending, 'proof'>): Promise<Outcome> {
  const { write } = planned;
  const sending = { ...planned, proof: await toProof(planned) };
  if (timeToStart(write) < 0) return rejectedBy('tooLate', write.of.provider);
  if (!(await write.journal.stage(sending))) return rejectedBy('noState', write.of.provider);
  try {
    const answered = await sendOnce(sending);
    if (!answered) return await settleUnclear(sending);
    return await settleApplied(sending, await withKnownWrites(sending, answered));
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (error.effect === 'unknown') return settleUnknown(sending, error);
    await write.journal.rollback();
    return settleRejected(sending, error);
  }
}

/** Taken before the send, so that a read after it can tell the effect of this write from an older state. */
async function toProof(planned: Omit<Sending, 'proof'>): Promise<Proof> {
  const { write, plan, current, open, list } = planned;
  const { operation, target } = write;
  const states = open.sent ? [...current, open.sent] : current;
  return {
    isVisible:
      states.length > 0 &&
      states.every((badge) => operation.isConfirmedBy?.(plan, badge) === false),
    earlierIds: target === null && list ? await hashIds(list) : undefined,
  };
}

/** Null if the provider accepted the write without a clear answer. An unexpected error of ours is an unknown outcome. */
async function sendOnce(sending: Sending): Promise<readonly BadgeFields[] | null> {
  const { write, plan } = sending;
  const { operation, input, found, of } = write;
  const { client } = requireAccess(of);
  try {
    const sent = { input, body: plan.body, found };
    const answered = await operation.send(client, sent, writeBounds(write));
    if (answered?.some(({ id }) => isOther(sending, id))) {
      throw badResponse('returned a different badge');
    }
    return answered;
  } catch (error) {
    if (error instanceof ProviderError) throw error;
    write.context.tenant.onBug(error);
    throw new ProviderError(
      'was sent the request, but this service failed before it processed the response',
      {
        kind: 'bad-response',
        effect: 'unknown',
        isBreakdown: false,
        provider: of.provider.name,
        cause: error,
      },
    );
  }
}

/** Badges that were not changed have the versions of later reads. If a list was read before, it has them. */
async function withKnownWrites(
  { write: { target, of }, list }: Sending,
  answered: readonly BadgeFields[],
): Promise<readonly BadgeFields[]> {
  if (list || !target || target.isLocked) return answered;
  return (await of.access?.recentWrites.completeSome(answered)) ?? answered;
}

/** Whether an answered badge is not the one that was written: another ID, or one that was there before a creation. */
function isOther({ write: { target }, list }: Sending, id: string): boolean {
  if (target) return target.isLocked && !target.ids.includes(id);
  return list !== undefined && (list.list.malformedIds.has(id) || list.find(id) !== null);
}

/** Nothing was changed, so the badges are as they were read. Only a reported conflict is a reason to read again. */
async function settleRejected(
  { write, plan, current }: Sending,
  error: ProviderError,
): Promise<Outcome> {
  const { kind, target, idempotencyKey, of } = write;
  if (error.kind === 'conflict') {
    const now = target?.isLocked ? (await reread(write))?.badge : undefined;
    const badges = target?.isLocked ? (now ? [now] : []) : current;
    const conflict = toProviderConflictError(of.provider, error, badges[0] ?? null);
    return toOutcome('REFUSED', { badges, userErrors: [conflict] });
  }
  // The provider does not say which badges it lacks: those that were not read before the write may be.
  const shownIds = current.map(({ id }) => id);
  const notShownIds = (target?.ids ?? []).filter((id) => !shownIds.includes(id));
  const userErrors = [
    toWriteFailure(of.provider, error, {
      kind,
      hasKey: idempotencyKey !== null,
      sentFields: plan.givenFields,
      inputFields: Object.keys(write.input),
      isShown: current.length > 0,
      wereBadgesFound: notShownIds.length === 0,
    }),
  ];
  const notFoundIds = error.kind === 'not-found' ? notShownIds : [];
  return toOutcome('REFUSED', { badges: current, userErrors, notFoundIds });
}
