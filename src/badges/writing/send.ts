import { ProviderError, badResponse } from '../../http/provider-error.ts';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import type { WritePlan } from '../../providers/provider.ts';
import { StateError } from '../../state/state-store.ts';
import { requireAccess } from '../tenant.ts';
import { toObstacleError, toProviderConflictError, toWriteFailure } from '../user-errors.ts';
import {
  type BadgeReading,
  type Sending,
  applied,
  attempt,
  publish,
  publishStanding,
  readList,
  reread,
} from './applied-write.ts';
import { claimCreated, findCreated } from './lost-outcome.ts';
import { type Outcome, toOutcome, withNotRecorded } from './outcome.ts';
import { type Write, boundsOf, timeLeft, timeToStart } from './write.ts';

/** A 2xx that says too little: a read decides, where one can. */
export async function acceptedWithoutClearAnswer(sending: Sending): Promise<Outcome> {
  const { write } = sending;
  await write.source.forgetLists(timeLeft(write));
  const reading = await rereadAny(sending);
  if (reading && proves(sending, reading.badge)) {
    return applied(sending, reading.badge ? [reading.badge] : []);
  }
  return unknownAfter(
    sending,
    badResponse('accepted the request without confirming the change'),
    reading,
  );
}

/** Bytes left and no clear answer came. What a read shows goes with the error. */
export async function unknown(sending: Sending, error: ProviderError): Promise<Outcome> {
  await sending.write.source.forgetLists(timeLeft(sending.write));
  return unknownAfter(sending, error, await rereadAny(sending));
}

async function unknownAfter(
  sending: Sending,
  error: ProviderError,
  reading: BadgeReading | undefined,
): Promise<Outcome> {
  const { write, plan } = sending;
  const { writtenValues, givenFields } = plan;
  const badge = reading?.badge ?? undefined;
  const [id = badge?.id ?? null] = write.target?.isLocked ? write.target.ids : [];
  const hasTakenEffect = badge !== undefined && proves(sending, badge);
  const hiddenRevision = writtenValues ? `${error.kind}-${write.context.requestId}` : undefined;
  if (hasTakenEffect) await publishStanding(sending, badge);
  // It may take effect after this read, so that nobody else is to be shown it.
  else if (id !== null && writtenValues)
    await publish(write, { id, before: undefined, after: undefined, hiddenRevision });
  else await write.source.forgetLists(timeLeft(write));
  if (hasTakenEffect && writtenValues) {
    const memory = write.memory ?? write.memoryOf(badge.id);
    await attempt(() => memory.settle(writtenValues, badge.record));
  }
  const failed = {
    kind: write.kind,
    sentFields: givenFields,
    hasKey: write.hasKey,
    isShown: badge !== undefined,
  };
  return toOutcome('UNKNOWN', {
    badges: badge ? [badge] : [],
    userErrors: [toWriteFailure(write.of.provider, error, failed)],
  });
}

/** Whether a badge as it is now shows that the write took effect. */
function proves({ write, plan, proof }: Sending, now: BadgeFields | null): boolean {
  if (write.target === null) return now !== null;
  return proof.isVisible && write.operation.isConfirmedBy?.(plan, now) === true;
}

/** What a read can show of the write: its one badge, or the one that a creation made. */
async function rereadAny({ write, plan, proof }: Sending): Promise<BadgeReading | undefined> {
  if (write.target !== null) return reread(write);
  const list = await readList(write);
  const sent = list && { list, body: plan.body, twinIds: proof.twinIds };
  const badge = sent && (await findCreated(write.operation, sent));
  return badge && (await isOwn(write, badge)) ? { badge } : undefined;
}

/** Whether no other mutation is known to have made the badge, nor will be. */
async function isOwn(
  { context: { tenant }, creation }: Write,
  badge: BadgeFields,
): Promise<boolean> {
  try {
    return await claimCreated(tenant.store, creation, badge);
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return false;
  }
}

