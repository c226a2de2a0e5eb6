import type { ProviderError } from '../../http/provider-error.ts';
import { badResponse } from '../../http/provider-error.ts';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import { StateError } from '../../state/state-store.ts';
import { toWriteFailure } from '../user-errors.ts';
import { applied, attempt, publish, publishStanding, readList, reread } from './applied-write.ts';
import type { BadgeReading, Sending } from './applied-write.ts';
import { findCreated, isMadeByAnother } from './created.ts';
import { toOutcome } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { timeLeft } from './write.ts';
import type { Write } from './write.ts';

/** A 2xx that says too little: a read decides, where one can. */
export async function acceptedWithoutClearAnswer(sending: Sending): Promise<Outcome> {
  const { write } = sending;
  await write.source.forgetLists(timeLeft(write));
  const reading = await rereadAny(sending);
  if (reading && proves(sending, reading.badge)) {
    return applied(sending, reading.badge ? [reading.badge] : []);
  }
  return unknownAfter(sending, badResponse('accepted the request without a clear answer'), reading);
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

/** Whether no other mutation is known to have made the badge. */
async function isOwn({ context: { tenant } }: Write, badge: BadgeFields): Promise<boolean> {
  try {
    return !(await isMadeByAnother(tenant.store, { tenant: tenant.id, badge, ownKey: null }));
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return false;
  }
}
