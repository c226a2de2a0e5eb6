import { isObject } from '../../http/json.ts';
import { ProviderError } from '../../http/provider-error.ts';
import type { BadgeFields } from '../../providers/badge-list.ts';
import { entriesAtFault, invalid } from '../../providers/input-checks.ts';
import type {
  InputProblem,
  PlanBasis,
  Target,
  Warning,
  WritePlan,
} from '../../providers/provider.ts';
import { type HeldLock, StateError } from '../../state/state-store.ts';
import { type BadgesContext, requireAccess } from '../context.ts';
import { toOddIdMessage } from '../error-code.ts';
import type { BadgeIndex } from '../reading/badge-index.ts';
import type { OpenWrites } from '../recent-writes.ts';
import { toConflictError, toNotFoundError, toReadFailure } from '../user-errors.ts';
import {
  type Claim,
  type IdempotencyClaim,
  claimIdempotencyKey,
  toIdempotencyKey,
} from './idempotency.ts';
import { createJournal, ifStoreFails, requiresStore, tryStore } from './journal.ts';
import {
  type Outcome,
  noChange,
  notReadBefore,
  rejectInput,
  rejectedBy,
  resentWarning,
  restoreOutcome,
  toLostOutcome,
  toOutcome,
} from './outcome.ts';
import { optionalReadBounds, prepareBounds, send, timeToStart } from './send.ts';
import { hashInput } from './stored-record.ts';
import { recheck } from './unknown-outcome.ts';
import type { Mutation, MutationRequest, Write, WriteJournal } from './write.ts';

/** A key goes into records and logs, so it must be visible and short. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;

/**
 * Runs one mutation, and reports its outcome. Resolves with an outcome for every expected fault. `problems` are those of
 * the arguments, which reject it.
 */
export async function runMutation(
  context: BadgesContext,
  request: MutationRequest,
  problems: readonly InputProblem[] = [],
): Promise<Outcome> {
  const mutation = toMutation(context, request);
  const outcome = problems.length > 0 ? rejectInput([], problems) : await toEnd(mutation);
  const write = {
    provider: mutation?.of.provider.name.enumValue,
    operation: request.kind,
    outcome: request.dryRun ? 'DRY_RUN' : outcome.status,
    code: outcome.userErrors[0]?.code,
  };
  context.course.writes.push(write);
  context.tenant.onWrite?.(write);
  return outcome;
}

/** Claims the idempotency key and executes the write, or returns the outcome that the key already has. */
async function toEnd(mutation: Mutation | null): Promise<Outcome> {
  if (!mutation) {
    const message = 'Set exactly one provider field.';
    return rejectInput(['input'], [{ code: 'INVALID_INPUT', message, fields: [[]] }]);
  }
  const { dryRun, idempotencyKey } = mutation;
  if (idempotencyKey !== null && !IDEMPOTENCY_KEY.test(idempotencyKey)) {
    const message =
      'Argument "idempotencyKey" must be 1 to 200 visible ASCII characters without spaces.';
    return rejectInput([], [invalid('idempotencyKey', message)]);
  }
  if (dryRun || idempotencyKey === null) {
    return executeWrite(mutation, createJournal(mutation, null));
  }
  const { value, failure } = await tryStore(() => runUnderKey(mutation, idempotencyKey));
  return failure ? rejectedBy('noState', mutation.of.provider) : value;
}

/** Null if the input names no provider, several, or one without this operation: a gateway may not check that. */
function toMutation(context: BadgesContext, request: MutationRequest): Mutation | null {
  const { kind, oneOf } = request;
  const keys = Object.keys(oneOf);
  const [key = ''] = keys;
  const of = context.tenant.providers.find(({ provider }) => provider.key === key);
  const operation = of?.provider.operations[kind];
  const input = oneOf[key];
  if (keys.length !== 1 || !of || !operation || !isObject(input)) return null;
  return { ...request, context, of, operation, input };
}

