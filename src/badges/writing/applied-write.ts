import { ProviderError } from '../../http/provider-error.ts';
import { type BadgeFields, toVersion } from '../../providers/badge-list.ts';
import { toChange } from '../../providers/input-checks.ts';
import type { FieldChange, Target, WritePlan } from '../../providers/provider.ts';
import type { BadgeIndex } from '../reading/badge-index.ts';
import type { NotedWrite } from '../recent-writes.ts';
import { type Outcome, alteredWarning, toOutcome, withNotRecorded } from './outcome.ts';
import type { Sending, Standing, Write } from './write.ts';

/** The provider applied the write. Its answer, or a read after it, decides what is shown and remembered. */
export async function settleApplied(
  sending: Sending,
  answered: readonly BadgeFields[],
): Promise<Outcome> {
  const { write, plan, current } = sending;
  if (write.kind === 'delete') return deleted(sending);
  const { standing, isRecorded } = await settleStanding(sending, answered);
  const { badge, altered } = standing;
  const warnings =
    altered.length > 0
      ? [...plan.warnings, alteredWarning(write.of.provider, standing)]
      : plan.warnings;
  const shown = badge ? [badge] : await shownAfter(sending, answered);
  shown.forEach((each) => write.source.remember(each));
  const isOfMember = write.operation.showsMember && answered.length > 0;
  return toOutcome('APPLIED', {
    badges: write.target ? ofTarget(write.target, shown, current) : shown,
    memberBadges: isOfMember ? shown : null,
    changes: changesAsStanding(sending, standing),
    warnings: isRecorded ? warnings : withNotRecorded(warnings, plan.givenFields),
  });
}

/** The badges of the input: as they are shown after the write, else as they were read before it. */
function ofTarget(
  { ids }: Target,
  shown: readonly BadgeFields[],
  current: readonly BadgeFields[],
): BadgeFields[] {
  const known = new Map([...current, ...shown].map((badge) => [badge.id, badge]));
  return ids.flatMap((id) => known.get(id) ?? []);
}

async function deleted(sending: Sending): Promise<Outcome> {
  const { write, plan, current } = sending;
  const [id = null] = write.target?.ids ?? [];
  const publishing = publish(write, { id, before: current[0], after: null });
  const { isRecorded } = await recordAll(sending, SHOWS_NOTHING, publishing);
  return toOutcome('APPLIED', {
    badges: current,
    deletedBadgeId: id,
    changes: plan.changes,
    warnings: isRecorded ? plan.warnings : withNotRecorded(plan.warnings, plan.givenFields),
  });
}

/** The badges of an answer that were not changed, completed with what the list shows of them. */
function withKnown(sending: Sending, answered: readonly BadgeFields[]): BadgeFields[] {
  const { write, plan, list } = sending;
  const known = new Map(list?.list.badges.map((badge) => [badge.id, badge]));
  return answered.map((shown) =>
    toStanding(write, plan.body, { shown, before: known.get(shown.id) }),
  );
}

/** After an award or a revocation: what the answer shows, or a read if the answer shows nothing and the operation asks for one. */
async function shownAfter(
  sending: Sending,
  answered: readonly BadgeFields[],
): Promise<readonly BadgeFields[]> {
  const { write } = sending;
  const known = withKnown(sending, answered);
  if (known.length > 0 || !write.operation.isReadAfter) return known;
  const ids = new Set(write.target?.ids);
  const read = await readAfterWrite(write, ({ list }) =>
    list.badges.filter(({ id }) => ids.has(id)),
  );
  return read ?? known;
}

/** How the badge stands, and whether that was recorded. */
interface Settled {
  standing: Standing;
  isRecorded: boolean;
}

