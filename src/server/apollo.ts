import { Readable } from 'node:stream';
import {
  ApolloServer,
  type ApolloServerPlugin,
  type GraphQLRequestContextWillSendResponse,
  type GraphQLRequestListener,
  HeaderMap,
} from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type FormattedExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  OperationTypeNode,
  execute,
  getOperationAST,
} from 'graphql';
import type { BadgesContext } from '../badges/context.ts';
import { createBadgesSchema } from '../badges/schema.ts';
import { cutText, nextTurn, toWholeJson } from '../http/json.ts';
import type { Logger } from '../telemetry/logger.ts';
import { RETRY_AFTER_MS, sizeOfError } from './answers/answer-budget.ts';
import {
  type MeasuredAnswer,
  addOrStop,
  answerOf,
  measureFields,
} from './answers/measured-answers.ts';
import { type FormatError, createErrorFormat } from './errors.ts';
import { type Documents, type Keep, createDocumentStore } from './keep.ts';
import {
  MAX_VALIDATION_ERRORS,
  documentLimits,
  knownOperations,
} from './limits/document-limits.ts';
import { exactFloats } from './limits/exact-numbers.ts';
import { OVERLOADED, PARSE_CAPS } from './limits/limits.ts';
import { checkRequest, isAdmittedAgain } from './limits/request-limits.ts';
import { correctRequest, readPlainRequest, toGraphQLRequest } from './request.ts';

export interface ApolloOptions {
  logger: Logger;
  isProduction: boolean;
  hasIntrospection: boolean;
  /** Whether cacheable responses carry tags by which a router can invalidate them. */
  hasCacheTags: boolean;
  hasAuthDirectives: boolean;
  /** How long a snapshot is fresh, in milliseconds. */
  freshMs: number;
  /** Monotonic milliseconds. */
  now: () => number;
}

/** By whether they have auth directives. Services of one process share them: nothing in them belongs to one. */
const schemas = new Map<boolean, Promise<GraphQLSchema>>();

/** The executable schema, whose fields count their values into the response. */
export function schemaOf({
  hasAuthDirectives,
}: Pick<ApolloOptions, 'hasAuthDirectives'>): Promise<GraphQLSchema> {
  const schema = schemas.get(hasAuthDirectives) ?? createSchema(hasAuthDirectives);
  schemas.set(hasAuthDirectives, schema);
  return schema;
}

async function createSchema(hasAuthDirectives: boolean): Promise<GraphQLSchema> {
  const { schema } = await createBadgesSchema({ hasAuthDirectives });
  measureFields(schema);
  return schema;
}

/** What is sent for an operation. */
export interface Answer {
  status: number;
  headers: Iterable<readonly [name: string, value: string]>;
  text: string;
}

export interface Apollo {
  start(): Promise<void>;
  stop(): Promise<void>;
  execute(request: FastifyRequest, context: BadgesContext): Promise<Answer>;
}

export function createApollo(
  options: ApolloOptions & { keep: Keep },
  schema: GraphQLSchema,
): Apollo {
  const formatError = createErrorFormat(options);
  const completing = { ...options, formatError };
  const documents = createDocumentStore(options.keep);
  const server = createServer(completing, { schema, documents });
  const executeKnown = createExecution(completing, { schema, documents });
  return {
    start: () => server.start(),
    stop: () => server.stop(),
    async execute(request, context) {
      const known = await executeKnown(request, context);
      if (known) return known;
      const { status, headers, body } = await server.executeHTTPGraphQLRequest({
        httpGraphQLRequest: toGraphQLRequest(request),
        context: async () => context,
      });
      if (body.kind !== 'complete') throw new Error('The response is not in one piece');
      return { status: status ?? 200, headers, text: body.string };
    },
  };
}

interface Executable {
  schema: GraphQLSchema;
  documents: Documents;
}