/** The same key and input lead to one write and one outcome. Rejects with a `StateError`. */
async function runUnderKey(mutation: Mutation, idempotencyKey: string): Promise<Outcome> {
  const { context, kind, of } = mutation;
  const { tenant, deadlineAt } = context;
  const key = toIdempotencyKey(mutation, idempotencyKey);
  const claim = await claimIdempotencyKey(tenant.store, {
    key,
    inputHash: hashInput(toHashed(mutation)),
    waitMs: deadlineAt - tenant.now(),
    toLostOutcome: ({ warnings = [] }) => toLostOutcome(of.provider, kind, warnings),
  });
  switch (claim.kind) {
    case 'held':
      return executeUnderKey(mutation, claim.key);
    case 'ended':
      return repeatOutcome(mutation, claim);
    case 'reused':
      return rejectedBy('keyReused', of.provider);
    case 'in-progress':
      return rejectedBy('keyInProgress', of.provider);
    case 'erased':
      return rejectedBy('keyErased', of.provider);
    case 'unreadable':
      tenant.onUnreadable({ kind: 'idempotency key', key, reason: claim.reason });
      return rejectedBy('keyUnreadable', of.provider);
  }
}

/** What a repeat of a key must have in common. The version stands where earlier versions of this service had it. */
function toHashed({ oneOf, of, expectedVersion }: Mutation): object {
  if (expectedVersion === undefined) return oneOf;
  const { key } = of.provider;
  return { ...oneOf, [key]: { ...oneOf[key], expectedVersion } };
}

async function executeUnderKey(mutation: Mutation, key: IdempotencyClaim): Promise<Outcome> {
  const journal = createJournal(mutation, key);
  try {
    return await executeWrite(mutation, journal);
  } catch (error) {
    await journal.abandon();
    throw error;
  }
}

/** The outcome of the earlier write. If it was unknown, a read may tell more by now; nothing is written again. */
async function repeatOutcome(
  mutation: Mutation,
  claim: Extract<Claim, { kind: 'ended' }>,
): Promise<Outcome> {
  const known = await recheck(mutation, claim);
  if (known !== claim.outcome) await claim.resolve(known);
  const { of, context, operation, input } = mutation;
  return restoreOutcome(known, {
    provider: of.provider,
    tenant: context.tenant,
    targetIds: operation.target(input)?.ids,
  });
}

/** Checks the input, prepares it, and writes under the lock of the badge. The journal records what happens. */
async function executeWrite(mutation: Mutation, journal: WriteJournal): Promise<Outcome> {
  const { operation, of, context } = mutation;
  const target = operation.target(mutation.input);
  const problems = checkInput(mutation, target);
  if (problems.length > 0) return journal.discard(rejectInput(inputPath(mutation), problems));

  const prepared = await prepareInput(mutation);
  const { found } = prepared;
  // Null also if the input only points to the member, and the member was not found.
  const memberId = operation.memberId?.(mutation.input, found) || null;
  const source = context.sourceOf(of);
  const write = { ...mutation, found, target, memberId, source, journal, lock: null };
  return journal.close(prepared.refusal ?? (await underLock(write)), memberId);
}

/** Where the provider's input is in the arguments, for user errors. */
function inputPath({ of }: Mutation): readonly string[] {
  return ['input', of.provider.key];
}

function checkInput(
  { of: { provider }, operation, input, context: { tenant } }: Mutation,
  target: Target | null,
): InputProblem[] {
  const ids = target?.ids ?? [];
  const isOdd = (id: string): boolean => !provider.isBadgeId(id);
  return [
    ...(target && ids.some(isOdd)
      ? [invalid(target.field, toOddIdMessage(provider) + entriesAtFault(ids, isOdd))]
      : []),
    ...operation.check(input, { isImageUrl: tenant.isImageUrl }),
  ];
}

