import { ProviderError } from '../../http/provider-error.ts';
import { type BadgeFields, toVersion } from '../../providers/badge-fields.ts';
import { toChange } from '../../providers/input-checks.ts';
import type { FieldChange, Warning, WritePlan } from '../../providers/provider.ts';
import { StateError } from '../../state/state-store.ts';
import type { OpenWrites } from '../recent-writes.ts';
import type { BadgeIndex } from '../reading/badge-index.ts';
import { claimAnswered } from './lost-outcome.ts';
import { type Outcome, toOutcome, withNotRecorded } from './outcome.ts';
import { type Proof, type Write, boundsOf, timeLeft } from './write.ts';

/** What stands at the provider after a write, which may be another thing than was sent. */
export interface Standing {
  /** Undefined: the write shows no badge. */
  badge: BadgeFields | undefined;
  /** Fields that the provider shows with another value than it was sent. */
  altered: string[];
  /** The badge as it was sent, where nothing newer than older states was shown since. */
  sent?: BadgeFields | undefined;
}

/** The badge that an answer or a read shows, with what it leaves out. */
export function toStanding(
  { operation }: Write,
  { body }: WritePlan,
  { shown, before }: { shown: BadgeFields; before: BadgeFields | undefined },
): BadgeFields {
  return operation.toStanding?.(shown, { body, before }) ?? shown;
}

export function alteredFields({ operation }: Write, { body }: WritePlan, badge: BadgeFields) {
  return operation.fieldsNotAsSent?.(body, badge) ?? [];
}