function createServer(
  options: ApolloOptions & CompletionOptions,
  { schema, documents }: Executable,
): ApolloServer<BadgesContext> {
  return new ApolloServer<BadgesContext>({
    schema,
    logger: options.logger,
    formatError: options.formatError,
    stringifyResult: toText,
    introspection: options.hasIntrospection,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: options.isProduction,
    csrfPrevention: true,
    persistedQueries: false,
    validationRules: [documentLimits, knownOperations, exactFloats],
    validationOptions: { maxErrors: MAX_VALIDATION_ERRORS },
    parseOptions: PARSE_CAPS,
    documentStore: documents,
    allowBatchedHttpRequests: false,
    stopOnTerminationSignals: false,
    nodeEnv: options.isProduction ? 'production' : 'development',
    plugins: [
      createRequestPlugin(options),
      // It would visit every field to compute a header that the age of the lists determines here.
      ApolloServerPluginCacheControlDisabled(),
      // A router reports usage for the whole supergraph; an API key in the environment must not enable it here.
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginLandingPageDisabled(),
    ],
  });
}

/** Values stored by an earlier version, or repeated from the request by GraphQL.js, may have unpaired surrogates. */
function toText({ errors, data, extensions }: FormattedExecutionResult): string {
  return toWholeJson(JSON.stringify({ errors, data, extensions }));
}

/**
 * Executes an operation that was admitted before, with variables of the same sizes, without Apollo Server, whose steps
 * take as long as a small operation itself. Undefined for any other one, or if a variable is invalid: nothing has been
 * executed then.
 */
function createExecution(options: CompletionOptions, { schema, documents }: Executable) {
  return async (
    request: FastifyRequest,
    contextValue: BadgesContext,
  ): Promise<Answer | undefined> => {
    const asked = readPlainRequest(request);
    const document = asked && documents.find(asked.query);
    const operation = document && getOperationAST(document, asked.operationName);
    if (!operation) return undefined;
    const { operationName, variables } = asked;
    const answer = answerOf(contextValue);
    if (!isAdmittedAgain({ operation, variables })) return undefined;
    if (answer && findOverload(answer, operation)) return undefined;
    const { data, errors } = await execute({
      schema,
      document,
      contextValue,
      operationName,
      variableValues: variables,
      options: { maxCoercionErrors: 1 },
    });
    if (data === undefined) return undefined;
    const http = { status: 200, headers: new HeaderMap() };
    const formatted = errors?.map((error) => formatThrown(error, options));
    const singleResult: FormattedExecutionResult = formatted
      ? { errors: formatted, data }
      : { data };
    const body = { kind: 'single' as const, singleResult };
    const answered = { operation, contextValue, response: { http, body } };
    if (answer) limitSize(answered, answer, options.formatError);
    complete(answered, options);
    http.headers.set('content-type', JSON_ANSWER);
    return { status: http.status, headers: http.headers, text: toText(body.singleResult) };
  };
}

const JSON_ANSWER = 'application/json; charset=utf-8';

/** The same as Apollo Server makes of an error. */
function formatThrown(error: GraphQLError, { formatError }: CompletionOptions) {
  const { http: _, ...extensions } = error.extensions;
  const code = extensions.code ?? 'INTERNAL_SERVER_ERROR';
  return formatError({ ...error.toJSON(), extensions: { ...extensions, code } }, error);
}

type Listener = GraphQLRequestListener<BadgesContext>;
type Response = GraphQLRequestContextWillSendResponse<BadgesContext>;

/** The parts of a response that are completed after its operation was executed. */
type Answered = Pick<Response, 'operation' | 'contextValue' | 'response'>;

interface CompletionOptions extends Pick<ApolloOptions, 'freshMs' | 'now' | 'hasCacheTags'> {
  formatError: FormatError;
}