/** Reads what the input only points to, such as the ID of a member. */
async function prepareInput(mutation: Mutation): Promise<{ found?: object; refusal?: Outcome }> {
  const { operation, of, input } = mutation;
  try {
    const prepared = await operation.prepare?.(
      requireAccess(of).client,
      input,
      prepareBounds(mutation),
    );
    if (!prepared || 'found' in prepared) return prepared ?? {};
    return { refusal: rejectInput(inputPath(mutation), prepared.problems) };
  } catch (error) {
    return { refusal: toRefusedRead(mutation, error) };
  }
}

/** Nothing was sent yet. Rethrows what is no fault of the provider. */
function toRefusedRead({ of }: Mutation, error: unknown): Outcome {
  if (!(error instanceof ProviderError)) throw error;
  return toOutcome('REFUSED', { userErrors: [toReadFailure(of.provider, error)] });
}

/** How long a dry run waits for a write of the same badge. */
const DRY_RUN_WAIT_MS = 2_000;

/** One write of a badge at a time. Without the store, one at a time in this process, if the caller requires no more. */
async function underLock(write: Write): Promise<Outcome> {
  const { target, context, of, dryRun } = write;
  const { tenant } = context;
  if (!target?.isLocked) return planAndSend(write);
  const key = [tenant.id, of.provider.name.enumValue, ...target.ids].join('/');
  const longestMs = dryRun ? DRY_RUN_WAIT_MS : Infinity;
  const waitMs = Math.min(longestMs, Math.max(0, timeToStart(write)));
  const times = { waitMs, ttlMs: 2 * tenant.deadlineMs };

  let isRunning = false;
  const work = (lock: HeldLock | null): Promise<Outcome> => {
    isRunning = true;
    return planAndSend({ ...write, lock });
  };
  try {
    return await tenant.store.withLock(`lock/${key}`, times, work);
  } catch (error) {
    if (!(error instanceof StateError) || isRunning) throw error;
    // A preview may show a badge and its remembered values as of two different moments.
    if (dryRun) return planAndSend(write);
    if (error.kind === 'busy') return rejectedBy('badgeLocked', of.provider);
    if (ifStoreFails('lock', { isRequired: requiresStore(write) }) === 'REJECT') {
      return rejectedBy('noState', of.provider);
    }
    return tenant.localLocks.withLock(key, () => work(null));
  }
}

/** Reads the badge, plans the write, and sends it unless it is rejected or only previewed. */
async function planAndSend(write: Write): Promise<Outcome> {
  const { dryRun, of, operation, journal, found, memberId, kind } = write;
  // The state is asked while the provider is.
  const [read, { remembered, isUnavailable }] = await Promise.all([
    readCurrent(write),
    journal.recall(),
  ]);
  if ('refusal' in read) return read.refusal;
  const { current } = read;
  const [first] = current;
  const open = await openWritesOf(write, first);
  const knownHeld =
    memberId !== null && kind === 'award' ? await journal.alreadyHeld(memberId) : [];
  const basis = { found, current: first, remembered, knownHeld };
  const plan = toPlan(write, basis, { ...read, open });
  const predicted = dryRun ? plan.changes : [];

  const { expectedVersion } = write;
  if (expectedVersion !== undefined && first && expectedVersion !== first.version) {
    const userErrors = [toConflictError(first)];
    return toOutcome('REFUSED', { badges: current, changes: predicted, userErrors });
  }
  if (plan.givenFields.length > 0 && plan.changes.length === 0) {
    const notShown = plan.givenFields.filter(
      (field) => first && operation.valueOf?.(first, field) === undefined,
    );
    const warnings = [noChange(plan, of.provider, notShown)];
    return toOutcome('UNCHANGED', { badges: current, warnings });
  }
  const isRequired = lacksValues(plan);
  if (isUnavailable && ifStoreFails('recall', { isRequired }) === 'REJECT') {
    return { ...rejectedBy('noState', of.provider), badges: current };
  }
  if (plan.problems.length > 0) {
    return { ...rejectInput(inputPath(write), plan.problems, current), changes: predicted };
  }
  if (dryRun) {
    const { changes, warnings } = plan;
    return toOutcome('DRY_RUN', { badges: current, changes, warnings });
  }
  return send({ write, plan, current, open, list: read.list });
}