/** Compares what the answer shows with what was sent. Where they differ, a read decides. */
async function settleStanding(
  sending: Sending,
  answered: readonly BadgeFields[],
): Promise<Settled> {
  const { write, plan } = sending;
  const [shown] = answered;
  const changesBadge = write.target === null || write.target.isLocked;
  if (!shown || !changesBadge) {
    return recordAll(sending, SHOWS_NOTHING, invalidateLists(write));
  }
  const before = stateBefore(sending);
  const whole = toStanding(write, plan.body, { shown, before });
  const altered = alteredFields(sending, whole);
  const answer = asListed(sending, whole, { body: plan.body, altered });
  if (altered.length === 0) {
    const { badge } = toPublished(sending, answer);
    return recordAll(sending, { badge, altered }, publishStanding(sending, answer));
  }
  if (!write.target) return recordAll(sending, await settleCreated(sending, { answer, altered }));
  const older = toStanding(write, {}, { shown, before });
  const unwritten = asListed(sending, older, { body: {}, altered: [] });
  const standing = mayBeOlder(sending, unwritten)
    ? await settleOlder(sending, unwritten)
    : await settleAltered(sending, { answer, altered });
  return recordAll(sending, standing);
}

const SHOWS_NOTHING: Standing = { badge: undefined, altered: [] };

/** Records the result, the audit record and what is published at the same moment: the store is waited for once. */
async function recordAll(
  sending: Sending,
  standing: Standing,
  publishing?: Promise<unknown>,
): Promise<Settled> {
  const { journal, memberId } = sending.write;
  const changes = changesAsStanding(sending, standing);
  const [isRecorded] = await Promise.all([
    journal.commit(sending, standing),
    journal.audit(standing.badge, { changes, memberId }),
    publishing,
  ]);
  return { standing, isRecorded };
}

/** The answer to a creation shows other values than it was sent: those that the badge has, or has not yet. */
async function settleCreated(
  sending: Sending,
  { answer, altered }: { answer: BadgeFields; altered: readonly string[] },
): Promise<Standing> {
  const { write, plan } = sending;
  // Before it is published: from then on, every list shows the badge as it was answered.
  const read = await readAfterWrite(write, (list) => list.find(answer.id));
  if (read) return standAs(sending, read);
  const sent = write.operation.toExpected?.(plan.body, answer);
  const badge = await publishStanding(sending, answer, sent);
  return { badge, altered, sent };
}

/** The answer shows a new state of the badge, and not that which was sent. */
async function settleAltered(
  sending: Sending,
  { answer, altered }: { answer: BadgeFields; altered: readonly string[] },
): Promise<Standing> {
  const { write } = sending;
  const published = await publishStanding(sending, answer);
  const read = (await reread(write))?.badge;
  const isNewer = read && !mayBeOlder(sending, read);
  return isNewer ? standAs(sending, read) : { badge: published, altered };
}

/** The answer shows the badge as it was before: the provider ignores the write, or shows it late. */
async function settleOlder(sending: Sending, answer: BadgeFields): Promise<Standing> {
  const { write, plan, current, open } = sending;
  const sent = write.operation.toExpected?.(plan.body, stateBefore(sending) ?? answer);
  const isShownAsSentBefore = answer.readableVersion === open.sent?.readableVersion;
  const known = isShownAsSentBefore ? answer : (current[0] ?? answer);
  await publishStanding(sending, known, sent);

  const read = (await reread(write))?.badge;
  if (read && !mayBeOlder(sending, read)) return standAs(sending, read);
  const shown = isShownAsSentBefore ? answer : (read ?? known);
  const badge = await publishStanding(sending, shown, sent);
  return { badge, altered: alteredFields(sending, badge), sent };
}

async function standAs(sending: Sending, shown: BadgeFields): Promise<Standing> {
  const { write, plan } = sending;
  const standing = toStanding(write, plan.body, { shown, before: stateBefore(sending) });
  const badge = await publishStanding(sending, standing);
  return { badge, altered: alteredFields(sending, badge) };
}

/** The badge that an answer or a read shows, completed with what it leaves out. */
function toStanding(
  { operation }: Write,
  body: object,
  { shown, before }: { shown: BadgeFields; before: BadgeFields | undefined },
): BadgeFields {
  return operation.toStanding?.(shown, { body, before }) ?? shown;
}

/** The badge as the next list will show it, so that its version is that of the next read; whole if that hides a change. */
function asListed(
  { write: { operation }, list }: Sending,
  answer: BadgeFields,
  { body, altered }: { body: object; altered: readonly string[] },
): BadgeFields {
  const listed = operation.asListed?.(answer, { listed: list?.list.badges ?? [], body }) ?? answer;
  const isShown = (field: string): boolean => operation.valueOf?.(listed, field) !== undefined;
  return altered.every(isShown) ? listed : answer;
}

