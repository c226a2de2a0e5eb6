import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError } from 'graphql';
import type { GraphQLFormattedError } from 'graphql';
import { isRetryable, readCode } from '../badges/error-code.ts';
import { ProviderError } from '../http/provider-error.ts';
import { StateError } from '../state/state-store.ts';
import { isLimitError } from './limits/limit-error.ts';
import { parseLimitMessage } from './limits/parse-limits.ts';
import type { Logger } from './logger.ts';

/** Codes of errors whose message is about the caller's own document or arguments, and so may pass. */
const CALLER_CODES: readonly unknown[] = [
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

/** The one place where errors turn into what a client sees: a code, and nothing of ours or of a provider's inside. */
export function createErrorFormat({
  logger,
  isProduction,
}: {
  logger: Logger;
  isProduction: boolean;
}) {
  return (formatted: GraphQLFormattedError, thrown: unknown): GraphQLFormattedError => {
    const error = unwrapResolverError(thrown);
    if (error instanceof ProviderError) return { ...formatted, ...toClientError(error) };
    if (error instanceof StateError) return { ...formatted, ...STATE_UNAVAILABLE };
    const code = codeOf(formatted, error);
    if (CALLER_CODES.includes(code)) {
      const excess = code === 'GRAPHQL_PARSE_FAILED' && parseLimitMessage(formatted.message);
      if (excess) return { message: excess, extensions: { code: 'LIMIT_EXCEEDED' } };
      const message = isProduction ? withoutHints(formatted.message) : formatted.message;
      return { ...formatted, message, extensions: { code } };
    }
    logger.error({ err: error }, 'unexpected error in a resolver');
    return {
      ...formatted,
      message: 'Internal server error',
      extensions: { code: 'INTERNAL_SERVER_ERROR' },
    };
  };
}

function codeOf(formatted: GraphQLFormattedError, error: unknown): unknown {
  if (isLimitError(formatted)) return 'LIMIT_EXCEEDED';
  return isAboutVariables(error) ? 'BAD_USER_INPUT' : formatted.extensions?.code;
}

/** What the library finds wrong with variables only once it executes: it gives no code to that. */
const ABOUT_VARIABLES =
  /^Argument "\w+" (of (required|non-null) type|has invalid value)|^Too many errors processing variables/;

function isAboutVariables(error: unknown): boolean {
  const isOfLibrary = error instanceof GraphQLError && error.extensions.code === undefined;
  return isOfLibrary && ABOUT_VARIABLES.test(error.message);
}

/** Names of the schema that the library suggests. */
function withoutHints(message: string): string {
  return message.replace(/ ?Did you mean .*$/s, '');
}

const STATE_UNAVAILABLE = {
  message: 'The store for records is out of reach',
  extensions: { code: 'STATE_UNAVAILABLE', retryable: true },
};

function toClientError({ message, provider, kind, retryAfterMs }: ProviderError) {
  return {
    message: provider ? `${provider.title} ${message}` : message,
    extensions: {
      code: readCode(kind),
      provider: provider?.enumValue,
      retryable: isRetryable(kind),
      retryAfterMs,
    },
  };
}
