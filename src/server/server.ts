import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify';
import { type BadgesContext, type Caller, createBadgesContext } from '../badges/context.ts';
import { exampleOperations } from '../badges/examples.ts';
import { createBadgesSchema } from '../badges/schema.ts';
import { toWholeJson } from '../http/json.ts';
import type { Logger } from '../telemetry/logger.ts';
import { toAnswerBody } from './answers/answer-body.ts';
import { createAnswerStart } from './answers/answer-start.ts';
import { measureFields } from './answers/measured-schema.ts';
import { createSizePlugin } from './answers/size-plugin.ts';
import { type Connections, createConnections, createHttpServer } from './connections.ts';
import { createErrorFormat } from './error-format.ts';
import { refuse, addErrorHandlers, answerParserError, withRequestId } from './framework-errors.ts';
import {
  type IdentityOptions,
  type RouterSecrets,
  createRouterAuth,
  createAuthenticate,
} from './identity/authenticate.ts';
import {
  MAX_VALIDATION_ERRORS,
  createDocumentStore,
  documentLimits,
  knownOperations,
} from './limits/document-limits.ts';
import { MAX_REQUEST_BYTES, PARSE_CAPS } from './limits/limits.ts';
import { readJsonInTurns } from './limits/request-body.ts';
import { type Turns, createFairQueue } from './limits/turns.ts';
import { createLimitsPlugin, exactFloats } from './limits/request-limits.ts';
import { PLAYGROUND_PATH, addPlayground } from './playground/playground.ts';
import { checkRequestHead, createAnswerPlugin, createRequestPlugin } from './plugins.ts';
import { badRequest, toBaseHeaders, toRequestId } from './raw-response.ts';

export interface ServerOptions {
  host: string;
  /** 0 takes any free one. */
  port: number;
  isProduction: boolean;
  hasPlayground: boolean;
  hasIntrospection: boolean;
  hasCacheTags: boolean;
  hasAuthDirectives: boolean;
  /** How long a snapshot may be shown, milliseconds. */
  freshMs: number;
  now: () => number;
  logger: Logger;
  /** How long an operation may take, milliseconds. */
  operationDeadlineMs: number;
  /** How long one call to a provider may take, milliseconds. */
  attemptTimeoutMs: number;
  /** How long a service that stops goes on serving, so that everybody learns of it; milliseconds. */
  shutdownDelayMs: number;
  /** Names beside those of this machine under which it is asked where there is no router secret. */
  allowedHosts?: readonly string[];
  routerSecrets: RouterSecrets;
  identity: IdentityOptions;
  /** What one answer may have; `ANSWER_CAPS` if left out. */
  answerMaxBytes?: number;
  /** What all answers that are being made or written may have together. */
  answersBudgetBytes?: number;
}

export interface RunningServer {
  /** Without a trailing slash. */
  url: string;
  /** Says that it is not ready any more, goes on serving for a while, and then lets requests under way end. */
  close(): Promise<void>;
}

const TIMES = {
  /** Longer than routers keep an idle connection (Cosmo: 90 s), so that they close it and not we, under a request. */
  keepAliveTimeout: 100_000,
  /** How long the head of a request may take to arrive, also on a connection that is new. */
  headersTimeout: 10_000,
  /** How long a request may take to arrive. */
  requestTimeout: 30_000,
  /** How often the two before are looked at. */
  connectionsCheckingInterval: 1_000,
};
const CONNECTION_BOUNDS = {
  mostNewcomers: 1_000,
  mostAdmitted: 2_000,
  readAnswerMs: 30_000,
  mostRequests: 10_000,
};
/** What an operation that begins while the service stops has less, so that all ends before a container is killed, after 10 s. */
const STOPPING_CUT_MS = 1_000;
/** What a write needs beside one attempt. */
const MIN_MS_BESIDE_ATTEMPT = 2_000;
/** What an answer under way gets beyond the deadline of its operation when the service stops. */
const CLOSING_MARGIN_MS = 250;

