import { randomUUID } from 'node:crypto';
import { isObject } from '../../http/json.ts';
import { invalid } from '../../providers/input-checks.ts';
import type { InputProblem, OperationKind } from '../../providers/provider.ts';
import { StateError } from '../../state/state-store.ts';
import type { BadgesContext } from '../context.ts';
import type { Tenant } from '../tenant.ts';
import { toObstacleError } from '../user-errors.ts';
import { type AuditEntry, createAuditEntry } from './audit.ts';
import { type IdempotencyClaim, claimIdempotencyKey } from './idempotency.ts';
import { recheck, toAttempt, toLostOutcome } from './lost-outcome.ts';
import { createHeldBadges, createHiddenMemory } from './memory.ts';
import {
  type Outcome,
  refuse,
  restoreOutcome,
  toOutcome,
  toStoredOutcome,
  withNotRecorded,
} from './outcome.ts';
import { performWrite } from './perform.ts';
import { hashInput, toStateKey } from './stored-record.ts';
import type { Choice, Creation, Write } from './write.ts';

export interface MutationRequest {
  kind: OperationKind;
  oneOf: Readonly<Record<string, object | null | undefined>>;
  dryRun: boolean;
  idempotencyKey: string | null;
}

/** A mutation whose provider is known. */
interface Chosen extends Choice {
  context: BadgesContext;
  request: MutationRequest;
}

/** A key goes into records and logs: visible, and short enough for both. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;

/** Claims the key, checks the input and writes, in this order. Always resolves with an outcome for the caller. */
export async function runMutation(
  context: BadgesContext,
  request: MutationRequest,
): Promise<Outcome> {
  const choice = chooseOperation(context.tenant, request.kind, request.oneOf);
  if (!choice) return refuse(['input'], [exactlyOne]);
  const chosen = { ...choice, context, request };
  if (request.dryRun || request.idempotencyKey === null) return checkAndWrite(chosen, null);

  if (!IDEMPOTENCY_KEY.test(request.idempotencyKey)) {
    const message =
      'Argument "idempotencyKey" must be 1 to 200 visible ASCII characters without spaces.';
    return refuse([], [invalid('idempotencyKey', message)]);
  }
  try {
    return await underKey(chosen, request.idempotencyKey);
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return toOutcome('REFUSED', { userErrors: [toObstacleError('noState', chosen.of.provider)] });
  }
}

/** The one provider that the input names. Null if it names none or several, which a gateway may not check. */
function chooseOperation(
  tenant: Tenant,
  kind: OperationKind,
  oneOf: Readonly<Record<string, object | null | undefined>>,
): Choice | null {
  const keys = Object.keys(oneOf);
  const [key = ''] = keys;
  const of = tenant.providers.find(({ provider }) => provider.key === key);
  const operation = of?.provider.operations[kind];
  const input = oneOf[key];
  return keys.length === 1 && of && operation && isObject(input) ? { of, operation, input } : null;
}

const exactlyOne: InputProblem = {
  code: 'INVALID_INPUT',
  message: 'Set exactly one provider field.',
  field: [],
};

/** The same key and input give one write and the same outcome. */
async function underKey(chosen: Chosen, idempotencyKey: string): Promise<Outcome> {
  const { context, request, of } = chosen;
  const { tenant } = context;
  const key = toKeyOf(chosen, idempotencyKey);
  const claim = await claimIdempotencyKey(tenant.store, {
    key,
    inputHash: hashInput(request.oneOf),
    waitMs: context.deadlineAt - tenant.now(),
    toLostOutcome: () => toLostOutcome(of.provider, request.kind),
  });
  switch (claim.kind) {
    case 'reused':
      return toOutcome('REFUSED', { userErrors: [toObstacleError('keyReused', of.provider)] });
    case 'in-progress':
      return toOutcome('REFUSED', { userErrors: [toObstacleError('keyInProgress', of.provider)] });
    case 'unreadable':
      tenant.onUnreadable({ kind: 'idempotency key', key, reason: claim.reason });
      return toOutcome('REFUSED', { userErrors: [toObstacleError('keyUnreadable', of.provider)] });
    case 'erased':
      return toOutcome('REFUSED', { userErrors: [toObstacleError('keyErased', of.provider)] });
    case 'held':
      return underHeldKey(chosen, claim.key);
    case 'ended': {
      const known = await recheck(
        { ...chosen, creation: toCreation(chosen), memoryOf: memoriesOf(chosen) },
        claim,
      );
      if (known !== claim.outcome) await claim.resolve(known);
      return restoreOutcome(known, { provider: of.provider, isImageUrl: tenant.isImageUrl });
    }
  }
}

function toKeyOf({ context, request }: Chosen, idempotencyKey: string): string {
  const { tenant, caller } = context;
  return toStateKey('key', tenant.id, caller.actor, request.kind, idempotencyKey);
}

