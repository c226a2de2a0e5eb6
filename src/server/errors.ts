import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { unwrapResolverError } from '@apollo/server/errors';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { isRetryable, readCode } from '../badges/error-code.ts';
import { cutText, isObject } from '../http/json.ts';
import { ProviderError } from '../http/provider-error.ts';
import { StateError } from '../state/state-store.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Observer } from '../telemetry/observer.ts';
import { type Connections, sendAndClose } from './connections.ts';
import { OVERLOADED, isLimitError, parseLimitMessage } from './limits/limits.ts';

type RejectionCode =
  | 'UNAUTHENTICATED'
  | 'AUTHENTICATION_UNAVAILABLE'
  | 'FORBIDDEN'
  | 'BAD_REQUEST'
  | 'LIMIT_EXCEEDED'
  | typeof OVERLOADED
  | 'INTERNAL_SERVER_ERROR';

/** Why a request is not let in, as one word for the log. Clients never see it. */
export type RejectionReason =
  | 'router-secret'
  | 'metrics-token'
  | 'host'
  | 'connection-limit'
  | 'no-bearer-token'
  | 'token-malformed'
  | 'token-algorithm'
  | 'token-signature'
  | 'token-issuer'
  | 'token-audience'
  | 'token-expired'
  | 'token-not-yet-valid'
  | 'token-type'
  | 'token-claims'
  | 'keys-unavailable'
  | 'no-tenant'
  | 'unknown-tenant';

/** Why a request is rejected before its operation is read. */
export class RejectedRequest extends Error {
  readonly status: number;
  readonly code: RejectionCode;
  /** Response headers beside those that every response has. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds after which the same request may succeed. Undefined if it must be changed. */
  readonly retryAfterMs: number | undefined;
  /** Undefined: the status and the code say enough. */
  readonly reason: RejectionReason | undefined;

  constructor(
    message: string,
    of: Pick<RejectedRequest, 'status' | 'code'> &
      Partial<Pick<RejectedRequest, 'headers' | 'retryAfterMs' | 'reason'>> & { cause?: unknown },
  ) {
    super(message, { cause: of.cause });
    this.name = 'RejectedRequest';
    this.status = of.status;
    this.code = of.code;
    this.headers = of.headers ?? {};
    this.retryAfterMs = of.retryAfterMs;
    this.reason = of.reason;
  }
}

export function badRequest(
  message: string,
  { status = 400, headers }: Partial<Pick<RejectedRequest, 'status' | 'headers'>> = {},
): RejectedRequest {
  return new RejectedRequest(message, { status, code: 'BAD_REQUEST', ...(headers && { headers }) });
}

/** The body of a rejection, in the shape of a GraphQL response so that gateways can read it. */
export function toErrorBody(
  { code, message, retryAfterMs }: Pick<RejectedRequest, 'code' | 'message' | 'retryAfterMs'>,
  requestId: string,
): object {
  const retry = retryAfterMs === undefined ? {} : { retryable: true, retryAfterMs };
  return { errors: [{ message, extensions: { code, ...retry, requestId } }] };
}

export type OnRejection = Observer['requestRejected'];

export function reject(
  reply: FastifyReply,
  rejected: RejectedRequest,
  { requestId, onRejection }: { requestId: string; onRejection: OnRejection },
): FastifyReply {
  const { status, code, reason } = rejected;
  onRejection?.({ requestId, status, code, reason });
  return reply
    .code(rejected.status)
    .headers(rejected.headers)
    .send(toErrorBody(rejected, requestId));
}

const internalError = new RejectedRequest('Internal server error', {
  status: 500,
  code: 'INTERNAL_SERVER_ERROR',
});

/** Gives every error outside an operation the shape of a GraphQL error. */
export function addErrorHandlers(app: FastifyInstance, onRejection: OnRejection): void {
  app.setErrorHandler((error, request, reply) => {
    const rejected = error instanceof RejectedRequest ? error : toUnreadable(error);
    if (!rejected) app.log.error({ err: error }, 'Unexpected error outside an operation');
    return reject(reply, rejected ?? internalError, { requestId: request.id, onRejection });
  });
}

/** Why Fastify could not read a request. Undefined for errors that are not the caller's fault. */
function toUnreadable(error: unknown): RejectedRequest | undefined {
  const status = statusOf(error);
  if (status === 415) {
    return badRequest('The body must have the content type application/json.', { status });
  }
  if (!(status >= 400 && status < 500)) return undefined;
  return badRequest('The body must be valid JSON.', { status });
}

function statusOf(error: unknown): number {
  return isObject(error) && typeof error.statusCode === 'number' ? error.statusCode : NaN;
}

/**
 * Adds the request's ID to the errors of a failed response. Apollo Server has no request at hand when it rejects one
 * before its operation is read.
 */
export function withRequestId(answer: string, requestId: string): string {
  const { errors, ...rest } = JSON.parse(answer) as { errors?: unknown };
  if (!Array.isArray(errors)) return answer;
  const withId = errors.filter(isObject).map((error) => ({
    ...error,
    extensions: { ...(isObject(error.extensions) && error.extensions), requestId },
  }));
  return `${JSON.stringify({ errors: withId, ...rest })}\n`;
}

