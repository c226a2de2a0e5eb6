import { createSlices } from '../../http/json-in-slices.ts';
import { ProviderError } from '../../http/provider-error.ts';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import { STEPS_OF_RECORD } from '../../providers/badge-list.ts';
import type {
  Operation,
  OperationKind,
  Provider,
  Target,
  WritePlan,
} from '../../providers/provider.ts';
import type { StateStore } from '../../state/state-store.ts';
import type { BadgesContext } from '../context.ts';
import type { BadgeIndex } from '../reading/badge-index.ts';
import type { TenantProvider } from '../tenant.ts';
import { toWriteFailure } from '../user-errors.ts';
import { badgeLog, readAuditRecord } from './audit.ts';
import type { HiddenMemory } from './memory.ts';
import { KEY_KEPT_MS, type StoredAttempt } from './idempotency.ts';
import { type StoredOutcome, toOutcome, toStoredOutcome } from './outcome.ts';
import { toStateKey } from './stored-record.ts';
import type { Creation, Proof } from './write.ts';

/** The badges that show everything that a creation sends. */
async function matching(
  operation: Operation,
  list: BadgeIndex,
  body: object,
): Promise<BadgeFields[]> {
  if (!operation.fieldsNotAsSent) return [];
  const slices = createSlices();
  const found: BadgeFields[] = [];
  for (const badge of list.list.badges) {
    await slices.spend(STEPS_OF_RECORD);
    if (operation.fieldsNotAsSent(body, badge).length === 0) found.push(badge);
  }
  return found;
}

/** They are stored with the attempt. Among more, no badge can be told for the one that was made. */
const MAX_TWINS = 100;

/** The ids of badges that have the values of a creation already, before it is sent. Undefined: they are too many. */
export async function findTwinIds(
  operation: Operation,
  list: BadgeIndex,
  body: object,
): Promise<string[] | undefined> {
  const twins = await matching(operation, list, body);
  return twins.length > MAX_TWINS ? undefined : twins.map(({ id }) => id);
}

/** The one badge that has appeared with the values of a creation. Undefined: there is none, or more than one, or it cannot be told. */
export async function findCreated(
  operation: Operation,
  sent: { list: BadgeIndex; body: object; twinIds: readonly string[] | undefined },
): Promise<BadgeFields | undefined> {
  const { list, body, twinIds } = sent;
  if (!twinIds) return undefined;
  const twins = new Set(twinIds);
  const matches = await matching(operation, list, body);
  const [created, ...others] = matches.filter(({ id }) => !twins.has(id));
  return others.length === 0 ? created : undefined;
}

/** How far back a badge that has just appeared is looked through. */
const MAX_RECORDS = 100;

/**
 * Claims a badge that has just appeared for the creation that may have made it: of equal creations without a clear
 * answer, only one names it. False: another mutation made the badge, or has claimed it. Rejects with a `StateError`.
 */
export async function claimCreated(
  store: StateStore,
  creation: Creation,
  badge: BadgeFields,
): Promise<boolean> {
  const { claimant } = creation;
  if (await isMadeByAnother(store, creation, badge)) return false;
  const key = claimOf(creation, badge);
  const change = { expected: null, value: claimant, ttlMs: KEY_KEPT_MS };
  return (await store.compareAndSet(key, change)) || (await store.get(key)) === claimant;
}

/** The provider says that this creation made the badge. Rejects with a `StateError`. */
export async function claimAnswered(
  store: StateStore,
  creation: Creation,
  badge: BadgeFields,
): Promise<void> {
  await store.set(claimOf(creation, badge), creation.claimant, { ttlMs: KEY_KEPT_MS });
}

function claimOf({ tenant }: Creation, { provider, id }: BadgeFields): string {
  return toStateKey('created', tenant, provider, id);
}

/** Whether another mutation made the badge, by the records of this service. */
async function isMadeByAnother(
  store: Pick<StateStore, 'readBackward'>,
  { tenant, caller, idempotencyKey }: Creation,
  badge: BadgeFields,
): Promise<boolean> {
  const log = badgeLog(tenant, badge.provider, badge.id);
  const entries = await store.readBackward(log, { limit: MAX_RECORDS });
  return entries.some(({ entry }) => {
    const reading = readAuditRecord(entry);
    if (!('record' in reading) || reading.record.operation !== 'create') return false;
    const isOwn =
      reading.record.caller === caller && reading.record.idempotencyKey === idempotencyKey;
    return idempotencyKey === null || !isOwn;
  });
}

