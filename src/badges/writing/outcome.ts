import { z } from 'zod';
import { ProviderError } from '../../http/provider-error.ts';
import type { BadgeFields } from '../../providers/badge-list.ts';
import { warningCodes } from '../../providers/index.ts';
import type {
  FieldChange,
  InputProblem,
  OperationKind,
  Provider,
  Warning,
  WritePlan,
} from '../../providers/provider.ts';
import { BadgeErrorCode } from '../error-code.ts';
import type { Tenant } from '../tenant.ts';
import {
  BadgeProviderError,
  type BadgeUserError,
  type Obstacle,
  toInputError,
  toObstacleError,
  toWriteFailure,
} from '../user-errors.ts';
import { changeSchema } from './stored-record.ts';

/** The result of a mutation. */
export interface Outcome {
  status: OutcomeStatus;
  /** The badges after the write, from its answer or a read. If nothing was written, the badges before. */
  badges: readonly BadgeFields[];
  deletedBadgeId: string | null;
  changes: readonly FieldChange[];
  warnings: readonly Warning[];
  userErrors: readonly BadgeUserError[];
  /** Badges of the input that the provider does not have. They get no history. */
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
/** A dry run leaves no record, so the graph has no such outcome. */
type OutcomeStatus = keyof typeof OUTCOMES | 'DRY_RUN';

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

/** Whether the provider received the request. */
export function wasSent({ status }: Outcome): boolean {
  return status === 'APPLIED' || status === 'UNKNOWN';
}

/** The outcome of a mutation that was not sent, for a reason that is neither its input nor the provider. */
export function rejectedBy(obstacle: Obstacle, provider: Provider): Outcome {
  return toOutcome('REFUSED', { userErrors: [toObstacleError(obstacle, provider)] });
}

/** `path` leads to the provider's input. */
export function rejectInput(
  path: readonly string[],
  problems: readonly InputProblem[],
  badges: readonly BadgeFields[] = [],
): Outcome {
  const userErrors = problems.map((problem) => toInputError(path, problem));
  return toOutcome('REFUSED', { badges, userErrors });
}

export function noChange(plan: WritePlan): Warning {
  return {
    code: 'NO_CHANGE',
    message: 'The badge already has all the given values. Nothing was sent.',
    fields: plan.givenFields,
  };
}

export function notReadBefore(plan: WritePlan): Warning {
  return {
    code: 'PREVIOUS_VALUES_UNKNOWN',
    message: 'The badge could not be read before the write, so its previous values are unknown.',
    fields: plan.changes.map(({ field }) => field),
  };
}

export function resentWarning({ name }: Provider, fields: readonly string[]): Warning {
  return {
    code: 'SHOWN_VALUE_IN_DOUBT',
    message: `${name.title} took an earlier write and does not show it yet. These fields go back as they were sent: ${fields.join(', ')}. Give them if the badge should have other values`,
    fields,
  };
}

export function alteredWarning(
  { name }: Provider,
  { altered, sent }: { altered: readonly string[]; sent?: BadgeFields | undefined },
): Warning {
  const late = sent
    ? ' It shows the badge as it was before and may show the write later. An update within the next minute starts from the values that were sent.'
    : '';
  return {
    code: 'VALUE_ALTERED',
    message: `${name.title} applied the write but shows different values for these fields: ${altered.join(', ')}. The badge and changes contain the values that it shows.${late}`,
    fields: altered,
  };
}

/** The warnings with `NOT_RECORDED`, once. */
export function withNotRecorded(
  warnings: readonly Warning[],
  fields: readonly string[],
): Warning[] {
  const isSaid = warnings.some(({ code }) => code === 'NOT_RECORDED');
  return isSaid ? [...warnings] : [...warnings, notRecorded(fields)];
}

function notRecorded(fields: readonly string[]): Warning {
  return {
    code: 'NOT_RECORDED',
    message:
      'The state store is unavailable, so this change may be missing from the history and from the remembered values.',
    fields,
  };
}

/**
 * An outcome as it is stored with its key. Only writes that were or may have been applied are stored.
 * Enums are strings here, as a newer version may have values that this one does not know.
 */
export const storedOutcomeSchema = z.looseObject({
  status: z.string(),
  badges: z.array(z.looseObject({ provider: z.string(), record: z.unknown() })),
  deletedBadgeId: z.string().nullable(),
  changes: z.array(changeSchema),
  warnings: z.array(
    z.looseObject({ code: z.string(), message: z.string(), fields: z.array(z.string()) }),
  ),
  userErrors: z.array(
    z.looseObject({
      message: z.string(),
      code: z.string(),
      field: z.array(z.string()).nullable(),
      retryable: z.boolean(),
      retryAfterMs: z.int32().nullable(),
      providerMessage: z.string().nullish(),
    }),
  ),
});
export type StoredOutcome = z.output<typeof storedOutcomeSchema>;

export function toStoredOutcome(outcome: Outcome): StoredOutcome {
  const { status, badges, deletedBadgeId, changes, warnings, userErrors } = outcome;
  return {
    status,
    badges: badges.map(({ provider, record }) => ({ provider, record })),
    deletedBadgeId,
    changes: changes.map((change) => ({ ...change })),
    warnings: warnings.map(({ fields, ...warning }) => ({ ...warning, fields: [...fields] })),
    userErrors: userErrors
      .filter((error) => error instanceof BadgeProviderError)
      .map((error) => ({ ...error })),
  };
}

/** The outcome of a write whose process died before it knew the outcome. */
export function toLostOutcome(provider: Provider, kind: OperationKind): StoredOutcome {
  const error = new ProviderError(
    'was sent the request, but this service stopped before it received a response',
    { kind: 'unavailable', effect: 'unknown' },
  );
  const failed = { kind, sentFields: [], hasKey: true, isShown: false };
  const userErrors = [toWriteFailure(provider, error, failed)];
  return toStoredOutcome(toOutcome('UNKNOWN', { userErrors }));
}

/** A stored outcome, as far as this version can read it. `provider` is the one that the mutation is for. */
export function restoreOutcome(
  stored: StoredOutcome,
  { provider, tenant }: { provider: Provider; tenant: Tenant },
): Outcome {
  const status = stored.status === 'APPLIED' ? 'APPLIED' : 'UNKNOWN';
  const userErrors = stored.userErrors.map((error) => restoreError(error, provider));
  const isUnexplained = status === 'UNKNOWN' && userErrors.length === 0;
  return {
    status,
    badges: stored.badges.flatMap((badge) => restoreBadge(badge, tenant) ?? []),
    deletedBadgeId: stored.deletedBadgeId,
    changes: stored.changes.map(({ field, before, after }) => ({ field, before, after })),
    warnings: stored.warnings.map(restoreWarning),
    userErrors: isUnexplained ? [toObstacleError('keyUnreadable', provider)] : userErrors,
    notFoundIds: [],
  };
}

/** Null if this version does not know the provider, or cannot read the record. */
function restoreBadge(
  { provider: enumValue, record }: StoredOutcome['badges'][number],
  { providers, isImageUrl }: Tenant,
): BadgeFields | null {
  const of = providers.find(({ provider }) => provider.name.enumValue === enumValue);
  const values = of?.access?.values;
  return of?.provider.restoreBadge(record, { isImageUrl, values }) ?? null;
}

function restoreWarning({ code, message, fields }: StoredOutcome['warnings'][number]): Warning {
  return { code: Object.hasOwn(warningCodes(), code) ? code : 'OTHER', message, fields };
}

function restoreError(
  {
    message,
    code,
    field,
    retryable,
    retryAfterMs,
    providerMessage,
  }: StoredOutcome['userErrors'][number],
  { name }: Provider,
): BadgeUserError {
  return Object.assign(new BadgeProviderError(), {
    message,
    code: isErrorCode(code) ? code : 'OUTCOME_UNKNOWN',
    field,
    provider: name.enumValue,
    retryable,
    retryAfterMs,
    providerMessage: providerMessage ?? null,
  });
}

function isErrorCode(code: string): code is BadgeErrorCode {
  return Object.hasOwn(BadgeErrorCode, code);
}