/** All that is done with a request beside executing it. It is one plugin, since each one is awaited at every step. */
function createRequestPlugin(options: CompletionOptions): ApolloServerPlugin<BadgesContext> {
  const { formatError } = options;
  return {
    async requestDidStart({ request, contextValue }): Promise<Listener> {
      correctRequest(request);
      const answer = answerOf(contextValue);
      let invalid: readonly GraphQLError[] = [];
      return {
        async didResolveOperation({ schema, document, operation }) {
          if (!operation) return;
          const { variables = {} } = request;
          invalid = checkRequest({ schema, document, operation, variables });
        },
        // Apollo Server also calls it if it has found no operation.
        async responseForOperation({ operation }: { operation?: OperationDefinitionNode }) {
          if (invalid.length > 0) return toInvalidInput(invalid, formatError);
          const overload = answer && findOverload(answer, operation);
          return overload ? toRejection(overload, formatError) : null;
        },
        async willSendResponse(response) {
          if (answer) limitSize(response, answer, formatError);
          complete(response, options);
        },
      };
    },
  };
}

/** The same response that Apollo Server gives if it finds such errors itself. */
function toInvalidInput(invalid: readonly GraphQLError[], formatError: FormatError) {
  const errors = invalid.map((error) =>
    formatError({ ...error.toJSON(), extensions: { code: 'BAD_USER_INPUT' } }, error),
  );
  return {
    http: { status: 400, headers: new HeaderMap() },
    body: { kind: 'single' as const, singleResult: { errors } },
  };
}

/** There must be room for this many bytes of the result of a write before it begins. */
const MIN_BYTES_OF_WRITE = 64 * 1024;

function findOverload({ meter }: MeasuredAnswer, operation: OperationDefinitionNode | undefined) {
  return meter.findOverload(isMutation(operation) ? MIN_BYTES_OF_WRITE : 1);
}

function isMutation(operation: OperationDefinitionNode | undefined): boolean {
  return operation?.operation === OperationTypeNode.MUTATION;
}

/** Rejects the request if its response is too large, or if the budget has no room for it. */
function limitSize(
  { operation, response, contextValue }: Answered,
  answer: MeasuredAnswer,
  formatError: FormatError,
): void {
  const { meter } = answer;
  const { body, http } = response;
  if (body.kind !== 'single' || body.singleResult.data === undefined) return;
  const { errors = [] } = body.singleResult;
  if (isMutation(operation)) {
    errors.forEach((error) => meter.force(sizeOfError(error)));
    return;
  }
  if (!meter.stopped) {
    const errorBytes = errors.reduce((sum, error) => sum + sizeOfError(error).bytes, 0);
    const bytes = Math.max(0, errorBytes - answer.errorBytes);
    addOrStop(meter, { fields: 0, bytes });
  }
  if (!meter.stopped) return;
  const rejection = toRejection(meter.stopped, formatError);
  // Partial errors make no sense without data.
  contextValue.partialErrors.length = 0;
  body.singleResult = rejection.body.singleResult;
  http.status = rejection.http.status;
  for (const [name, value] of rejection.http.headers) http.headers.set(name, value);
}

/** The same response that Apollo Server gives for a request that it does not execute. */
function toRejection(reason: GraphQLError, formatError: FormatError) {
  const { message, extensions } = reason;
  const isOverload = extensions.code === OVERLOADED;
  const headers = new HeaderMap();
  if (isOverload) headers.set('retry-after', String(RETRY_AFTER_MS / 1_000));
  const http = { status: isOverload ? 503 : 400, headers };
  const errors = [formatError({ message, extensions }, reason)];
  return { http, body: { kind: 'single' as const, singleResult: { errors } } };
}

