import { hash, randomUUID } from 'node:crypto';
import { createSlices } from '../../http/json.ts';
import { ProviderError, badResponse } from '../../http/provider-error.ts';
import { type BadgeFields, STEPS_OF_RECORD } from '../../providers/badge-list.ts';
import type { Operation } from '../../providers/provider.ts';
import type { StateStore } from '../../state/state-store.ts';
import type { BadgeIndex } from '../reading/badge-index.ts';
import type { Tenant } from '../tenant.ts';
import { toWriteFailure } from '../user-errors.ts';
import {
  type BadgeReading,
  invalidateLists,
  publish,
  publishStanding,
  readAfterWrite,
  reread,
  settleApplied,
} from './applied-write.ts';
import { type AuditRecord, badgeLog, readAuditRecord } from './audit.ts';
import { KEY_KEPT_MS, type StoredAttempt, toIdempotencyKey } from './idempotency.ts';
import { createMemoryOf } from './memory.ts';
import {
  type Outcome,
  type StoredOutcome,
  toOutcome,
  toStoredBadge,
  toStoredOutcome,
} from './outcome.ts';
import { hashInput, toStateKey } from './stored-record.ts';
import type { Mutation, Sending } from './write.ts';

/** The provider accepted the write without a clear answer: a read decides, where it can. */
export async function settleUnclear(sending: Sending): Promise<Outcome> {
  const reading = await readEffect(sending);
  if (reading && proves(sending, reading.badge)) {
    return settleApplied(sending, reading.badge ? [reading.badge] : []);
  }
  const error = badResponse('accepted the request without confirming the change');
  return toUnknown(sending, error, reading);
}

/** The write was sent, and no clear answer was received. The outcome shows what a read finds. */
export async function settleUnknown(sending: Sending, error: ProviderError): Promise<Outcome> {
  return toUnknown(sending, error, await readEffect(sending));
}

async function toUnknown(
  sending: Sending,
  error: ProviderError,
  reading: BadgeReading | undefined,
): Promise<Outcome> {
  const { write, plan, current } = sending;
  // The member may have lost the badge, so it no longer counts as held.
  if (write.kind === 'revoke') await write.journal.commit(sending, { badge: undefined });
  const badge = await publishRead(sending, { badge: reading?.badge ?? undefined, error });
  // An award or a revocation changes no badge, so its badges are as they were read before.
  const unchanged = write.target?.isLocked === false ? current : [];
  const failed = {
    kind: write.kind,
    sentFields: plan.givenFields,
    hasKey: write.idempotencyKey !== null,
    isShown: badge !== undefined,
  };
  return toOutcome('UNKNOWN', {
    badges: badge ? [badge] : unchanged,
    warnings: plan.warnings,
    userErrors: [toWriteFailure(write.of.provider, error, failed)],
  });
}

interface Read {
  badge: BadgeFields | undefined;
  error: ProviderError;
}

/** Returns the badge with the version that every later read shows. */
async function publishRead(sending: Sending, read: Read): Promise<BadgeFields | undefined> {
  const { badge } = read;
  if (!badge || !proves(sending, badge)) return publishDoubt(sending, read);
  const published = await publishStanding(sending, badge);
  await sending.write.journal.commit(sending, { badge: published });
  return published;
}

/** The write may take effect later, so no list that was read before now may be shown again. */
async function publishDoubt(
  { write, plan }: Sending,
  { badge, error }: Read,
): Promise<BadgeFields | undefined> {
  const [id = badge?.id ?? null] = write.target?.isLocked ? write.target.ids : [];
  if (id === null || !plan.writtenValues) {
    await invalidateLists(write);
    return badge;
  }
  const hiddenRevision = `${error.kind}-${write.context.requestId}`;
  await publish(write, { id, before: undefined, after: undefined, hiddenRevision });
  return badge && (write.of.provider.withHiddenRevision?.(badge, hiddenRevision) ?? badge);
}

/**
 * For an update whose process died before it knew the outcome: it may have changed hidden fields, so the badge gets a new
 * version. Never rejects.
 */
export async function publishLost(
  { providers }: Pick<Tenant, 'providers'>,
  { id: auditId, provider, operation, badgeIds: [id] }: AuditRecord,
): Promise<void> {
  if (operation !== 'update' || id === undefined) return;
  const of = providers.find(({ provider: { name } }) => name.enumValue === provider);
  if (!of?.provider.withHiddenRevision) return;
  const hiddenRevision = `stopped-${auditId}`;
  await of.access?.recentWrites.note({ id, before: undefined, after: undefined, hiddenRevision });
}