/** Of requests to other paths, of which nobody looks who sends them. */
const NO_TENANT = '';

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  let isReady = false;
  const connections = createConnections(CONNECTION_BOUNDS);
  const turns = createFairQueue();
  const callers = new WeakMap<FastifyRequest, Caller>();
  const app = createApp(options, {
    connections,
    isReady: () => isReady,
    turns,
    tenantOf: (request) => callers.get(request)?.tenant.id ?? NO_TENANT,
  });
  const apollo = await createApollo(options);
  await apollo.start();

  const { operationDeadlineMs, attemptTimeoutMs, shutdownDelayMs } = options;
  const stoppingDeadlineMs = Math.min(
    operationDeadlineMs,
    Math.max(operationDeadlineMs - STOPPING_CUT_MS, attemptTimeoutMs + MIN_MS_BESIDE_ATTEMPT),
  );

  const identify = createAuthenticate(options.identity);
  const startAnswer = createAnswerStart({ ...options, turns });
  const handler = fastifyApolloHandler(apollo, {
    async context(request, reply) {
      const deadlineMs = isReady ? undefined : stoppingDeadlineMs;
      const context = createBadgesContext(callerOf(request), request.id, deadlineMs);
      startAnswer(context, reply.raw);
      return context;
    },
  });
  const operations = new Set<Promise<unknown>>();
  function follow<T>(operation: Promise<T>): Promise<T> {
    const end = (): void => void operations.delete(operation);
    operations.add(operation);
    operation.then(end, end);
    return operation;
  }
  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const text: unknown = await handler.call(app, request, reply);
    return typeof text === 'string' ? toAnswerBody(text, reply) : text;
  }
  function callerOf(request: FastifyRequest): Caller {
    const caller = callers.get(request);
    if (!caller) throw new Error('The request has not been authenticated');
    return caller;
  }
  for (const url of ['/graphql', '/graphql/']) {
    app.route({
      url,
      method: options.isProduction ? ['POST'] : ['GET', 'POST'],
      exposeHeadRoute: false,
      // Before the body is read.
      async onRequest(request) {
        callers.set(request, await identify(request.raw));
        checkRequestHead(request);
      },
      onSend: withRequestId,
      handler: (request, reply) => follow(answer(request, reply)),
    });
  }
  if (options.hasPlayground) await addPlayground(app, exampleOperations);

  await app.listen({ host: options.host, port: options.port });
  isReady = true;
  const { port } = app.server.address() as AddressInfo;
  const host = toUrlHost(options.host);

  async function close(): Promise<void> {
    isReady = false;
    connections.announceEnd();
    await pause(shutdownDelayMs);
    const longestMs = Math.max(operationDeadlineMs - shutdownDelayMs, stoppingDeadlineMs);
    const lastMoment = performance.now() + longestMs + CLOSING_MARGIN_MS;
    await connections.end(longestMs + CLOSING_MARGIN_MS);
    // A caller who has gone away leaves a write behind that is to end well too.
    const restMs = Math.max(0, lastMoment - performance.now());
    await Promise.race([Promise.allSettled(operations), pause(restMs, undefined, { ref: false })]);
    await app.close();
    await apollo.stop();
  }
  return { url: `http://${host}:${port}`, close };
}

/** As it stands in a URL. */
function toUrlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

interface AppParts {
  connections: Connections;
  isReady: () => boolean;
  turns: Turns;
  /** Whose request it is. */
  tenantOf: (request: FastifyRequest) => string;
}

function createApp(
  options: ServerOptions,
  { connections, isReady, turns, tenantOf }: AppParts,
): FastifyInstance {
  const { logger, routerSecrets } = options;
  const quietLogger: FastifyBaseLogger = logger.child({}, { level: 'warn' });
  // Who opens the page has yet to enter the secret in it.
  const isPageOpen = options.hasPlayground && !options.isProduction;
  const openPaths = isPageOpen ? [PLAYGROUND_PATH] : [];
  const gate = createRouterAuth({
    secrets: routerSecrets,
    isReady,
    hasRoomFor: (socket) => connections.hasRoomFor(socket),
    openPaths,
    allowedHosts: [toUrlHost(options.host), ...(options.allowedHosts ?? [])],
  });
  const app = fastify({
    serverFactory: (handler) => createHttpServer({ gate, connections, times: TIMES }, handler),
    // Requests are served to the end; `connections` ends what is idle.
    return503OnClosing: false,
    forceCloseConnections: false,
    loggerInstance: quietLogger,
    bodyLimit: MAX_REQUEST_BYTES,
    genReqId: ({ headers }) => toRequestId(headers),
    clientErrorHandler: (error, socket) => answerParserError(error, socket, connections),
    frameworkErrors: (_error, { id }, reply) => {
      void reply.headers(toBaseHeaders(id));
      void refuse(reply, badRequest('The path of the request is malformed.'), id);
    },
  });
  readJsonInTurns(app, turns, tenantOf);
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(toBaseHeaders(request.id));
  });
  addErrorHandlers(app);
  return app;
}

async function createApollo(options: ServerOptions): Promise<ApolloServer<BadgesContext>> {
  const { schema } = await createBadgesSchema(options);
  measureFields(schema);
  const formatError = createErrorFormat(options);
  return new ApolloServer<BadgesContext>({
    schema,
    logger: options.logger,
    formatError,
    // Also of what an earlier version has stored, and of what the library repeats of a request.
    stringifyResult: (answer) => toWholeJson(JSON.stringify(answer)),
    introspection: options.hasIntrospection,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: options.isProduction,
    csrfPrevention: true,
    persistedQueries: false,
    validationRules: [documentLimits, knownOperations, exactFloats],
    validationOptions: { maxErrors: MAX_VALIDATION_ERRORS },
    parseOptions: PARSE_CAPS,
    documentStore: createDocumentStore(),
    allowBatchedHttpRequests: false,
    stopOnTerminationSignals: false,
    nodeEnv: options.isProduction ? 'production' : 'development',
    plugins: [
      createRequestPlugin(),
      createLimitsPlugin(formatError),
      createSizePlugin(formatError),
      createAnswerPlugin({ ...options, formatError }),
      // What a router reports for the whole supergraph; a key in our environment must not start it here.
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginLandingPageDisabled(),
    ],
  });
}
