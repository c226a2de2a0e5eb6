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
  /**
   * The badges of the input after the write, from its answer or a read. If nothing was written, as they were before; if
   * they were deleted, as they were then.
   */
  badges: readonly BadgeFields[];
  /** The badges that the member of an award holds by now. Null if unknown. */
  memberBadges: readonly BadgeFields[] | null;
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
    'The change may have been applied: it was sent but the response was missing or inconclusive, or a mutation with the same idempotency key is still in progress.',
} as const;
/** A dry run leaves no record. */
export const PAYLOAD_OUTCOMES = {
  ...OUTCOMES,
  DRY_RUN:
    'A dry run of a mutation that would be sent. Nothing was changed. Other dry runs have the outcome that the mutation would have. Not part of a history.',
} as const;
type OutcomeStatus = keyof typeof PAYLOAD_OUTCOMES;

export function toOutcome(
  status: OutcomeStatus,
  rest: Partial<Omit<Outcome, 'status'>> = {},
): Outcome {
  return {
    status,
    badges: [],
    memberBadges: null,
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
  const error = toObstacleError(obstacle, provider);
  return toOutcome(isOpen(error) ? 'UNKNOWN' : 'REFUSED', { userErrors: [error] });
}

/** Whether an earlier request with the same key may have applied the change, or may still do so. */
function isOpen({ code }: BadgeUserError): boolean {
  return code === 'OUTCOME_UNKNOWN' || code === 'IDEMPOTENCY_IN_PROGRESS';
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

/** `notShown`: given fields that the badge does not show, so that an edit elsewhere may have changed them unnoticed. */
export function noChange(
  { givenFields }: WritePlan,
  { name }: Provider,
  notShown: readonly string[],
): Warning {
  const remembered =
    notShown.length > 0
      ? ` ${name.title} does not show these fields, so this is known only from what this service wrote last: ${notShown.join(', ')}.`
      : '';
  return {
    code: 'NO_CHANGE',
    message: `The badge already has all the given values. Nothing was sent.${remembered}`,
    fields: givenFields,
  };
}

export function notReadBefore(plan: WritePlan): Warning {
  return {
    code: 'PREVIOUS_VALUES_UNKNOWN',
    message: 'The badge could not be read before the write, so its previous values are unknown.',
    fields: plan.changes
      .map(({ field }) => field)
      .filter((field) => plan.givenFields.includes(field)),
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
    ? ' It may show the write later. An update within the next minute starts from the values that were sent.'
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

const badgeSchema = z.looseObject({ provider: z.string(), record: z.unknown() });

/**
 * An outcome as it is stored with its key. Only writes that were or may have been applied are stored.
 * Enums are strings here, as a newer version may have values that this one does not know.
 */
export const storedOutcomeSchema = z.looseObject({
  status: z.string(),
  badges: z.array(badgeSchema),
  /** Earlier versions had the badges of the member among `badges`. */
  memberBadges: z.array(badgeSchema).nullish(),
  deletedBadgeId: z.string().nullable(),
  changes: z.array(changeSchema),
  warnings: z.array(
    z.looseObject({ code: z.string(), message: z.string(), fields: z.array(z.string()) }),
  ),
  userErrors: z.array(
    z.looseObject({
      message: z.string(),
      code: z.string(),
      /** The first of the fields, for earlier versions, which stored no other. */
      field: z.array(z.string()).nullable(),
      fields: z.array(z.array(z.string())).optional(),
      retryable: z.boolean(),
      retryAfterMs: z.int32().nullable(),
      providerMessage: z.string().nullish(),
    }),
  ),
});
export type StoredOutcome = z.output<typeof storedOutcomeSchema>;

export function toStoredOutcome(outcome: Outcome): StoredOutcome {
  const { status, badges, memberBadges, deletedBadgeId, changes, warnings, userErrors } = outcome;
  return {
    status,
    badges: badges.map(toStoredBadge),
    memberBadges: memberBadges && memberBadges.map(toStoredBadge),
    deletedBadgeId,
    changes: changes.map((change) => ({ ...change })),
    warnings: warnings.map(({ fields, ...warning }) => ({ ...warning, fields: [...fields] })),
    userErrors: userErrors
      .filter((error) => error instanceof BadgeProviderError)
      .map(({ fields, ...error }) => ({
        ...error,
        field: fields[0] ? [...fields[0]] : null,
        fields: fields.map((field) => [...field]),
      })),
  };
}

export function toStoredBadge({ provider, record }: BadgeFields): StoredOutcome['badges'][number] {
  return { provider, record };
}

/** The outcome of a write whose process died before it knew the outcome. `warnings` are those of its plan. */
export function toLostOutcome(
  provider: Provider,
  kind: OperationKind,
  warnings: StoredOutcome['warnings'],
): StoredOutcome {
  const error = new ProviderError(
    'was sent the request, but this service stopped before it received a response',
    { kind: 'unavailable', effect: 'unknown' },
  );
  const failed = { kind, sentFields: [], hasKey: true, isShown: false };
  const userErrors = [toWriteFailure(provider, error, failed)];
  return toStoredOutcome(toOutcome('UNKNOWN', { warnings, userErrors }));
}

/** The mutation that an outcome was stored for. */
interface RestoredFor {
  provider: Provider;
  tenant: Tenant;
  /** The badges that its input names. Undefined for a creation. */
  targetIds: readonly string[] | undefined;
}

/** The stored outcome of a mutation, as far as this version can read it. */
export function restoreOutcome(
  stored: StoredOutcome,
  { provider, tenant, targetIds }: RestoredFor,
): Outcome {
  const status = stored.status === 'APPLIED' ? 'APPLIED' : 'UNKNOWN';
  const userErrors = stored.userErrors.map((error) => restoreError(error, provider));
  const isUnexplained = status === 'UNKNOWN' && userErrors.length === 0;
  return {
    status,
    badges: restoreBadges(stored.badges, tenant).filter(
      ({ id }) => targetIds?.includes(id) ?? true,
    ),
    memberBadges: stored.memberBadges ? restoreBadges(stored.memberBadges, tenant) : null,
    deletedBadgeId: stored.deletedBadgeId,
    changes: stored.changes.map(({ field, before, after }) => ({ field, before, after })),
    warnings: stored.warnings.map(restoreWarning),
    userErrors: isUnexplained ? [toObstacleError('keyUnreadable', provider)] : userErrors,
    notFoundIds: [],
  };
}

/** Without those of which this version does not know the provider, or cannot read the record. */
function restoreBadges(
  stored: StoredOutcome['badges'],
  { providers, isImageUrl }: Tenant,
): BadgeFields[] {
  return stored.flatMap(({ provider: enumValue, record }) => {
    const of = providers.find(({ provider }) => provider.name.enumValue === enumValue);
    const values = of?.access?.values;
    return of?.provider.restoreBadge(record, { isImageUrl, values }) ?? [];
  });
}

function restoreWarning({ code, message, fields }: StoredOutcome['warnings'][number]): Warning {
  return { code: Object.hasOwn(warningCodes(), code) ? code : 'OTHER', message, fields };
}

function restoreError(
  {
    message,
    code,
    field,
    fields = field ? [field] : [],
    retryable,
    retryAfterMs,
    providerMessage,
  }: StoredOutcome['userErrors'][number],
  { name }: Provider,
): BadgeUserError {
  return Object.assign(new BadgeProviderError(), {
    message,
    code: isErrorCode(code) ? code : 'OUTCOME_UNKNOWN',
    fields,
    provider: name.enumValue,
    retryable,
    retryAfterMs,
    providerMessage: providerMessage ?? null,
  });
}

function isErrorCode(code: string): code is BadgeErrorCode {
  return Object.hasOwn(BadgeErrorCode, code);
}