/** Announces the write, sends it at most once, and settles what is known of its effect. */
export async function send(
  write: Write,
  plan: WritePlan,
  read: Pick<Sending, 'current' | 'list' | 'open'> & { twinIds: readonly string[] | undefined },
): Promise<Outcome> {
  const { current, list, open, twinIds } = read;
  if (timeToStart(write) < 0) {
    return toOutcome('REFUSED', { userErrors: [toObstacleError('tooLate', write.of.provider)] });
  }
  const proof = {
    isVisible: isVisible(write, plan, [...current, ...(open.sent ? [open.sent] : [])]),
    twinIds,
  };
  const announced = await announce({ write, plan, current, list, open, proof });
  if (!announced) {
    return toOutcome('REFUSED', { userErrors: [toObstacleError('noState', write.of.provider)] });
  }
  const sending = { write, plan: announced, current, list, open, proof };
  try {
    const answered = await sendOnce(sending);
    return answered ? await applied(sending, answered) : await acceptedWithoutClearAnswer(sending);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (error.effect === 'unknown') return unknown(sending, error);
    await attempt(() => write.memory?.withdraw());
    return refused(sending, error);
  }
}

/** Undefined: the store could not take the announcement, and the write relies on it. What was not sent leaves no trace. */
async function announce(sending: Sending): Promise<WritePlan | undefined> {
  const { write, plan, current, open, proof } = sending;
  const { memory, needsStore } = write;
  const before = open.sent ?? current[0];
  const isAnnounced = await attempt(async () => {
    if (plan.writtenValues) {
      const left = before && write.operation.toExpected?.(plan.body, before);
      await memory?.pend(plan.writtenValues, left?.record);
    }
    await write.beforeSend(plan, proof);
    // Last, so that it holds for all that was written before it too.
    await write.lock?.secure();
  });
  if (isAnnounced) return plan;
  if (needsStore || reusesMemory(plan)) {
    await attempt(() => memory?.withdraw());
    return undefined;
  }
  if (plan.writtenValues) memory?.doubt();
  return { ...plan, warnings: withNotRecorded(plan.warnings, plan.givenFields) };
}

function reusesMemory({ warnings }: WritePlan): boolean {
  return warnings.some(({ code }) => code === 'HIDDEN_FIELDS_REUSED');
}

/** Null: the answer is neither a clear yes nor a clear no. What is not a failure of the provider is one of ours. */
async function sendOnce(sending: Sending): Promise<readonly BadgeFields[] | null> {
  const { write, plan } = sending;
  const { operation, input, of } = write;
  const { client } = requireAccess(of);
  try {
    const bounds = boundsOf(write, 'write');
    const answered = await operation.send(client, { input, body: plan.body }, bounds);
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

/** Whether an answer cannot be about this badge: it was not to be changed, or it was there before one was to be made. */
function isOther({ write: { target }, list }: Sending, id: string): boolean {
  if (target) return target.isLocked && !target.ids.includes(id);
  return list !== undefined && (list.list.malformedIds.has(id) || list.find(id) !== null);
}

/** Only what was not so before shows that the whole write took effect, also in the fields that no read shows. */
function isVisible({ operation }: Write, plan: WritePlan, before: readonly BadgeFields[]): boolean {
  return (
    before.length > 0 && before.every((badge) => operation.isConfirmedBy?.(plan, badge) === false)
  );
}

/** Nothing was changed, so the badges are still as they were read; unless the provider says that somebody else was faster. */
async function refused({ write, plan, current }: Sending, error: ProviderError): Promise<Outcome> {
  const { provider } = write.of;
  if (error.kind !== 'conflict') {
    const { kind, hasKey } = write;
    const failed = { kind, hasKey, sentFields: plan.givenFields, isShown: current.length > 0 };
    const userErrors = [toWriteFailure(provider, error, failed)];
    return toOutcome('REFUSED', {
      badges: current,
      userErrors,
      notFoundIds: error.kind === 'not-found' ? notShown(write, current) : [],
    });
  }
  const now = (await reread(write))?.badge;
  const badges = write.target?.isLocked ? (now ? [now] : []) : current;
  return toOutcome('REFUSED', {
    badges,
    userErrors: [toProviderConflictError(provider, error, badges[0] ?? null)],
  });
}

/** Of the badges of a write those that were not read before it. The provider does not say which of them it lacks. */
function notShown({ target }: Write, current: readonly BadgeFields[]): string[] {
  const shownIds = current.map(({ id }) => id);
  return (target?.ids ?? []).filter((id) => !shownIds.includes(id));
}