export function toAttempt({
  of,
  target,
  plan,
  proof: { isVisible, twinIds },
}: {
  of: TenantProvider;
  target: Target | null;
  plan: WritePlan;
  proof: Proof;
}): StoredAttempt {
  return {
    provider: of.provider.name.enumValue,
    badgeId: target?.isLocked ? (target.ids[0] ?? null) : null,
    body: { ...plan.body },
    changes: plan.changes,
    hiddenValues: plan.writtenValues && { ...plan.writtenValues },
    isVisible,
    ...(twinIds && { twinIds: [...twinIds] }),
  };
}

/** What stands for a write whose process died before it knew the outcome. */
export function toLostOutcome(provider: Provider, kind: OperationKind): StoredOutcome {
  const error = new ProviderError(
    'was sent the request, but this service stopped before it received a response',
    {
      kind: 'unavailable',
      effect: 'unknown',
    },
  );
  const failed = { kind, sentFields: [], hasKey: true, isShown: false };
  const userErrors = [toWriteFailure(provider, error, failed)];
  return toStoredOutcome(toOutcome('UNKNOWN', { userErrors }));
}

interface Rechecked {
  context: BadgesContext;
  of: TenantProvider;
  request: { kind: OperationKind };
  creation: Creation;
  memoryOf: (badgeId: string) => HiddenMemory;
}

/** An unknown outcome as a read shows it now; the same object when there is nothing new. Never writes to the provider. */
export async function recheck(
  rechecked: Rechecked,
  { outcome, attempt }: { outcome: StoredOutcome; attempt: StoredAttempt | null },
): Promise<StoredOutcome> {
  const { context, of, request } = rechecked;
  const operation = of.provider.operations[request.kind];
  if (outcome.status !== 'UNKNOWN' || !attempt || !operation) return outcome;
  if (attempt.badgeId === null && !attempt.twinIds) return outcome;
  try {
    const bounds = { purpose: 'prepare', deadlineAt: context.deadlineAt } as const;
    const list = (await context.sourceOf(of).listNew(bounds)).value;
    return attempt.badgeId === null
      ? await recheckCreation(rechecked, { outcome, attempt, list, operation })
      : recheckBadge(request.kind, {
          outcome,
          attempt,
          operation,
          badge: list.find(attempt.badgeId),
        });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return outcome;
  }
}

interface Lost {
  outcome: StoredOutcome;
  attempt: StoredAttempt;
  operation: Operation;
}

function recheckBadge(
  kind: OperationKind,
  { outcome, attempt, operation, badge }: Lost & { badge: BadgeFields | null },
): StoredOutcome {
  const { body, changes, isVisible, badgeId } = attempt;
  const badges = badge ? [badge] : [];
  if (!isVisible || !operation.isConfirmedBy?.({ body }, badge)) {
    return { ...outcome, badges: badges.map(({ provider, record }) => ({ provider, record })) };
  }
  const deletedBadgeId = kind === 'delete' ? badgeId : null;
  return toStoredOutcome(toOutcome('APPLIED', { badges, deletedBadgeId, changes }));
}

/** Where exactly one badge has appeared with the values that were sent, it is the one that was made. */
async function recheckCreation(
  { context: { tenant }, creation, memoryOf }: Rechecked,
  { outcome, attempt, operation, list }: Lost & { list: BadgeIndex },
): Promise<StoredOutcome> {
  const { body, changes, hiddenValues, twinIds } = attempt;
  const badge = await findCreated(operation, { list, body, twinIds });
  if (!badge) return outcome;
  // What was shown for it before may have turned out to be another's.
  if (!(await claimCreated(tenant.store, creation, badge))) return withoutBadges(outcome);
  if (hiddenValues) await memoryOf(badge.id).settle(hiddenValues, badge.record);
  return toStoredOutcome(toOutcome('APPLIED', { badges: [badge], changes }));
}

function withoutBadges(outcome: StoredOutcome): StoredOutcome {
  return outcome.badges.length > 0 ? { ...outcome, badges: [] } : outcome;
}