interface ParserError extends Error {
  code?: string;
}

/**
 * Answers what Node's HTTP parser rejects, and closes the connection. Nothing is sent if it could be mistaken for the
 * response to an earlier request.
 */
export function answerParserError(
  error: ParserError,
  socket: Socket,
  {
    connections,
    onRejection,
  }: { connections: Pick<Connections, 'isAnswering'>; onRejection: OnRejection },
): void {
  // The parser also rejects whatever follows on the same connection.
  if (socket.writableEnded) return;
  const isGone = error.code === 'ECONNRESET' || socket.destroyed || !socket.writable;
  if (isGone || connections.isAnswering(socket)) {
    socket.destroy(error);
    return;
  }
  const [rejected, requestId] = [toParserRejection(error), randomUUID()];
  const body = toErrorBody(rejected, requestId);
  const { status, code } = rejected;
  onRejection?.({ requestId, status, code });
  sendAndClose(socket, { status, requestId, body });
}

function toParserRejection({ code }: ParserError): RejectedRequest {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return badRequest('The request was not received in time.', { status: 408 });
    case 'HPE_HEADER_OVERFLOW':
      return new RejectedRequest('The request headers are too large.', {
        status: 431,
        code: 'LIMIT_EXCEEDED',
      });
    default:
      return badRequest('The request is not valid HTTP.');
  }
}

/** Codes of errors whose message is about the caller's own input and may be shown to it. */
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

/**
 * Turns the errors of an operation into what a client sees: a code and a message, with no detail of this service or of
 * a provider. It is the only place that does so.
 */
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

/** The code and message of an error. Some errors of the libraries have no code, or too vague a message. */
function aboutRequest(
  { message, extensions }: GraphQLFormattedError,
  error: unknown,
): { code: unknown; message: string } {
  const code = extensions?.code;
  if (isLimitError({ extensions })) return { code: 'LIMIT_EXCEEDED', message };
  const excess = code === 'GRAPHQL_PARSE_FAILED' ? parseLimitMessage(message) : undefined;
  if (excess !== undefined) return { code: 'LIMIT_EXCEEDED', message: excess };
  if (isAboutArguments(error)) return { code: 'BAD_USER_INPUT', message };
  return { code, message: isOfApollo(code, error) ? inOwnWords(message) : message };
}

/** Other messages may begin with text of the caller. */
function isOfApollo(code: unknown, error: unknown): boolean {
  if (code === 'BAD_REQUEST') return true;
  const { validationErrorCode } = error instanceof GraphQLError ? error.extensions : {};
  return validationErrorCode === 'INTROSPECTION_DISABLED';
}

/**
 * Messages of Apollo Server that would mislead a caller of this service: they name code of a server, or what this one
 * does not have. `PersistedQueryNotSupported` stays, because clients look for it.
 */
const OWN_WORDS: readonly (readonly [message: RegExp, words: string])[] = [
  [
    /^GraphQL introspection is not .*$/,
    'Introspection is turned off. Use the schema of your supergraph.',
  ],
  [/^Operation batching .*$/, 'A request must have one operation. Batches are not supported.'],
  [/^POST body missing.*$/, 'The body must be a JSON object that has the operation in "query".'],
  [/^GraphQL operations must contain .*$/, 'A request must have its operation in "query".'],
  [/^GraphQL queries must be strings.*$/, 'The "query" must be a string.'],
  [/^`(variables|extensions)` in a POST body .*$/, 'The "$1" must be a JSON object.'],
  [/^`operationName` in a POST body .*$/, 'The "operationName" must be a string.'],
  [
    /^This operation has been blocked as a potential Cross-Site .*$/s,
    'A GET request must have the header "apollo-require-preflight" with any value, because links and forms of other pages cannot send it.',
  ],
  [
    /^An 'accept' header was provided .*$/,
    'The "accept" header must allow application/json or application/graphql-response+json.',
  ],
];

function inOwnWords(message: string): string {
  const [pattern, words = ''] = OWN_WORDS.find(([known]) => known.test(message)) ?? [];
  return pattern ? message.replace(pattern, words) : message;
}

/** GraphQL.js finds a null or missing variable only during execution, and gives that error no code. */
const ABOUT_ARGUMENTS = /^Argument "\w+" (of (required|non-null) type|has invalid value)/;

function isAboutArguments(error: unknown): boolean {
  const isOfLibrary = error instanceof GraphQLError && error.extensions.code === undefined;
  return isOfLibrary && ABOUT_ARGUMENTS.test(error.message);
}

/** Removes the names of the schema that GraphQL.js suggests. */
function withoutHints(message: string): string {
  return message.replace(/ ?Did you mean .*$/s, '');
}

/** Messages quote the request, which can be long. In UTF-16 units. */
const MAX_MESSAGE_LENGTH = 1_000;

function cut(message: string): string {
  return message.length > MAX_MESSAGE_LENGTH ? `${cutText(message, MAX_MESSAGE_LENGTH)}…` : message;
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
