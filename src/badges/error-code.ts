import { registerEnumType } from 'type-graphql';
import type { FaultKind, ProviderError } from '../http/provider-error.ts';

/** Codes that a client may branch on, with their descriptions in the SDL. */
const CODES = {
  INVALID_INPUT:
    'The input is wrong at `field`; or the provider calls it so, and then `field` is null and the message names what was sent. Nothing was changed.',
  NOT_FOUND: 'The provider has no such badge. Nothing was changed.',
  CONFLICT: 'The badge has changed since `expectedVersion` was read. Nothing was changed.',
  IDEMPOTENCY_KEY_REUSED:
    'The idempotency key stands for another input of the last 24 hours. Nothing was sent.',
  IDEMPOTENCY_IN_PROGRESS:
    'The mutation with this idempotency key is still under way. Repeat it later to hear what came of it.',
  STATE_UNAVAILABLE:
    'The store for records is out of reach, and this mutation relies on it. Nothing was sent.',
  WRITE_IN_PROGRESS:
    'Another write of the same badge through this service is still under way. Nothing was sent.',
  HIDDEN_FIELDS_UNKNOWN:
    'The update needs the values of fields that are not known, since to leave them out may reset them (inferred); the message names them all and says what is remembered of them. Nothing was sent.',
  OUTCOME_UNKNOWN:
    'The request was sent and no clear answer came: it may have been applied. Where a read can show the badge, the payload has it as it was found afterwards. With an idempotency key, repeat the mutation with the same key: it never writes again, and tells what is known by then.',
  PROVIDER_TIMEOUT: 'The provider did not answer in time.',
  PROVIDER_UNAVAILABLE: 'The provider could not be reached, or failed.',
  PROVIDER_BAD_RESPONSE: 'The provider answered something that cannot be used.',
  PROVIDER_RATE_LIMITED: 'The provider takes no more requests for now; see `retryAfterMs`.',
  PROVIDER_AUTH_FAILED: 'The provider refused our credentials; its operators must act.',
  PROVIDER_NOT_CONFIGURED: 'This service has no access to the provider.',
} as const;

export type BadgeErrorCode = keyof typeof CODES;
const names = Object.keys(CODES) as BadgeErrorCode[];
export const BadgeErrorCode = Object.fromEntries(names.map((name) => [name, name]));

registerEnumType(BadgeErrorCode, {
  name: 'BadgeErrorCode',
  description:
    'Why something failed: at `code` in payloads, at `extensions.code` in errors of reads. Documents and variables that are wrong as such have the usual codes of GraphQL servers instead, such as BAD_USER_INPUT; requests that are refused before they are read have UNAUTHENTICATED, FORBIDDEN, LIMIT_EXCEEDED (also where an answer would be too large) or BAD_REQUEST, or OVERLOADED with the HTTP status 503: too many bytes of answers to the same tenant are under way, and the same request may be repeated after `retryAfterMs`; or AUTHENTICATION_UNAVAILABLE with the HTTP status 503: tokens cannot be checked for now, the caller stays logged in, and the same request may be repeated after `retryAfterMs`.',
  valuesConfig: Object.fromEntries(names.map((name) => [name, { description: CODES[name] }])),
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

/** Whether the same read can succeed later by itself. */
export function isRetryable(kind: FaultKind): boolean {
  return kind === 'timeout' || kind === 'unavailable' || kind === 'rate-limited';
}