type CurrentRead =
  | {
      current: readonly BadgeFields[];
      /** Whether the badge could not be read, and the write can do without. */
      isUnread: boolean;
      /** Undefined if it was not read. */
      list: BadgeIndex | undefined;
    }
  | { refusal: Outcome };

/** Reads the target badges, bypassing every cache. */
async function readCurrent(write: Write): Promise<CurrentRead> {
  const { of, target, dryRun } = write;
  try {
    requireAccess(of);
    if (target) return await readTarget(write, target);
    const list = dryRun ? undefined : await listIfPossible(write);
    return { current: [], isUnread: false, list };
  } catch (error) {
    return { refusal: toRefusedRead(write, error) };
  }
}

async function readTarget(write: Write, target: Target): Promise<CurrentRead> {
  const list = await listIfRequired(write);
  if (!list) return { current: [], isUnread: true, list };
  const found = target.ids.map((id) => list.findToWrite(id));
  const current = found.filter((badge) => badge !== null);
  if (current.length === found.length) return { current, isUnread: false, list };
  const path = [...inputPath(write), target.field];
  const notFoundIds = target.ids.filter((_id, index) => found[index] === null);
  const missing = target.ids.length > 1 ? notFoundIds : [];
  const userErrors = [toNotFoundError(path, write.of.provider, missing)];
  return { refusal: toOutcome('REFUSED', { userErrors, notFoundIds }) };
}

/** Undefined if the list cannot be read and the write can do without. A badge that is unreadable in the list rejects. */
async function listIfRequired(write: Write): Promise<BadgeIndex | undefined> {
  const { operation, input, source, expectedVersion } = write;
  if (expectedVersion === undefined && operation.canSkipRead?.(input)) return listIfPossible(write);
  return (await source.listNew(prepareBounds(write))).value;
}

/** A documented call does not depend on the list: undefined if it cannot be read. */
async function listIfPossible(write: Write): Promise<BadgeIndex | undefined> {
  try {
    return (await write.source.listNew(optionalReadBounds(write))).value;
  } catch (error) {
    if (error instanceof ProviderError) return undefined;
    throw error;
  }
}

/** Awards and creations have none: they change no badge that was there. */
async function openWritesOf(
  { of, target }: Write,
  first: BadgeFields | undefined,
): Promise<OpenWrites> {
  const open = first && target?.isLocked && (await of.access?.recentWrites.openAt(first));
  return open || { olderVersions: new Set(), sent: undefined };
}

/**
 * The plan on the badge as it is shown. If the last write is not shown yet, the plan starts from what was sent, so that
 * this write does not restore older values, and sends those fields again.
 */
function toPlan(
  { operation, input, of }: Write,
  basis: PlanBasis,
  { open: { sent }, isUnread }: { open: OpenWrites; isUnread: boolean },
): WritePlan {
  const onShown = operation.plan(input, basis);
  if (isUnread) return withWarning(onShown, notReadBefore(onShown));
  const { current } = basis;
  if (!sent || !current || !operation.toExpected) return onShown;
  const onSent = operation.plan(input, { ...basis, current: sent });
  const plan = onSent.changes.length > 0 ? onSent : { ...onSent, changes: onShown.changes };
  const resent = Object.keys(onSent.body).filter(
    (field) =>
      !onSent.givenFields.includes(field) &&
      JSON.stringify(operation.valueOf?.(current, field)) !==
        JSON.stringify(operation.valueOf?.(sent, field)),
  );
  return resent.length > 0 ? withWarning(plan, resentWarning(of.provider, resent)) : plan;
}

function withWarning(plan: WritePlan, warning: Warning): WritePlan {
  return { ...plan, warnings: [...plan.warnings, warning] };
}

/** Without the remembered values, hidden fields would be reset, which the caller has not agreed to. */
function lacksValues({ problems, warnings }: WritePlan): boolean {
  return problems.length > 0 || warnings.some(({ code }) => code === 'HIDDEN_FIELDS_OMITTED');
}
