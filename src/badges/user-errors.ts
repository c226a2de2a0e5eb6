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

/** `path` leads to the field that names the badge. */
export function toNotFoundError(path: readonly string[], { name }: Provider): BadgeInputError {
  return Object.assign(new BadgeInputError(), {
    message: `${name.title} has no badge with this id`,
    code: 'NOT_FOUND' as const,
    field: [...path],
  });
}

export function toReusedError(): BadgeInputError {
  return Object.assign(new BadgeInputError(), {
    message: 'this idempotencyKey stands for another input; nothing was sent',
    code: 'IDEMPOTENCY_KEY_REUSED' as const,
    field: ['idempotencyKey'],
  });
}

export function toInProgressError(): BadgeInputError {
  return Object.assign(new BadgeInputError(), {
    message: 'the mutation with this idempotencyKey is still under way; repeat it later',
    code: 'IDEMPOTENCY_IN_PROGRESS' as const,
    field: ['idempotencyKey'],
  });
}

/** What an earlier mutation left under the key cannot be read, so that it may have been applied. */
export function toUnreadableKeyError(provider: Provider): BadgeProviderError {
  return toProviderError(
    provider,
    {},
    {
      message:
        'What is kept of the mutation with this idempotencyKey cannot be read, so it is unknown whether it was applied; nothing was sent now. Look at the badge, and take a new key only if the change is missing',
      code: 'OUTCOME_UNKNOWN',
      // A repeat with the same key never writes.
      retryable: true,
    },
  );
}

export function toStateError(provider: Provider): BadgeProviderError {
  return toProviderError(
    provider,
    {},
    {
      message:
        'the store for records is out of reach, and this mutation relies on it; nothing was sent',
      code: 'STATE_UNAVAILABLE',
      retryable: true,
    },
  );
}

/** Another write of the same badge took too long. */
export function toBusyError(provider: Provider): BadgeProviderError {
  return toProviderError(
    provider,
    {},
    {
      message: 'another write of this badge is still under way; nothing was sent',
      code: 'PROVIDER_TIMEOUT',
      retryable: true,
    },
  );
}

/** So little of the deadline is left that the write could not be heard out. */
export function toTooLateError(provider: Provider): BadgeProviderError {
  return toProviderError(
    provider,
    {},
    {
      message: 'too little time was left after reading the badge; nothing was sent',
      code: 'PROVIDER_TIMEOUT',
      retryable: true,
    },
  );
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

/** The provider says so, whatever version was expected. */
export function toProviderConflictError(
  { name }: Provider,
  currentBadge: BadgeFields | null,
): BadgeConflictError {
  return Object.assign(new BadgeConflictError(), {
    message: `${name.title} reports a conflicting state; look at currentBadge`,
    code: 'CONFLICT' as const,
    field: null,
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
  const hasSuspects = error.kind === 'rejected' && sentFields.length > 0;
  const suspects = hasSuspects ? `; it was sent ${sentFields.join(', ')}` : '';
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
  { retryAfterMs }: { retryAfterMs?: number | undefined },
  rest: { message: string; code: BadgeErrorCode; retryable: boolean },
): BadgeProviderError {
  return Object.assign(new BadgeProviderError(), {
    ...rest,
    field: null,
    provider: name.enumValue,
    retryAfterMs: retryAfterMs ?? null,
  });
}
