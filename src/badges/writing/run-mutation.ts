import { isObject } from '../../http/json.ts';
import { invalid } from '../../providers/input-checks.ts';
import type { BadgesContext } from '../context.ts';
import { executeWrite } from './execute-write.ts';
import {
  type Claim,
  type IdempotencyClaim,
  claimIdempotencyKey,
  toIdempotencyKey,
} from './idempotency.ts';
import { createJournal, tryStore } from './journal.ts';
import { type Outcome, rejectInput, rejectedBy, restoreOutcome, toLostOutcome } from './outcome.ts';
import { hashInput } from './stored-record.ts';
import { recheck } from './unknown-outcome.ts';
import type { Mutation, MutationRequest } from './write.ts';

/** A key goes into records and logs, so it must be visible and short. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;

/** Runs one mutation, and reports its outcome. Resolves with an outcome for every expected fault. */
export async function runMutation(
  context: BadgesContext,
  request: MutationRequest,
): Promise<Outcome> {
  const mutation = toMutation(context, request);
  const outcome = await toEnd(mutation);
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
  if (dryRun || idempotencyKey === null) {
    return executeWrite(mutation, createJournal(mutation, null));
  }
  if (!IDEMPOTENCY_KEY.test(idempotencyKey)) {
    const message =
      'Argument "idempotencyKey" must be 1 to 200 visible ASCII characters without spaces.';
    return rejectInput([], [invalid('idempotencyKey', message)]);
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
    toLostOutcome: () => toLostOutcome(of.provider, kind),
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
