import { z } from 'zod';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import { providers } from '../../providers/index.ts';
import { WARNING_CODES } from '../../providers/provider.ts';
import type { Provider, Warning, WarningCode } from '../../providers/provider.ts';
import type { UrlRule } from '../../providers/https-url.ts';
import { BadgeErrorCode } from '../error-code.ts';
import { BadgeProviderError } from '../payloads.ts';
import type { BadgeUserError } from '../payloads.ts';
import { toUnreadableKeyError } from '../user-errors.ts';
import type { Outcome } from './outcome.ts';
import { changeSchema } from './stored-record.ts';

/**
 * An outcome as JSON that outlives the process. Only writes that were, or may have been, applied are kept.
 * Enums are texts here: a newer version may have values that this one does not know.
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
    warnings: warnings.map((warning) => ({ ...warning })),
    userErrors: userErrors
      .filter((error) => error instanceof BadgeProviderError)
      .map((error) => ({ ...error })),
  };
}

/** What is kept, as far as this version knows it. `provider` is the one that the mutation is for. */
export function restoreOutcome(
  stored: StoredOutcome,
  { provider, isImageUrl }: { provider: Provider; isImageUrl: UrlRule },
): Outcome {
  const status = stored.status === 'APPLIED' ? 'APPLIED' : 'UNKNOWN';
  const userErrors = stored.userErrors.map((error) => restoreError(error, provider));
  const isUnexplained = status === 'UNKNOWN' && userErrors.length === 0;
  return {
    status,
    badges: stored.badges.flatMap((badge) => restoreBadge(badge, isImageUrl) ?? []),
    deletedBadgeId: stored.deletedBadgeId,
    changes: stored.changes.map(({ field, before, after }) => ({ field, before, after })),
    warnings: stored.warnings.map(restoreWarning),
    userErrors: isUnexplained ? [toUnreadableKeyError(provider)] : userErrors,
    notFoundIds: [],
  };
}

/** Null: of a provider that this version does not know, or in a form that it cannot read. */
function restoreBadge(
  { provider: enumValue, record }: StoredOutcome['badges'][number],
  isImageUrl: UrlRule,
): BadgeFields | null {
  const provider = providers.find(({ name }) => name.enumValue === enumValue);
  return provider?.restoreBadge(record, isImageUrl) ?? null;
}

function restoreWarning({ code, message, fields }: StoredOutcome['warnings'][number]): Warning {
  return { code: isWarningCode(code) ? code : 'OTHER', message, fields };
}

function isWarningCode(code: string): code is WarningCode {
  return Object.hasOwn(WARNING_CODES, code);
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
