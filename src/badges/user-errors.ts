import type { ProviderError } from '../http/provider-error.ts';
import type { BadgeFields } from '../providers/badge-fields.ts';
import type { InputProblem, Provider } from '../providers/provider.ts';
import { isRetryable, readCode, writeCode } from './error-code.ts';
import type { BadgeErrorCode } from './error-code.ts';
import { BadgeConflictError, BadgeInputError, BadgeProviderError } from './payloads.ts';

/** `path` leads to the provider's input, from `input` on. */
export function toInputError(path: readonly string[], problem: InputProblem): BadgeInputError {
  return Object.assign(new BadgeInputError(), {
    message: problem.message,
    code: problem.code,
    field: [...path, ...problem.field],
  });
}

export function toNotFoundError(path: readonly string[], { name }: Provider): BadgeInputError {
  return Object.assign(new BadgeInputError(), {
    message: `${name.title} has no badge with this id`,
    code: 'NOT_FOUND' as const,
    field: [...path, 'id'],
  });
}

export function toConflictError(
  path: readonly string[],
  currentBadge: BadgeFields | null,
): BadgeConflictError {
  return Object.assign(new BadgeConflictError(), {
    message: 'the badge has changed since this version was read; look at currentBadge',
    code: 'CONFLICT' as const,
    field: [...path, 'expectedVersion'],
    currentBadge,
  });
}

/** A failed read before the write: nothing was sent, so a repeat is as safe as it is useful. */
export function toReadFailure(provider: Provider, error: ProviderError): BadgeProviderError {
  return toProviderError(provider, error, {
    message: `${provider.name.title} ${error.message}; nothing was sent`,
    code: readCode(error.kind),
    retryable: isRetryable(error.kind),
  });
}

/** `sentFields` are named when the provider calls one of them invalid: it does not say which in a way to rely on. */
export function toWriteFailure(
  provider: Provider,
  error: ProviderError,
  sentFields: readonly string[],
): BadgeProviderError {
  const suspects = error.kind === 'rejected' ? `; it was sent ${sentFields.join(', ')}` : '';
  return toProviderError(provider, error, {
    message: `${provider.name.title} ${error.message}${suspects}; ${effectInWords(error)}`,
    code: writeCode(error),
    retryable: error.effect !== 'unknown' && isRetryable(error.kind),
  });
}

function effectInWords({ effect }: ProviderError): string {
  switch (effect) {
    case 'not-sent':
      return 'nothing was sent, so it is safe to repeat';
    case 'refused':
      return 'nothing was changed';
    case 'unknown':
      return 'the request may have been applied: look at badge before you repeat it';
  }
}

function toProviderError(
  { name }: Provider,
  { retryAfterMs }: ProviderError,
  rest: { message: string; code: BadgeErrorCode; retryable: boolean },
): BadgeProviderError {
  return Object.assign(new BadgeProviderError(), {
    ...rest,
    field: null,
    provider: name.enumValue,
    retryAfterMs: retryAfterMs ?? null,
  });
}