/** What really changed: of altered fields the value that stands, also of those that the caller did not give. */
export function changesAsStanding(
  { operation }: Write,
  plan: WritePlan,
  { badge, altered, before }: Standing & { before: BadgeFields | undefined },
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

function alteredWarning({ of }: Write, { altered, sent }: Standing): Warning {
  const late = sent
    ? ' It shows the badge as it was before and may show the write later. An update within the next minute starts from the values that were sent.'
    : '';
  return {
    code: 'VALUE_ALTERED',
    message: `${of.provider.name.title} applied the write but shows different values for these fields: ${altered.join(', ')}. The badge and changes contain the values that it shows.${late}`,
    fields: altered,
  };
}

/** Stands for written values that the badge does not show. Undefined: there are none. */
export function hiddenRevisionOf(
  { writtenValues }: Pick<WritePlan, 'writtenValues'>,
  badge: BadgeFields,
): string | undefined {
  const hidden = Object.entries(writtenValues ?? {}).filter(
    ([field]) => !isShown(badge.record, field),
  );
  return hidden.length > 0 ? toVersion(hidden) : undefined;
}

function isShown(record: object, field: string): boolean {
  return Object.entries(record).some(([name, value]) => name === field && value !== undefined);
}

/** The badge with the version that every later list gives it. */
export function withRevision(
  { of: { provider } }: Write,
  badge: BadgeFields,
  hiddenRevision: string | undefined,
): BadgeFields {
  return provider.withHiddenRevision?.(badge, hiddenRevision) ?? badge;
}

/** A write that is about to be sent, or was. */
export interface Sending {
  write: Write;
  plan: WritePlan;
  /** The badges as they were read before. */
  current: readonly BadgeFields[];
  /** What earlier writes of the one badge leave open. */
  open: OpenWrites;
  /** The list in which they were. Undefined: it was not read. */
  list: BadgeIndex | undefined;
  proof: Proof;
}

/** The provider took the write. What it shows decides what is shown and remembered. */
export async function applied(
  sending: Sending,
  answered: readonly BadgeFields[],
): Promise<Outcome> {
  const { write, plan, current } = sending;
  if (write.kind === 'delete') return deleted(sending);
  const standing = await settleStanding(sending, answered);
  const { badge, altered, sent } = standing;
  const isSettled = await attempt(async () => {
    if (badge && plan.writtenValues) {
      const memory = write.memory ?? write.memoryOf(badge.id);
      const left = sent ? [badge.record, sent.record] : [badge.record];
      await memory.settle(plan.writtenValues, ...left);
    }
    if (badge && write.target === null) {
      await claimAnswered(write.context.tenant.store, write.creation, badge);
    }
    await settleHolder(sending);
  });
  const warnings =
    altered.length > 0 ? [...plan.warnings, alteredWarning(write, standing)] : plan.warnings;
  const badges = badge ? [badge] : withKnown(sending, answered);
  badges.forEach((each) => write.source.remember(each));
  return toOutcome('APPLIED', {
    badges: badges.length > 0 ? badges : current,
    changes: changesAsStanding(write, plan, { ...standing, before: current[0] }),
    warnings: isSettled ? warnings : withNotRecorded(warnings, plan.givenFields),
  });
}

/** What an answer shows of badges that it did not change, with what the list shows beside. */
function withKnown(
  { write, plan, list }: Sending,
  answered: readonly BadgeFields[],
): BadgeFields[] {
  const known = new Map(list?.list.badges.map((badge) => [badge.id, badge]));
  return answered.map((shown) => toStanding(write, plan, { shown, before: known.get(shown.id) }));
}

async function deleted({ write, plan, current }: Sending): Promise<Outcome> {
  const [id = null] = write.target?.ids ?? [];
  await publish(write, { id, before: current[0], after: null });
  const isForgotten = await attempt(() => write.memory?.forget());
  return toOutcome('APPLIED', {
    deletedBadgeId: id,
    changes: plan.changes,
    warnings: isForgotten ? plan.warnings : withNotRecorded(plan.warnings, plan.givenFields),
  });
}

async function settleHolder({ write, plan }: Sending): Promise<void> {
  const { operation, input, kind, target, heldBy } = write;
  const userId = operation.memberId?.(input);
  if (userId === undefined || !target || plan.changes.length === 0) return;
  const held = heldBy(userId);
  await (kind === 'revoke' ? held.revoke(target.ids) : held.award(target.ids));
}

/** Compares what the answer shows with what was sent; where they differ, a read tells which of them stands. */
async function settleStanding(
  sending: Sending,
  answered: readonly BadgeFields[],
): Promise<Standing> {
  const { write, plan, current, open } = sending;
  const [shown] = answered;
  const changesBadge = write.target === null || write.target.isLocked;
  if (!shown || !changesBadge) {
    await write.source.forgetLists(timeLeft(write));
    return { badge: undefined, altered: [] };
  }
  const before = open.sent ?? current[0];
  const answer = toStanding(write, plan, { shown, before });
  const altered = alteredFields(write, plan, answer);
  if (altered.length === 0 || !write.target) {
    return { badge: await publishStanding(sending, answer), altered };
  }
  const unwritten = toStanding(write, { ...plan, body: {} }, { shown, before });
  if (!mayBeOlder(sending, unwritten)) {
    const published = await publishStanding(sending, answer);
    const read = (await reread(write))?.badge;
    const isNewer = read && !mayBeOlder(sending, read);
    return isNewer ? standAs(sending, read) : { badge: published, altered };
  }
  return settleOlder(sending, unwritten);
}

/** The answer shows the badge as it was before: the provider ignores the write, or shows it late. */
async function settleOlder(sending: Sending, answer: BadgeFields): Promise<Standing> {
  const { write, plan, current, open } = sending;
  const before = open.sent ?? current[0];
  const sent = write.operation.toExpected?.(plan.body, before ?? answer);
  const isShownAsSentBefore = answer.readableVersion === open.sent?.readableVersion;
  const known = isShownAsSentBefore ? answer : (current[0] ?? answer);
  await publishStanding(sending, known, sent);

  const read = (await reread(write))?.badge;
  if (read && !mayBeOlder(sending, read)) return standAs(sending, read);
  const shown = isShownAsSentBefore ? answer : (read ?? known);
  const badge = await publishStanding(sending, shown, sent);
  return { badge, altered: alteredFields(write, plan, badge), sent };
}

async function standAs(sending: Sending, read: BadgeFields): Promise<Standing> {
  const { write, plan, current, open } = sending;
  const before = open.sent ?? current[0];
  const badge = await publishStanding(sending, toStanding(write, plan, { shown: read, before }));
  return { badge, altered: alteredFields(write, plan, badge) };
}

/** Whether a badge is shown as it was before the write, as far as that is known. */
function mayBeOlder(
  { current: [before], open: { olderVersions, sent } }: Sending,
  { readableVersion }: BadgeFields,
): boolean {
  if (!before) return true;
  const states = [before.readableVersion, sent?.readableVersion, ...olderVersions];
  return states.includes(readableVersion);
}

/** Shows the badge from now on, with the version that it has by what was written. */
export async function publishStanding(
  { write, plan, current }: Sending,
  badge: BadgeFields,
  sent?: BadgeFields,
): Promise<BadgeFields> {
  const hiddenRevision = hiddenRevisionOf(plan, badge);
  const before = write.target === null ? null : current[0];
  const after = withRevision(write, badge, hiddenRevision);
  await publish(write, { id: badge.id, before, after, sent, hiddenRevision });
  return after;
}

/** From now on no list, here or at another replica, shows less than this write. */
export async function publish(
  write: Write,
  noted: {
    id: string | null;
    before: BadgeFields | null | undefined;
    after: BadgeFields | null | undefined;
    sent?: BadgeFields | undefined;
    hiddenRevision?: string | undefined;
  },
): Promise<void> {
  const { id, hiddenRevision, ...states } = noted;
  if (id !== null) {
    await write.of.access?.recentWrites.note({ ...states, id, hiddenRevision });
  }
  await write.source.forgetLists(timeLeft(write));
}

/** Null: the badge is gone. */
export interface BadgeReading {
  badge: BadgeFields | null;
}

/** The one badge of the write as it stands now. Undefined: no read can show it, or it failed. */
export async function reread(write: Write): Promise<BadgeReading | undefined> {
  const [id] = write.target?.ids ?? [];
  if (id === undefined || !write.target?.isLocked) return undefined;
  const list = await readList(write);
  try {
    return list && { badge: list.find(id) };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return undefined;
  }
}

/** Past every cache. Undefined: it cannot be read. */
export async function readList(write: Write): Promise<BadgeIndex | undefined> {
  try {
    return (await write.source.listNew(boundsOf(write, 'settle'))).value;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return undefined;
  }
}

/** Whether the store took it. */
export async function attempt(work: () => Promise<void> | undefined): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return false;
  }
}