/** Whether a badge as it is now shows that the write took effect. Null if it is gone. */
function proves({ write, plan, proof }: Sending, now: BadgeFields | null): boolean {
  if (write.target === null) return now !== null;
  return proof.isVisible && write.operation.isConfirmedBy?.(plan, now) === true;
}

/** Reads the one badge of the write, or the one that a creation made. Undefined if it cannot be read or identified. */
async function readEffect({ write, plan, proof }: Sending): Promise<BadgeReading | undefined> {
  await invalidateLists(write);
  if (write.target !== null) return reread(write);
  const list = await readAfterWrite(write, (read) => read);
  const { earlierIds } = proof;
  const badge = list && (await findCreated(write.operation, { list, body: plan.body, earlierIds }));
  return badge && (await write.journal.claimCreated(badge)) ? { badge } : undefined;
}

/** They are stored with the attempt. In a longer list, a created badge cannot be identified. */
const MAX_EARLIER = 20_000;
/** Of base64. If two IDs have the same hash, a created badge is not identified, which is safe. */
const HASH_CHARACTERS = 6;

const toIdHash = (id: string): string => hash('sha256', id, 'base64url').slice(0, HASH_CHARACTERS);

/**
 * The badges that are there before a creation: the hashes of their IDs, one after the other. Any of them may be given
 * the values of the creation meanwhile. Undefined if they are too many.
 */
export async function hashIds({ list }: BadgeIndex): Promise<string | undefined> {
  const ids = [...list.badges.map(({ id }) => id), ...list.malformedIds];
  if (ids.length > MAX_EARLIER) return undefined;
  const slices = createSlices();
  const hashes: string[] = [];
  for (const id of ids) {
    await slices.spend(STEPS_OF_RECORD);
    hashes.push(toIdHash(id));
  }
  return hashes.join('');
}

function readHashes(earlierIds: string): Set<string> {
  return new Set(earlierIds.match(new RegExp(`.{${HASH_CHARACTERS}}`, 'g')));
}

/**
 * The one badge that has appeared with everything that a creation sends. Undefined if there is none, or more than one.
 */
async function findCreated(
  operation: Operation,
  sent: { list: BadgeIndex; body: object; earlierIds: string | undefined },
): Promise<BadgeFields | undefined> {
  const { list, body, earlierIds } = sent;
  if (earlierIds === undefined || !operation.fieldsNotAsSent) return undefined;
  const earlier = readHashes(earlierIds);
  const slices = createSlices();
  const found: BadgeFields[] = [];
  for (const badge of list.list.badges) {
    await slices.spend(STEPS_OF_RECORD);
    const isNew = !earlier.has(toIdHash(badge.id));
    if (isNew && operation.fieldsNotAsSent(body, badge).length === 0) found.push(badge);
  }
  const [created, ...others] = found;
  return others.length === 0 ? created : undefined;
}

interface Unknown {
  outcome: StoredOutcome;
  attempt: StoredAttempt;
}

/**
 * For a repeat of a key: its unknown outcome as a read shows it now, or the same object if the read shows nothing new.
 * Never writes to the provider. Rejects with a `StateError`.
 */
export async function recheck(
  mutation: Mutation,
  { outcome, attempt }: { outcome: StoredOutcome; attempt: StoredAttempt | null },
): Promise<StoredOutcome> {
  const { context, of } = mutation;
  if (outcome.status !== 'UNKNOWN' || !attempt) return outcome;
  if (attempt.badgeId === null && attempt.earlierIds === undefined) return outcome;
  try {
    const bounds = { purpose: 'prepare', deadlineAt: context.deadlineAt } as const;
    const list = (await context.sourceOf(of).listNew(bounds)).value;
    return attempt.badgeId === null
      ? await recheckCreation(mutation, { outcome, attempt }, list)
      : recheckBadge(mutation, { outcome, attempt }, list.find(attempt.badgeId));
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return outcome;
  }
}