function toCreation(chosen: Chosen): Creation {
  const { context, request } = chosen;
  const { idempotencyKey } = request;
  return {
    tenant: context.tenant.id,
    caller: context.caller.actor,
    idempotencyKey,
    claimant: idempotencyKey === null ? randomUUID() : hashInput(toKeyOf(chosen, idempotencyKey)),
  };
}

async function underHeldKey(chosen: Chosen, key: IdempotencyClaim): Promise<Outcome> {
  let outcome: Outcome;
  try {
    outcome = await checkAndWrite(chosen, key);
  } catch (error) {
    await key.abandon(() => toLostOutcome(chosen.of.provider, chosen.request.kind));
    throw error;
  }
  const isKept = outcome.status === 'APPLIED' || outcome.status === 'UNKNOWN';
  try {
    await key.end(isKept ? toStoredOutcome(outcome) : null);
    return outcome;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    // What was sent is marked as sent: a repeat will reread and never write.
    return isKept ? { ...outcome, warnings: withNotRecorded(outcome.warnings, []) } : outcome;
  }
}

async function checkAndWrite(chosen: Chosen, key: IdempotencyClaim | null): Promise<Outcome> {
  const { of, operation, input, context, request } = chosen;
  const { tenant } = context;
  const path = ['input', of.provider.key];
  const target = operation.target(input);
  const problems = [
    ...(target?.ids.every((id) => of.provider.isBadgeId(id)) === false
      ? [invalid(target.field, `${of.provider.name.title} cannot have a badge with this ID.`)]
      : []),
    ...operation.check(input, { isImageUrl: tenant.isImageUrl }),
  ];
  if (problems.length > 0) return refuse(path, problems);

  const audit = createAuditEntry(tenant.store, {
    at: new Date(tenant.wallTime()).toISOString(),
    tenant: tenant.id,
    caller: context.caller.actor,
    provider: of.provider.name.enumValue,
    badgeIds: [...(target?.ids ?? [])],
    operation: request.kind,
    idempotencyKey: request.idempotencyKey,
  });
  const memoryOf = memoriesOf(chosen);
  let memberId = memberOf(chosen);
  const outcome = await performWrite({
    ...chosen,
    onPrepared: (prepared) => void (memberId = memberOf({ operation, input: prepared })),
    kind: request.kind,
    dryRun: request.dryRun,
    source: context.sourceOf(of),
    path,
    target,
    memory: target?.isLocked ? memoryOf(target.ids[0] ?? '') : null,
    memoryOf,
    lock: null,
    heldBy: (userId) =>
      createHeldBadges({
        store: tenant.store,
        key: toStateKey('held', tenant.id, of.provider.name.enumValue, userId),
        onUnreadable: tenant.onUnreadable,
      }),
    needsStore: key !== null || target?.expectedVersion != null,
    hasKey: key !== null,
    creation: toCreation(chosen),
    async beforeSend(plan, proof) {
      await audit.begin({ changes: plan.changes, memberId });
      await key?.markSending(toAttempt({ of, target, plan, proof }));
    },
  });
  return record(chosen, audit, { outcome, memberId });
}

/** Null: it is for nobody, or for somebody whose id is not known yet. */
function memberOf({ operation, input }: Pick<Chosen, 'operation' | 'input'>): string | null {
  return operation.memberId?.(input) || null;
}

function memoriesOf({ of, context: { tenant } }: Chosen): Write['memoryOf'] {
  return (badgeId) =>
    createHiddenMemory(tenant.store, {
      key: toStateKey('hidden', tenant.id, of.provider.name.enumValue, badgeId),
      wallTime: tenant.wallTime,
      doubtful: tenant.doubtfulMemories,
      onUnreadable: tenant.onUnreadable,
    });
}

/** The record of the mutation; a dry run leaves none, whatever came of it. Where the store is out of reach, the log has it, and the caller is warned. */
async function record(
  { context: { tenant, caller }, of, request, operation, input }: Chosen,
  audit: AuditEntry,
  { outcome, memberId }: { outcome: Outcome; memberId: string | null },
): Promise<Outcome> {
  if (request.dryRun || outcome.status === 'DRY_RUN') return outcome;
  const targetIds = operation.target(input)?.ids ?? outcome.badges.map(({ id }) => id);
  const ended = {
    outcome: outcome.status,
    changes: [...outcome.changes],
    badgeIds: [...targetIds],
    memberId,
  };
  const { notFoundIds } = outcome;
  try {
    await audit.end({ ...ended, notFoundIds });
    return outcome;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    const about = { tenant: tenant.id, caller: caller.actor, provider: of.provider.name.enumValue };
    tenant.onUnrecorded({ ...about, operation: request.kind, ...ended }, error);
    const wasSent = outcome.status === 'APPLIED' || outcome.status === 'UNKNOWN';
    return wasSent ? { ...outcome, warnings: withNotRecorded(outcome.warnings, []) } : outcome;
  }
}
