import { GraphQLError } from 'graphql';
import type { FaultKind, ProviderError } from '../http/provider-error.ts';
import { GROWS, describedEnum } from '../providers/graph-types.ts';
import type { Provider } from '../providers/provider.ts';

/** Codes for clients to branch on, with their descriptions in the SDL. */
const CODES = {
  INVALID_INPUT:
    'The input is invalid at `fields`. If the provider rejected it without naming fields, `fields` is empty and the message lists the fields that were sent. Nothing was changed.',
  NOT_FOUND: 'The provider has no such badge. Nothing was changed.',
  CONFLICT: 'The badge has changed since `expectedVersion` was read. Nothing was changed.',
  IDEMPOTENCY_KEY_REUSED:
    'The idempotency key was used with a different input within the last 24 hours. Nothing was sent.',
  IDEMPOTENCY_IN_PROGRESS:
    'A mutation with this idempotency key is still in progress. Retry it later to get its result.',
  STATE_UNAVAILABLE:
    'The state store that this mutation depends on is unavailable. Nothing was sent.',
  WRITE_IN_PROGRESS:
    'Another write to the same badge through this service is still in progress. Nothing was sent.',
  HIDDEN_FIELDS_UNKNOWN:
    'The update needs values of fields that are unknown, because omitting them may reset them (inferred). `fields` lists them, and the message says what this service remembers about each. Nothing was sent.',
  OUTCOME_UNKNOWN:
    'The request was sent but the response was missing or inconclusive, so it may have been applied. If the badge could be read afterwards, the payload contains it. If the mutation had an idempotency key, retry it with the same key: the retry never writes again and returns what is known by then.',
  PROVIDER_TIMEOUT: 'The provider did not respond in time.',
  PROVIDER_UNAVAILABLE: 'The provider is unreachable or failed.',
  PROVIDER_BAD_RESPONSE: 'The provider returned an unusable response.',
  PROVIDER_RATE_LIMITED: 'The rate limit of the provider is reached; see `retryAfterMs`.',
  PROVIDER_AUTH_FAILED:
    "The provider rejected this service's credentials. An operator must fix the configuration.",
  PROVIDER_NOT_CONFIGURED: 'The provider is not configured in this service.',
} as const;

export type BadgeErrorCode = keyof typeof CODES;
export const BadgeErrorCode = describedEnum({
  name: 'BadgeErrorCode',
  description: `Reason for a failure. ${GROWS} Payloads carry it in \`code\`, errors of queries in \`extensions.code\`. Invalid documents and variables have the usual codes of GraphQL servers instead, such as BAD_USER_INPUT. Requests rejected before execution have UNAUTHENTICATED, FORBIDDEN, BAD_REQUEST or LIMIT_EXCEEDED (also used if the response would be too large). Two codes come with HTTP status 503, and the same request can be retried after \`retryAfterMs\`: OVERLOADED means that requests or responses of the same tenant use too much memory, and AUTHENTICATION_UNAVAILABLE means that tokens cannot be verified at the moment; the caller stays logged in.`,
  values: CODES,
});

/** The code of a failed read. */
export function readCode(kind: FaultKind): BadgeErrorCode {
  switch (kind) {
    case 'timeout':
      return 'PROVIDER_TIMEOUT';
    case 'unavailable':
      return 'PROVIDER_UNAVAILABLE';
    case 'rate-limited':
      return 'PROVIDER_RATE_LIMITED';
    case 'auth-failed':
      return 'PROVIDER_AUTH_FAILED';
    case 'not-configured':
      return 'PROVIDER_NOT_CONFIGURED';
    case 'bad-response':
    case 'rejected':
    case 'not-found':
    case 'conflict':
      return 'PROVIDER_BAD_RESPONSE';
  }
}

/** The code of a failed write. */
export function writeCode({ kind, effect }: ProviderError): BadgeErrorCode {
  if (effect === 'unknown') return 'OUTCOME_UNKNOWN';
  switch (kind) {
    case 'rejected':
      return 'INVALID_INPUT';
    case 'not-found':
      return 'NOT_FOUND';
    case 'conflict':
      return 'CONFLICT';
    default:
      return readCode(kind);
  }
}

/** Whether the same read may succeed later. */
export function isRetryable(kind: FaultKind): boolean {
  return kind === 'timeout' || kind === 'unavailable' || kind === 'rate-limited';
}

/** The error of an invalid query argument. Invalid input of a mutation is a user error instead. */
export function invalidInput(message: string): GraphQLError {
  const { stackTraceLimit } = Error;
  // A request may have a thousand of these errors, and their stacks are never used.
  Error.stackTraceLimit = 0;
  try {
    return new GraphQLError(message, { extensions: { code: 'INVALID_INPUT' } });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** For an ID that a provider cannot have issued, wherever it stands in a request. Does not repeat the ID. */
export function toOddIdMessage({ name, badgeIdForm }: Provider): string {
  return `${name.title} cannot have a badge with this ID: its badge IDs have ${badgeIdForm}.`;
}

const itemErrors = new Map<string, GraphQLError>();

/**
 * The error of an invalid item of a list, the same object for the same message: creating one for each of thousands of
 * items would take most of the request's time. GraphQL.js copies it to add the path. The message must not contain text
 * of the request.
 */
export function invalidItem(message: string): GraphQLError {
  const error = itemErrors.get(message) ?? invalidInput(message);
  itemErrors.set(message, error);
  return error;
}