function recheckBadge(
  { kind, operation }: Mutation,
  { outcome, attempt }: Unknown,
  badge: BadgeFields | null,
): StoredOutcome {
  const { body, changes, isVisible, badgeId } = attempt;
  const badges = badge ? [badge] : [];
  if (!isVisible || !operation.isConfirmedBy?.({ body }, badge)) {
    return { ...outcome, badges: badges.map(toStoredBadge) };
  }
  if (kind !== 'delete') return toApplied(outcome, { badges, changes });
  const applied = toApplied(outcome, { deletedBadgeId: badgeId, changes });
  // An earlier read may have shown the badge.
  return { ...applied, badges: outcome.badges };
}

/** What the write was warned of still holds. */
function toApplied({ warnings }: StoredOutcome, found: Parameters<typeof toOutcome>[1]) {
  return { ...toStoredOutcome(toOutcome('APPLIED', found)), warnings };
}

/** If exactly one badge has appeared with the values that were sent, it is the created one. */
async function recheckCreation(
  mutation: Mutation,
  { outcome, attempt }: Unknown,
  list: BadgeIndex,
): Promise<StoredOutcome> {
  const { context, operation } = mutation;
  const { body, changes, hiddenValues, earlierIds } = attempt;
  const badge = await findCreated(operation, { list, body, earlierIds });
  if (!badge) return outcome;
  // The badge that was shown before may have turned out to be another creation's.
  if (!(await claimCreated(context.tenant.store, toCreation(mutation), badge))) {
    return outcome.badges.length > 0 ? { ...outcome, badges: [] } : outcome;
  }
  const memory = createMemoryOf(mutation, badge.id);
  // It may have been created in the dashboard by now, with other hidden values: these need the caller's REUSE.
  if (hiddenValues && (await memory.recall()) === null) await memory.settle(hiddenValues);
  return toApplied(outcome, { badges: [badge], changes });
}

/** A creation among all of its tenant. */
export interface Creation {
  readonly tenant: string;
  readonly caller: string;
  /** Null if it has none: then every repeat is another creation. */
  readonly idempotencyKey: string | null;
  /** The same for every repeat of a key. */
  readonly claimant: string;
}

export function toCreation(mutation: Mutation): Creation {
  const { context, idempotencyKey } = mutation;
  return {
    tenant: context.tenant.id,
    caller: context.caller.actor,
    idempotencyKey,
    claimant:
      idempotencyKey === null
        ? randomUUID()
        : hashInput(toIdempotencyKey(mutation, idempotencyKey)),
  };
}

/** How many records of a badge that has just appeared are searched. */
const MAX_RECORDS = 100;

/**
 * Claims a badge that has just appeared for the creation that may have made it: of equal creations without a clear
 * answer, only one can claim it. False if another mutation made the badge or has claimed it. Rejects with a `StateError`.
 */
export async function claimCreated(
  store: StateStore,
  creation: Creation,
  badge: BadgeFields,
): Promise<boolean> {
  const { claimant } = creation;
  if (await isMadeByAnother(store, creation, badge)) return false;
  const key = toCreatedKey(creation, badge);
  const change = { expected: null, value: claimant, ttlMs: KEY_KEPT_MS };
  return (await store.compareAndSet(key, change)) || (await store.get(key)) === claimant;
}

/** Claims a badge that the provider's answer names. Rejects with a `StateError`. */
export async function claimAnswered(
  store: StateStore,
  creation: Creation,
  badge: BadgeFields,
): Promise<void> {
  await store.set(toCreatedKey(creation, badge), creation.claimant, { ttlMs: KEY_KEPT_MS });
}

function toCreatedKey({ tenant }: Creation, { provider, id }: BadgeFields): string {
  return toStateKey('created', tenant, provider, id);
}

/**
 * Whether the audit records show another origin of the badge or of its values: another creation, or an update, which
 * may have given an older badge the values of this creation.
 */
async function isMadeByAnother(
  store: Pick<StateStore, 'readBackward'>,
  { tenant, caller, idempotencyKey }: Creation,
  badge: BadgeFields,
): Promise<boolean> {
  const log = badgeLog(tenant, badge.provider, badge.id);
  const entries = await store.readBackward(log, { limit: MAX_RECORDS });
  return entries.some(({ entry }) => {
    const reading = readAuditRecord(entry);
    if (!('record' in reading)) return false;
    const { record } = reading;
    if (record.operation === 'update') return !['REFUSED', 'UNCHANGED'].includes(record.outcome);
    if (record.operation !== 'create') return false;
    const isOwn = record.caller === caller && record.idempotencyKey === idempotencyKey;
    return idempotencyKey === null || !isOwn;
  });
}
