import 'reflect-metadata';
import { Field, Int, InterfaceType, ObjectType } from 'type-graphql';
import type { ProviderError } from '../http/provider-error.ts';
import type { BadgeFields } from '../providers/badge-list.ts';
import type { InputProblem, OperationKind, Provider } from '../providers/provider.ts';
import { Badge, BadgeProvider } from './connection.ts';
import { BadgeErrorCode, isRetryable, readCode, writeCode } from './error-code.ts';

@InterfaceType({ description: 'The reason why a mutation was rejected or failed.' })
export abstract class BadgeUserError {
  @Field(() => String, { description: 'Human-readable message.' })
  message!: string;

  @Field(() => BadgeErrorCode, { description: 'Machine-readable code.' })
  code!: BadgeErrorCode;

  @Field(() => [[String]], {
    description:
      'Paths to the arguments and input fields that the error concerns, such as ["expectedVersion"]. The path of an input field starts with "input" and the provider. Empty if it concerns none in particular.',
  })
  fields!: readonly (readonly string[])[];

  @Field(() => String, {
    nullable: true,
    description:
      "The provider's own message about a rejected or failed write, truncated to 300 characters and with secrets removed. This is third-party text: display it as plain text only, and do not base decisions on it. Null if there is none, and if the provider rejected the credentials of this service.",
  })
  providerMessage!: string | null;
}

@ObjectType({
  implements: BadgeUserError,
  description: 'The input is invalid; see `fields`. Nothing was sent.',
})
export class BadgeInputError extends BadgeUserError {}

@ObjectType({
  implements: BadgeUserError,
  description:
    'The badge has changed since `expectedVersion` was read, or the provider reported a conflict. Nothing was changed.',
})
export class BadgeConflictError extends BadgeUserError {
  @Field(() => Badge, {
    nullable: true,
    description: 'Current state of the badge. Null if it could not be read or does not exist yet.',
  })
  currentBadge!: BadgeFields | null;
}

@ObjectType({
  implements: BadgeUserError,
  description: "The provider or this service's state store rejected the operation or failed.",
})
export class BadgeProviderError extends BadgeUserError {
  @Field(() => BadgeProvider, { description: 'Provider that the mutation was addressed to.' })
  provider!: string;

  @Field(() => Boolean, {
    description:
      'Whether it is safe to retry the same mutation, with the same idempotency key if one was set, and the retry may succeed.',
  })
  retryable!: boolean;

  @Field(() => Int, {
    nullable: true,
    description:
      'Milliseconds to wait before retrying, as stated by the provider or estimated. Null if unknown.',
  })
  retryAfterMs!: number | null;
}

/** Reasons why a mutation is not sent, apart from its input and the provider. */
const OBSTACLES = {
  keyReused: {
    code: 'IDEMPOTENCY_KEY_REUSED',
    field: 'idempotencyKey',
    message:
      'This idempotency key was already used with a different input. Nothing was sent. Use a new key for a new change.',
  },
  keyInProgress: {
    code: 'IDEMPOTENCY_IN_PROGRESS',
    field: 'idempotencyKey',
    message:
      'A mutation with this idempotency key is still in progress. Retry it later with the same key.',
  },
  /** The mutation may have been applied. */
  keyUnreadable: {
    code: 'OUTCOME_UNKNOWN',
    // A retry with the same key never writes.
    retryable: true,
    message:
      'The stored result for this idempotency key cannot be read, so it is unknown whether the mutation was applied. Nothing was sent now. Check the badge, and use a new key only if the change is missing.',
  },
  /** An operator erased the result. */
  keyErased: {
    code: 'OUTCOME_UNKNOWN',
    // A retry with the same key never writes within its 24 hours.
    retryable: false,
    message:
      'The stored result for this idempotency key was erased, so it is unknown whether the mutation was applied. Nothing was sent now. Check the badge, and use a new key only if the change is missing.',
  },
  noState: {
    code: 'STATE_UNAVAILABLE',
    retryable: true,
    message:
      'The state store that this mutation depends on is unavailable. Nothing was sent. Retry later.',
  },
  /** Another write of the same badge took too long. */
  badgeLocked: {
    code: 'WRITE_IN_PROGRESS',
    retryable: true,
    message: 'Another write to this badge is still in progress. Nothing was sent. Retry later.',
  },
  /** Too little of the deadline is left to wait for the response to the write. */
  tooLate: {
    code: 'PROVIDER_TIMEOUT',
    retryable: true,
    message: 'Reading the badge left too little time for the write. Nothing was sent. Retry later.',
  },
} as const;

export type Obstacle = keyof typeof OBSTACLES;

export function toObstacleError(
  obstacle: Obstacle,
  provider: Provider,
): BadgeInputError | BadgeProviderError {
  const row = OBSTACLES[obstacle];
  return 'field' in row
    ? inputError({ ...row, fields: [[row.field]] })
    : toProviderError(provider, {}, row);
}

/** `path` leads to the provider's input, from `input` on. */
export function toInputError(path: readonly string[], problem: InputProblem): BadgeInputError {
  const { code, message, fields } = problem;
  return inputError({ code, message, fields: fields.map((field) => [...path, ...field]) });
}

/** `path` leads to the field that names the badge, or several, of which `missing` are those that do not exist. */
export function toNotFoundError(
  path: readonly string[],
  { name }: Provider,
  missing: readonly string[],
): BadgeInputError {
  const what = missing.length > 0 ? `these IDs: ${missing.join(', ')}` : 'this ID';
  const message = `${name.title} has no badge with ${what}.`;
  return inputError({ code: 'NOT_FOUND', message, fields: [path] });
}

