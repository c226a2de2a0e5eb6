import type { Target, WritePlan } from '../../providers/provider.ts';
import { StateError } from '../../state/state-store.ts';
import { type AuditEntry, createAuditEntry } from './audit.ts';
import type { IdempotencyClaim, StoredAttempt } from './idempotency.ts';
import { createHeldOf, createMemoryOf } from './memory.ts';
import { type Outcome, toOutcome, toStoredOutcome, wasSent, withNotRecorded } from './outcome.ts';
import { type Creation, claimAnswered, claimCreated, toCreation } from './unknown-outcome.ts';
import type { Mutation, Sending, Write, WriteJournal } from './write.ts';

/** What a write does if the state store fails. */
type Reaction =
  /** It is rejected with `STATE_UNAVAILABLE`. Nothing was sent. */
  | 'REJECT'
  /** It continues, and its outcome has the warning `NOT_RECORDED`. */
  | 'WARN'
  | 'CONTINUE';

/**
 * By the step at which the store fails: what a write does if it requires the step, and if it does not. At other steps,
 * there is no choice: a key that cannot be claimed rejects the mutation, a commit that fails warns, as the provider has
 * applied the write, a rollback is repeated in the background, and reads that only refine the outcome are left out.
 */
const IF_STORE_FAILS = {
  /** Required with a key or an expected version. Otherwise, this process alone serializes the writes of the badge. */
  lock: ['REJECT', 'CONTINUE'],
  /** Required if hidden values would be omitted or are missing. */
  recall: ['REJECT', 'CONTINUE'],
  /** Required with a key, an expected version, or if remembered values are sent. */
  stage: ['REJECT', 'WARN'],
  /** Required if the request was sent. The audit record goes to the log, and the key is closed in the background. */
  close: ['WARN', 'CONTINUE'],
} as const satisfies Readonly<Record<string, readonly [Reaction, Reaction]>>;

export function ifStoreFails(
  step: keyof typeof IF_STORE_FAILS,
  { isRequired }: { isRequired: boolean },
): Reaction {
  const [required, otherwise] = IF_STORE_FAILS[step];
  return isRequired ? required : otherwise;
}

/** Whether the caller relies on the state store for the whole write. */
export function requiresStore({ idempotencyKey, expectedVersion }: Write): boolean {
  return idempotencyKey !== null || expectedVersion !== undefined;
}

type StoreResult<T> = { value: T; failure?: never } | { value?: never; failure: StateError };

/** Runs work on the state store, and returns its failure instead of throwing it. */
export async function tryStore<T>(work: () => Promise<T>): Promise<StoreResult<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return { failure: error };
  }
}

/** Waits for the end of each, and then rejects like the first that has failed. */
async function allEnded(works: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(works);
  await Promise.all(works);
}

/** `key` is null for a write without one, and for a dry run, which records nothing. */
export function createJournal(mutation: Mutation, key: IdempotencyClaim | null): WriteJournal {
  const { context, dryRun, operation, input } = mutation;
  const { tenant } = context;
  const target = operation.target(input);
  const [targetId = ''] = target?.ids ?? [];
  const memory = target?.isLocked ? createMemoryOf(mutation, targetId) : null;
  const audit = openAudit(mutation, target);
  let isRecorded = true;
  /** Whether the store has the audit record. */
  let audited: Promise<boolean> | undefined;
  let creation: Creation | undefined;
  const ownCreation = (): Creation => (creation ??= toCreation(mutation));

  async function rollback(): Promise<void> {
    await memory?.withdraw();
  }

  function writeAudit(outcome: Outcome, memberId: string | null): Promise<boolean> {
    const targetIds = target?.ids ?? outcome.badges.map(({ id }) => id);
    audited ??= closeAudit(mutation, audit, { outcome, memberId, targetIds });
    return audited;
  }

  async function closeKey(outcome: Outcome): Promise<Outcome> {
    const { failure } = await tryStore(async () =>
      key?.end(wasSent(outcome) ? toStoredOutcome(outcome) : null),
    );
    return failure ? warnIfSent(outcome) : outcome;
  }

  return {
    async recall() {
      const { value = null, failure } = await tryStore(async () => memory?.recall());
      return { remembered: value, isUnavailable: failure !== undefined };
    },

    async alreadyHeld(memberId) {
      const held = createHeldOf(mutation, memberId);
      const { value = [] } = await tryStore(() => held.among(target?.ids ?? []));
      return value;
    },

    async claimCreated(badge) {
      const { value } = await tryStore(() => claimCreated(tenant.store, ownCreation(), badge));
      return value === true;
    },

    async stage(sending) {
      const { write, plan } = sending;
      const { failure } = await tryStore(async () => {
        const values = plan.writtenValues;
        await allEnded([
          ...(values && memory ? [memory.pend(values, toExpectedRecord(sending))] : []),
          audit.begin({ changes: [...plan.changes], memberId: write.memberId }),
          ...(key ? [key.markSending(toAttempt(sending))] : []),
        ]);
        // Last, so that it covers everything that was recorded before it.
        await write.lock?.secure();
      });
      if (!failure) return true;
      const isRequired = requiresStore(write) || sendsMemory(plan);
      if (ifStoreFails('stage', { isRequired }) === 'REJECT') {
        await rollback();
        return false;
      }
      isRecorded = false;
      if (plan.writtenValues) memory?.doubt();
      return true;
    },

    async commit({ write, plan }, { badge, sent }) {
      const { failure } = await tryStore(async () => {
        if (write.kind === 'delete') return memory?.forget();
        const works = [commitHeld(write, plan)];
        if (badge && plan.writtenValues) {
          const own = memory ?? createMemoryOf(write, badge.id);
          works.push(own.settle(plan.writtenValues, badge.record, ...(sent ? [sent.record] : [])));
        }
        if (badge && target === null) {
          works.push(claimAnswered(tenant.store, ownCreation(), badge));
        }
        await allEnded(works);
      });
      return isRecorded && !failure;
    },

    async audit(badge, { changes, memberId }) {
      await writeAudit(toOutcome('APPLIED', { badges: badge ? [badge] : [], changes }), memberId);
    },

    rollback,

    async close(outcome, memberId) {
      if (dryRun) return outcome;
      const isAudited = await writeAudit(outcome, memberId);
      return closeKey(isAudited ? outcome : warnIfSent(outcome));
    },

    discard: closeKey,
    abandon: async () => key?.abandon(),
  };
}