/** Adds partial errors, request IDs in errors, and how long the response may be cached. */
function complete(answer: Answered, options: CompletionOptions): void {
  const { body, http } = answer.response;
  if (body.kind !== 'single') return;
  const { contextValue, operation } = answer;
  const { partialErrors, requestId } = contextValue;
  const partial = partialErrors.map((error) => options.formatError(error.toJSON(), error));
  const errors = [...(body.singleResult.errors ?? []), ...partial];
  if (errors.length > 0) {
    body.singleResult.errors = errors.map((error) => ({
      ...error,
      extensions: { ...error.extensions, requestId },
    }));
  }
  contextValue.course.answered = {
    operation,
    errors,
    hasData: body.singleResult.data !== undefined,
  };
  const cacheControl = toCacheControl(answer, options);
  http.headers.set('cache-control', cacheControl);
  const tags = options.hasCacheTags ? toCacheTags(contextValue) : undefined;
  if (tags && cacheControl !== NO_STORE) {
    body.singleResult.extensions = { ...body.singleResult.extensions, ...tags };
  }
}

export const NO_STORE = 'no-store';

/**
 * The extensions in which routers look for cache tags: one list for each entity, or one for the root fields. With two
 * `_entities` fields it would be ambiguous whose tags they are.
 */
function toCacheTags({ entityTags, used }: BadgesContext): Record<string, unknown> | undefined {
  const [tagsOfEntities] = entityTags;
  if (entityTags.length > 1) return undefined;
  return tagsOfEntities
    ? { apolloEntityCacheTags: tagsOfEntities() }
    : { apolloCacheTags: [...used.tags] };
}

/** Only complete responses to queries may be cached. */
function toCacheControl(answer: Answered, options: CompletionOptions): string {
  const { body } = answer.response;
  const isWhole = body.kind === 'single' && !body.singleResult.errors;
  const isQuery = answer.operation?.operation === OperationTypeNode.QUERY;
  return isWhole && isQuery ? cacheControlOf(answer.contextValue.used, options) : NO_STORE;
}

/** A complete response may be cached only by the caller, and only while its oldest part is fresh. */
export function cacheControlOf(
  { oldestAsOf, keepMs }: BadgesContext['used'],
  { freshMs, now }: Pick<ApolloOptions, 'freshMs' | 'now'>,
): string {
  if (keepMs <= 0 || oldestAsOf === undefined) return NO_STORE;
  return toMaxAge(Math.min(keepMs, freshMs, oldestAsOf + freshMs - now()));
}

/** For a response that may be cached for this many milliseconds. */
export function toMaxAge(leftMs: number): string {
  const seconds = Math.max(0, Math.floor(leftMs / 1000));
  return `private, max-age=${seconds}`;
}

/** Encoding a piece of this many characters and passing it to the network takes about half a millisecond. */
export const PIECE_CHARACTERS = 256 * 1024;
const END = '\n';
/** A longer text is encoded here: beside its head, Node would first copy it into another text. */
const MAX_TEXT_CHARACTERS = 16 * 1024;
const encoder = new TextEncoder();

/**
 * The body to send for the JSON of a response, which must be well-formed Unicode. A long one is sent in pieces, with
 * its length announced in advance. Each piece is encoded when the previous one has been passed to the network: a client
 * that reads slowly keeps one copy in memory, and other requests have their turn between two pieces.
 */
export function toAnswerBody(text: string, reply: FastifyReply): string | Buffer | Readable {
  if (text.length <= MAX_TEXT_CHARACTERS || reply.statusCode >= 400) return text + END;
  if (text.length <= PIECE_CHARACTERS) return toBytes(text + END);
  void reply.header('content-length', Buffer.byteLength(text) + END.length);
  return Readable.from(piecesOf(text), { highWaterMark: 1 });
}

/** Most texts have a byte for each character. To write one so and see what is left is faster than to measure it first. */
function toBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(text.length);
  const { read, written } = encoder.encodeInto(text, bytes);
  if (read === text.length) return bytes;
  return Buffer.concat([bytes.subarray(0, written), Buffer.from(text.slice(read))]);
}

async function* piecesOf(text: string): AsyncGenerator<string> {
  let at = 0;
  while (at < text.length) {
    const piece = cutText(text.slice(at, at + PIECE_CHARACTERS + 1), PIECE_CHARACTERS);
    yield piece;
    at += piece.length;
    await nextTurn();
  }
  yield END;
}