/** The last state before the write: as an earlier write sent it, if that is not shown yet. */
function stateBefore({ open, current }: Sending): BadgeFields | undefined {
  return open.sent ?? current[0];
}

function alteredFields({ write, plan }: Sending, badge: BadgeFields): string[] {
  return write.operation.fieldsNotAsSent?.(plan.body, badge) ?? [];
}

/** Whether a badge is shown in a state that it may have had before the write. */
function mayBeOlder(
  { current: [before], open: { olderVersions, sent } }: Sending,
  { readableVersion }: BadgeFields,
): boolean {
  if (!before) return true;
  const states = [before.readableVersion, sent?.readableVersion, ...olderVersions];
  return states.includes(readableVersion);
}

/** The real changes: altered fields with the value that the provider shows, also those that the caller did not give. */
function changesAsStanding(
  { write: { operation }, plan, current: [before] }: Sending,
  { badge, altered }: Standing,
): readonly FieldChange[] {
  if (!badge || altered.length === 0) return plan.changes;
  const fields = new Set([...plan.changes.map(({ field }) => field), ...altered]);
  return [...fields].flatMap((field) => {
    const planned = plan.changes.find((change) => change.field === field);
    if (!altered.includes(field)) return planned ?? [];
    const was = before && operation.valueOf?.(before, field);
    return toChange(field, was, operation.valueOf?.(badge, field) ?? null) ?? [];
  });
}

/** Shows the badge from now on, with the version that follows from what was written. */
export async function publishStanding(
  sending: Sending,
  shown: BadgeFields,
  sent?: BadgeFields,
): Promise<BadgeFields> {
  const { write, current } = sending;
  const { badge, hiddenRevision } = toPublished(sending, shown);
  const before = write.target === null ? null : current[0];
  await publish(write, { id: badge.id, before, after: badge, sent, hiddenRevision });
  return badge;
}

function toPublished({ write: { of }, plan }: Sending, shown: BadgeFields) {
  const hiddenRevision = hiddenRevisionOf(plan, shown);
  const badge = of.provider.withHiddenRevision?.(shown, hiddenRevision) ?? shown;
  return { badge, hiddenRevision };
}

/** A mark for written values that the badge does not show. Undefined if there are none. */
function hiddenRevisionOf(
  { writtenValues }: WritePlan,
  { record }: BadgeFields,
): string | undefined {
  const shown = new Map<string, unknown>(Object.entries(record));
  const hidden = Object.entries(writtenValues ?? {}).filter(
    ([field]) => shown.get(field) === undefined,
  );
  return hidden.length > 0 ? toVersion(hidden) : undefined;
}

/** From now on, every list at every replica shows this write. */
export async function publish(
  write: Write,
  noted: Omit<NotedWrite, 'id' | 'hiddenRevision'> & {
    id: string | null;
    hiddenRevision?: string | undefined;
  },
): Promise<void> {
  const { id, hiddenRevision, ...states } = noted;
  if (id !== null) {
    await write.of.access?.recentWrites.note({ ...states, id, hiddenRevision });
  }
  await invalidateLists(write);
}

/** Lists that were read before now are not shown again, here or at another replica. */
export async function invalidateLists({ source, context }: Write): Promise<void> {
  const { deadlineAt, tenant } = context;
  await source.forgetLists(Math.max(0, deadlineAt - tenant.now()));
}

/** Null if the badge is gone. */
export interface BadgeReading {
  readonly badge: BadgeFields | null;
}

/** The one badge of the write as it is now. Undefined if no read can show it, or the read failed. */
export async function reread(write: Write): Promise<BadgeReading | undefined> {
  const [id] = write.target?.ids ?? [];
  if (id === undefined || !write.target?.isLocked) return undefined;
  return readAfterWrite(write, (list) => ({ badge: list.find(id) }));
}

/** What a new list shows, bypassing every cache. Undefined if it cannot be read. */
export async function readAfterWrite<T>(
  { source, context }: Write,
  look: (list: BadgeIndex) => T,
): Promise<T | undefined> {
  const bounds = { purpose: 'settle', deadlineAt: context.deadlineAt } as const;
  try {
    return look((await source.listNew(bounds)).value);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return undefined;
  }
}