/** A rejected mutation has nothing to warn of. */
function warnIfSent(outcome: Outcome): Outcome {
  const warns = ifStoreFails('close', { isRequired: wasSent(outcome) }) === 'WARN';
  return warns ? { ...outcome, warnings: withNotRecorded(outcome.warnings, []) } : outcome;
}

function openAudit({ context, of, kind, idempotencyKey }: Mutation, target: Target | null) {
  const { tenant, caller } = context;
  return createAuditEntry(tenant.store, {
    at: new Date(tenant.wallTime()).toISOString(),
    tenant: tenant.id,
    caller: caller.actor,
    provider: of.provider.name.enumValue,
    badgeIds: [...(target?.ids ?? [])],
    operation: kind,
    idempotencyKey,
  });
}

/** Whether the store has the record. If not, the log has it. */
async function closeAudit(
  { context: { tenant, caller }, of, kind }: Mutation,
  audit: AuditEntry,
  closing: { outcome: Outcome; memberId: string | null; targetIds: readonly string[] },
): Promise<boolean> {
  const { outcome, memberId, targetIds } = closing;
  const ended = {
    outcome: outcome.status,
    changes: [...outcome.changes],
    badgeIds: [...targetIds],
    memberId,
  };
  const notFoundIds = notSeenIds(outcome, targetIds);
  const { failure } = await tryStore(() => audit.end({ ...ended, notFoundIds }));
  if (!failure) return true;
  const about = { tenant: tenant.id, caller: caller.actor, provider: of.provider.name.enumValue };
  tenant.onUnrecorded({ ...about, operation: kind, ...ended }, failure);
  return false;
}

/** A mutation that was rejected before any badge was looked up says nothing of whether those that it names exist. */
function notSeenIds(
  { status, badges, notFoundIds }: Outcome,
  targetIds: readonly string[],
): readonly string[] {
  const isUnseen = status === 'REFUSED' && badges.length === 0 && notFoundIds.length === 0;
  return isUnseen ? targetIds : notFoundIds;
}

/** The record that the badge will have if the write takes effect as it is sent. */
function toExpectedRecord({ write, plan, current, open }: Sending): object | undefined {
  const before = open.sent ?? current[0];
  return before && write.operation.toExpected?.(plan.body, before)?.record;
}

function toAttempt({ write: { of, target }, plan, proof }: Sending): StoredAttempt {
  const { isVisible, earlierIds } = proof;
  return {
    provider: of.provider.name.enumValue,
    badgeId: target?.isLocked ? (target.ids[0] ?? null) : null,
    body: { ...plan.body },
    changes: [...plan.changes],
    hiddenValues: plan.writtenValues && { ...plan.writtenValues },
    isVisible,
    ...(earlierIds !== undefined && { earlierIds }),
    warnings: plan.warnings.map(({ fields, ...warning }) => ({ ...warning, fields: [...fields] })),
  };
}

function sendsMemory({ warnings }: WritePlan): boolean {
  return warnings.some(({ code }) => code === 'HIDDEN_FIELDS_REUSED');
}

async function commitHeld(write: Write, plan: WritePlan): Promise<void> {
  const { memberId, target, kind } = write;
  if (memberId === null || !target || plan.changes.length === 0) return;
  const held = createHeldOf(write, memberId);
  await (kind === 'revoke' ? held.revoke(target.ids) : held.award(target.ids));
}
