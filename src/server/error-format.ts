import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { isRetryable, readCode } from '../badges/error-code.ts';
import { cutText } from '../http/json.ts';
import { ProviderError } from '../http/provider-error.ts';
import { StateError } from '../state/state-store.ts';
import type { Logger } from '../telemetry/logger.ts';
import { OVERLOADED } from './answers/answer-meter.ts';
import { isLimitError, parseLimitMessage } from './limits/limits.ts';

/** Codes of errors whose message is about the caller and what it sent, and so may pass. */
const CALLER_CODES: readonly unknown[] = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'INVALID_INPUT',
  'LIMIT_EXCEEDED',
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
];

export type FormatError = (
  formatted: GraphQLFormattedError,
  thrown: unknown,
) => GraphQLFormattedError;

/** The one place where errors turn into what a client sees: a code, and nothing of ours or of a provider's inside. */
export function createErrorFormat({
  logger,
  isProduction,
}: {
  logger: Logger;
  isProduction: boolean;
}): FormatError {
  return (formatted, thrown) => {
    const error = unwrapResolverError(thrown);
    if (error instanceof ProviderError) return { ...formatted, ...toClientError(error) };
    if (error instanceof StateError) return { ...formatted, ...STATE_UNAVAILABLE };
    const { code, message } = aboutRequest(formatted, error);
    if (code === OVERLOADED) {
      const { retryable, retryAfterMs } = formatted.extensions ?? {};
      return { ...formatted, extensions: { code, retryable, retryAfterMs } };
    }
    if (CALLER_CODES.includes(code)) {
      const shown = cut(isProduction ? withoutHints(message) : message);
      return { ...formatted, message: shown, extensions: { code } };
    }
    logger.error({ err: error }, 'Unexpected error in a resolver');
    return {
      ...formatted,
      message: 'Internal server error',
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    };
  };
}

/** Its code and message, in our words where the libraries' say too little. */
function aboutRequest(
  { message, extensions }: GraphQLFormattedError,
  error: unknown,
): { code: unknown; message: string } {
  const code = extensions?.code;
  if (isLimitError({ extensions })) return { code: 'LIMIT_EXCEEDED', message };
  const excess = code === 'GRAPHQL_PARSE_FAILED' ? parseLimitMessage(message) : undefined;
  if (excess !== undefined) return { code: 'LIMIT_EXCEEDED', message: excess };
  return { code: isAboutArguments(error) ? 'BAD_USER_INPUT' : code, message };
}

/** What the library finds wrong only once it executes: a variable that is null or absent. It gives no code to that. */
const ABOUT_ARGUMENTS = /^Argument "\w+" (of (required|non-null) type|has invalid value)/;

function isAboutArguments(error: unknown): boolean {
  const isOfLibrary = error instanceof GraphQLError && error.extensions.code === undefined;
  return isOfLibrary && ABOUT_ARGUMENTS.test(error.message);
}

/** Names of the schema that the library suggests. */
function withoutHints(message: string): string {
  return message.replace(/ ?Did you mean .*$/s, '');
}

/** Messages repeat what they are about, which can be as long as the request. */
const LONGEST_MESSAGE = 1_000;

function cut(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${cutText(message, LONGEST_MESSAGE)}…` : message;
}

const STATE_UNAVAILABLE = {
  message: 'The state store is unavailable. Retry later.',
  extensions: { code: 'STATE_UNAVAILABLE', retryable: true },
};

function toClientError({ message, provider, kind, retryAfterMs }: ProviderError) {
  return {
    message: provider ? `${provider.title} ${message}.` : message,
    extensions: {
      code: readCode(kind),
      provider: provider?.enumValue,
      retryable: isRetryable(kind),
      retryAfterMs,
    },
  };
}
