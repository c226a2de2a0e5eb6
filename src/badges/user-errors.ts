import type { ProviderError } from '../http/provider-error.ts';
import type { BadgeFields } from '../providers/badge-fields.ts';
import type { InputProblem, OperationKind, Provider } from '../providers/provider.ts';
import { type BadgeErrorCode, isRetryable, readCode, writeCode } from './error-code.ts';
import { BadgeConflictError, BadgeInputError, BadgeProviderError } from './payloads.ts';

/** `path` leads to the provider's input, from `input` on. */
export function toInputError(path: readonly string[], problem: InputProblem): BadgeInputError {
  return Object.assign(new BadgeInputError(), {
    message: problem.message,
    code: problem.code,
    field: [...path, ...problem.field],
    providerMessage: null,
  });
}

/** `path` leads to the field that names the badge. */
export function toNotFoundError(path: readonly string[], { name }: Provider): BadgeInputError {
  return Object.assign(new BadgeInputError(), {
    message: `${name.title} has no badge with this id`,
    code: 'NOT_FOUND' as const,
    field: [...path],
    providerMessage: null,
  });
}

export function toReusedError(): BadgeInputError {
  return Object.assign(new BadgeInputError(), {
    message: 'this idempotencyKey stands for another input; nothing was sent',
    code: 'IDEMPOTENCY_KEY_REUSED' as const,
    field: ['idempotencyKey'],
    providerMessage: null,
  });
}

export function toInProgressError(): BadgeInputError {
  return Object.assign(new BadgeInputError(), {
    message: 'the mutation with this idempotencyKey is still under way; repeat it later',
    code: 'IDEMPOTENCY_IN_PROGRESS' as const,
    field: ['idempotencyKey'],
    providerMessage: null,
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

/** An operator has erased what an earlier mutation left under the key. */
export function toErasedKeyError(provider: Provider): BadgeProviderError {
  return toProviderError(
    provider,
    {},
    {
      message:
        'What was kept of the mutation with this idempotencyKey was erased, so it is unknown whether it was applied; nothing was sent now. Look at the badge, and take a new key only if the change is missing',
      code: 'OUTCOME_UNKNOWN',
      // A repeat with the same key within its 24 hours never writes.
      retryable: false,
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
      message: 'Another write of this badge is still under way. Nothing was sent: repeat it later',
      code: 'WRITE_IN_PROGRESS',
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
    providerMessage: null,
  });
}

/** The provider says so, whatever version was expected. */
export function toProviderConflictError(
  { name }: Provider,
  { providerMessage }: Pick<ProviderError, 'providerMessage'>,
  currentBadge: BadgeFields | null,
): BadgeConflictError {
  const advice = currentBadge
    ? 'look at currentBadge'
    : 'look in the list for a badge that stands in the way';
  return Object.assign(new BadgeConflictError(), {
    message: `${name.title} reports a conflicting state, and nothing was changed: ${advice}`,
    code: 'CONFLICT' as const,
    field: null,
    currentBadge,
    providerMessage: providerMessage ?? null,
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

/** What a failed write was, as far as its error tells of it. */
export interface FailedWrite {
  kind: OperationKind;
  /** Named when the provider calls one of them invalid: it does not say which in a way to rely on. */
  sentFields: readonly string[];
  /** A repeat with the key is safe, and tells what is known by then. */
  hasKey: boolean;
  /** Whether the payload shows a badge that a read found afterwards. */
  isShown: boolean;
}

export function toWriteFailure(
  provider: Provider,
  error: ProviderError,
  write: FailedWrite,
): BadgeProviderError {
  const hasSuspects = error.kind === 'rejected' && write.sentFields.length > 0;
  const suspects = hasSuspects ? `; it was sent ${write.sentFields.join(', ')}` : '';
  return toProviderError(provider, error, {
    message: `${provider.name.title} ${error.message}${suspects}; ${effectInWords(error, write)}`,
    code: writeCode(error),
    retryable: error.effect === 'unknown' ? write.hasKey : isRetryable(error.kind),
  });
}

function effectInWords({ effect }: ProviderError, write: FailedWrite): string {
  switch (effect) {
    case 'not-sent':
      return 'nothing was sent, so it is safe to repeat';
    case 'refused':
      return 'nothing was changed';
    case 'unknown':
      return `the request may have been applied: ${adviceOn(write)}`;
  }
}

/** What to do after an unknown outcome. */
function adviceOn({ kind, hasKey, isShown }: FailedWrite): string {
  const look = isShown ? LOOK_AT_BADGE[kind] : LOOK_FOR_BADGE[kind];
  return hasKey
    ? `${look}, or repeat it with the same idempotencyKey, which never writes again and tells what is known by then`
    : `${look} before you repeat it`;
}

const LOOK_AT_BADGE: Readonly<Record<OperationKind, string>> = {
  create: 'badge is one with these values that has appeared since; look at it',
  update: 'look at badge',
  delete: 'look whether the badge is still there',
  award: 'look at the badges of the member',
  revoke: 'look at the badges of the member',
};
const LOOK_FOR_BADGE: Readonly<Record<OperationKind, string>> = {
  ...LOOK_AT_BADGE,
  create: 'look in the list of badges, by its name, whether the new badge is there',
  update: 'read the badge again',
};

function toProviderError(
  { name }: Provider,
  {
    retryAfterMs,
    providerMessage,
  }: Partial<Pick<ProviderError, 'retryAfterMs' | 'providerMessage'>>,
  rest: { message: string; code: BadgeErrorCode; retryable: boolean },
): BadgeProviderError {
  return Object.assign(new BadgeProviderError(), {
    ...rest,
    field: null,
    provider: name.enumValue,
    // A wait is said only where a repeat is worth something.
    retryAfterMs: rest.retryable ? (retryAfterMs ?? null) : null,
    providerMessage: providerMessage ?? null,
  });
}
