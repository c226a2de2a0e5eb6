import { ProviderError } from '../../http/provider-error.ts';
import type { OperationKind, Provider, Target, WritePlan } from '../../providers/provider.ts';
import type { BadgesContext } from '../context.ts';
import type { TenantProvider } from '../tenant.ts';
import { toWriteFailure } from '../user-errors.ts';
import type { StoredAttempt } from './key-record.ts';
import { toOutcome } from './outcome.ts';
import { toStoredOutcome } from './stored-outcome.ts';
import type { StoredOutcome } from './stored-outcome.ts';

export function toAttempt({
  of,
  target,
  plan,
  isVisible,
}: {
  of: TenantProvider;
  target: Target | null;
  plan: WritePlan;
  isVisible: boolean;
}): StoredAttempt {
  return {
    provider: of.provider.name.enumValue,
    badgeId: target?.isLocked ? (target.ids[0] ?? null) : null,
    body: { ...plan.body },
    changes: plan.changes,
    hiddenValues: plan.hiddenValues && { ...plan.hiddenValues },
    isVisible,
  };
}

/** What stands for a write whose process died before it knew the outcome. */
export function toLostOutcome(provider: Provider): StoredOutcome {
  const error = new ProviderError('was not heard out: this service stopped meanwhile', {
    kind: 'unavailable',
    effect: 'unknown',
  });
  const userErrors = [toWriteFailure(provider, error, [])];
  return toStoredOutcome(toOutcome('UNKNOWN', { userErrors }));
}

/** An unknown outcome as a read shows it now; the same object when there is nothing new. Never writes to the provider. */
export async function recheck(
  {
    context,
    of,
    request,
  }: { context: BadgesContext; of: TenantProvider; request: { kind: OperationKind } },
  { outcome, attempt }: { outcome: StoredOutcome; attempt: StoredAttempt | null },
): Promise<StoredOutcome> {
  const operation = of.provider.operations[request.kind];
  if (outcome.status !== 'UNKNOWN' || !attempt || attempt.badgeId === null) return outcome;
  if (!operation?.isConfirmedBy) return outcome;
  try {
    const bounds = { purpose: 'prepare', deadlineAt: context.deadlineAt } as const;
    const badge = (await context.sourceOf(of).listNew(bounds)).value.find(attempt.badgeId);
    const plan: WritePlan = {
      body: attempt.body,
      hiddenValues: attempt.hiddenValues,
      changes: attempt.changes,
      givenFields: [],
      warnings: [],
      problems: [],
    };
    const badges = badge ? [badge] : [];
    if (!attempt.isVisible || !operation.isConfirmedBy(plan, badge)) {
      return { ...outcome, badges: badges.map(({ provider, record }) => ({ provider, record })) };
    }
    const deletedBadgeId = request.kind === 'delete' ? attempt.badgeId : null;
    const { changes } = attempt;
    return toStoredOutcome(toOutcome('APPLIED', { badges, deletedBadgeId, changes }));
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return outcome;
  }
}
