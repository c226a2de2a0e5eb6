import type { BadgeFields } from '../../providers/badge-fields.ts';
import type { FieldChange, Warning } from '../../providers/provider.ts';
import type { BadgeUserError } from '../payloads.ts';

/** What came of a mutation. */
export interface Outcome {
  status: OutcomeStatus;
  /** The badges after it: what was answered or read. Before it, where nothing was written. */
  badges: readonly BadgeFields[];
  deletedBadgeId: string | null;
  changes: readonly FieldChange[];
  warnings: readonly Warning[];
  userErrors: readonly BadgeUserError[];
  /** Badges of the input that the provider does not have: they get no history. */
  notFoundIds: readonly string[];
}

/** Printed as the enum `BadgeOutcome`, with these texts as descriptions. */
export const OUTCOMES = {
  APPLIED: 'The provider applied the change.',
  UNCHANGED: 'The badge already had all the given values. Nothing was sent.',
  REFUSED: 'This service or the provider rejected the mutation. Nothing was changed.',
  UNKNOWN:
    'The request was sent but the response was missing or inconclusive, so it may have been applied.',
} as const;
/** A dry run leaves no trace, and so is no outcome in the graph. */
export type OutcomeStatus = keyof typeof OUTCOMES | 'DRY_RUN';

export function toOutcome(
  status: OutcomeStatus,
  rest: Partial<Omit<Outcome, 'status'>> = {},
): Outcome {
  return {
    status,
    badges: [],
    deletedBadgeId: null,
    changes: [],
    warnings: [],
    userErrors: [],
    notFoundIds: [],
    ...rest,
  };
}