function inputError({
  code,
  message,
  fields,
}: Pick<BadgeInputError, 'code' | 'message' | 'fields'>): BadgeInputError {
  return Object.assign(new BadgeInputError(), { code, message, fields, providerMessage: null });
}

export function toConflictError(currentBadge: BadgeFields | null): BadgeConflictError {
  return Object.assign(new BadgeConflictError(), {
    message:
      'The badge has changed since this version was read. Check "currentBadge" and retry with its version.',
    code: 'CONFLICT' as const,
    fields: [['expectedVersion']],
    currentBadge,
    providerMessage: null,
  });
}

/** A conflict that the provider reported, independent of `expectedVersion`. */
export function toProviderConflictError(
  { name }: Provider,
  { providerMessage }: Pick<ProviderError, 'providerMessage'>,
  currentBadge: BadgeFields | null,
): BadgeConflictError {
  const advice = currentBadge ? 'Check "currentBadge".' : 'Check the list for a conflicting badge.';
  return Object.assign(new BadgeConflictError(), {
    message: `${name.title} reported a conflict. Nothing was changed. ${advice}`,
    code: 'CONFLICT' as const,
    fields: [],
    currentBadge,
    providerMessage: providerMessage ?? null,
  });
}

/** A read that is rejected in the words for a rejected write. */
const REJECTIONS: readonly string[] = ['rejected', 'not-found', 'conflict'];

/** A failed read before the write. Nothing was sent. */
export function toReadFailure(provider: Provider, error: ProviderError): BadgeProviderError {
  const which = REJECTIONS.includes(error.kind)
    ? ' This was its answer to a read before the write.'
    : '';
  return toProviderError(provider, error, {
    message: `${provider.name.title} ${error.message}.${which} Nothing was sent.`,
    code: readCode(error.kind),
    retryable: isRetryable(error.kind),
  });
}

/** The failed write, as its error describes it. */
interface FailedWrite {
  kind: OperationKind;
  /** Listed in the message if the provider rejects the input, as it does not reliably say which field is invalid. */
  sentFields: readonly string[];
  /** Whether a retry with the same key is safe. */
  hasKey: boolean;
  /** Whether the payload shows a badge that a read found afterwards. */
  isShown: boolean;
  /** Whether all of its badges were read just before. */
  wereBadgesFound?: boolean;
  /** Of a rejected write: the fields that its input gives. */
  inputFields?: readonly string[];
}

export function toWriteFailure(
  provider: Provider,
  error: ProviderError,
  write: FailedWrite,
): BadgeProviderError {
  const atFault = error.fieldsAtFault.filter((field) => write.inputFields?.includes(field));
  return toProviderError(provider, error, {
    message: `${provider.name.title} ${error.message}${suspectsOf(error, write, atFault)}. ${effectInWords(error, write)}${memberAtFault(error, write)}`,
    fields: atFault.map((field) => ['input', provider.key, field]),
    code: writeCode(error),
    retryable: error.effect === 'unknown' ? write.hasKey : isRetryable(error.kind),
  });
}

/** The provider may say by its own codes which fields are at fault; otherwise all that were sent are named. */
function suspectsOf(
  { kind }: ProviderError,
  { sentFields }: FailedWrite,
  atFault: readonly string[],
): string {
  if (atFault.length > 0) return `. Fields at fault: ${atFault.join(', ')}`;
  const hasSuspects = kind === 'rejected' && sentFields.length > 0;
  return hasSuspects ? `. Fields that were sent: ${sentFields.join(', ')}` : '';
}

/** A provider that has the badges says by a 404 that it lacks the member, unless its address is wrong. */
function memberAtFault({ kind: fault }: ProviderError, { kind, ...write }: FailedWrite): string {
  const isAboutMember = kind === 'award' || kind === 'revoke';
  return fault === 'not-found' && isAboutMember && write.wereBadgesFound
    ? ' The badges were found just before, so check the ID of the member.'
    : '';
}

function effectInWords({ effect }: ProviderError, write: FailedWrite): string {
  switch (effect) {
    case 'not-sent':
      return 'Nothing was sent, so it is safe to retry.';
    case 'refused':
      return 'Nothing was changed.';
    case 'unknown':
      return `The request may have been applied. ${adviceOn(write)}`;
  }
}

/** Advice after an unknown outcome. */
function adviceOn({ kind, hasKey, isShown }: FailedWrite): string {
  const look = isShown ? LOOK_AT_BADGE[kind] : LOOK_FOR_BADGE[kind];
  return hasKey
    ? `${look}, or retry with the same idempotency key: the retry never writes again and returns what is known by then.`
    : `${look} before you retry.`;
}

const LOOK_AT_BADGE: Readonly<Record<OperationKind, string>> = {
  create: 'Check "badge" (a new badge with these values)',
  update: 'Check "badge"',
  delete: 'Check whether the badge still exists',
  award: 'Check the badges of the member',
  revoke: 'Check the badges of the member',
};
const LOOK_FOR_BADGE: Readonly<Record<OperationKind, string>> = {
  ...LOOK_AT_BADGE,
  create: 'Check whether the list contains a badge with this name',
  update: 'Read the badge again',
};

function toProviderError(
  { name }: Provider,
  {
    retryAfterMs,
    providerMessage,
  }: Partial<Pick<ProviderError, 'retryAfterMs' | 'providerMessage'>>,
  rest: Pick<BadgeProviderError, 'message' | 'code' | 'retryable'> &
    Partial<Pick<BadgeProviderError, 'fields'>>,
): BadgeProviderError {
  return Object.assign(new BadgeProviderError(), {
    fields: [],
    ...rest,
    provider: name.enumValue,
    // A delay makes sense only if a retry does.
    retryAfterMs: rest.retryable ? (retryAfterMs ?? null) : null,
    providerMessage: providerMessage ?? null,
  });
}
