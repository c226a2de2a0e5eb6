import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify';
import { type BadgesContext, type Caller, createBadgesContext } from '../badges/context.ts';
import { exampleOperations } from '../badges/examples.ts';
import { type ByteBudget, createByteBudget } from './answers/answer-budget.ts';
import { createMeasuring } from './answers/measured-answers.ts';
import { type ApolloOptions, createApollo, schemaOf, toAnswerBody } from './apollo.ts';
import {
  type Ahead,
  type Connections,
  type FastPathSettings,
  createConnections,
  createHttpServer,
  toBaseHeaders,
  toRequestId,
} from './connections.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Observer } from '../telemetry/observer.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import {
  type RejectedRequest,
  addErrorHandlers,
  answerParserError,
  badRequest,
  reject,
  withRequestId,
} from './errors.ts';
import { addFastPath } from './fast-path/fast-path.ts';
import {
  HEALTH_PATHS,
  type IdentityOptions,
  type RouterSecrets,
  METRICS_PATH,
  createAuthenticate,
  createRouterAuth,
  createRouterSecrets,
} from './identity/authenticate.ts';
import { createKeep } from './keep.ts';
import { ANSWER_CAPS, MAX_BODIES_BYTES, MAX_REQUEST_BYTES } from './limits/limits.ts';
import { PLAYGROUND_PATH, addPlayground } from './playground/playground.ts';
import {
  type FairQueue,
  checkRequestHead,
  createFairQueue,
  readJsonInTurns,
  toRequestEnded,
} from './request.ts';

export interface ServerOptions extends ApolloOptions {
  host: string;
  /** 0 selects any free port. */
  port: number;
  hasPlayground: boolean;
  /** How long an operation may take, in milliseconds. */
  operationDeadlineMs: number;
  /** How long one call to a provider may take, in milliseconds. */
  attemptTimeoutMs: number;
  /** How long requests are accepted during a shutdown, so that load balancers notice it, in milliseconds. */
  shutdownDelayMs: number;
  /** Host names that are accepted without a router secret, beside those of this machine. */
  allowedHosts?: readonly string[];
  routerSecrets: RouterSecrets;
  identity: IdentityOptions;
  /** Maximum size of one response. `ANSWER_CAPS` if omitted. */
  answerMaxBytes?: number;
  /** Maximum size of all responses that are being created or sent. `ANSWER_CAPS` if omitted. */
  answersBudgetBytes?: number;
  /** Maximum size of all requests that are arriving or waiting. `MAX_BODIES_BYTES` if omitted. */
  bodiesBudgetBytes?: number;
  /** Maximum size of all that is kept for documents. 32 MiB if omitted. */
  keptBytes?: number;
  /** Undefined: the framework answers every request. */
  fastPath?: FastPathSettings | undefined;
  /** Is told of requests. */
  observer?: Observer | undefined;
  /** Undefined: nothing is traced. */
  tracing?: Tracing | undefined;
  /** Undefined: none are served. */
  metrics?: Pick<Metrics, 'text' | 'contentType'> | undefined;
  /** The tokens that read the metrics. Without any, they are read like the graph. */
  metricsTokens?: RouterSecrets;
}

export interface RunningServer {
  /** Without a trailing slash. */
  url: string;
  /** Reports that it is not ready, accepts requests for the shutdown delay, and lets those in progress finish. */
  close(): Promise<void>;
  /** Counts of what is ahead of the framework, by their names in the log. Empty if nothing is. */
  usageAhead: () => Readonly<Record<string, number>>;
}

const TIMES = {
  /** Longer than routers keep an idle connection (Cosmo: 90 s). Otherwise it could close just as a request arrives. */
  keepAliveTimeout: 100_000,
  /** How long the head of a request may take to arrive, including the first one on a connection. */
  headersTimeout: 10_000,
  /** How long a request may take to arrive. */
  requestTimeout: 30_000,
  /** How often the two timeouts above are checked. */
  connectionsCheckingInterval: 1_000,
};
const CONNECTION_BOUNDS = {
  mostNewcomers: 1_000,
  mostAdmitted: 2_000,
  readAnswerMs: 30_000,
  mostRequests: 10_000,
};
/** Subtracted from the deadline during a shutdown, because container platforms kill a process after 10 s. */
const STOPPING_CUT_MS = 1_000;
/** Time that a write needs in addition to one call. */
const MIN_MS_BESIDE_ATTEMPT = 2_000;
/** How long a response may take after the deadline of its operation during a shutdown. */
const CLOSING_MARGIN_MS = 250;

/** For requests to other paths, whose callers are not authenticated. */
const NO_TENANT = '';

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  let isReady = false;
  const connections = createConnections(CONNECTION_BOUNDS);
  const queue = createFairQueue();
  const budget = createByteBudget(options.answersBudgetBytes ?? ANSWER_CAPS.bytesAtOneTime);
  const bodies = createByteBudget(options.bodiesBudgetBytes ?? MAX_BODIES_BYTES);
  const schema = await schemaOf(options);
  const keep = createKeep(options.keptBytes);
  const ahead: Ahead[] = [];
  addFastPath(ahead, { ...options, schema, queue, budget, bodies, keep });
  const callers = new WeakMap<FastifyRequest, Caller>();
  const app = createApp(options, {
    connections,
    isReady: () => isReady,
    ahead,
    queue,
    bodies,
    tenantOf: (request) => callers.get(request)?.tenant.id ?? NO_TENANT,
  });
  const apollo = createApollo({ ...options, keep }, schema);
  await apollo.start();

  const { operationDeadlineMs, attemptTimeoutMs, shutdownDelayMs } = options;
  const stoppingDeadlineMs = Math.min(
    operationDeadlineMs,
    Math.max(operationDeadlineMs - STOPPING_CUT_MS, attemptTimeoutMs + MIN_MS_BESIDE_ATTEMPT),
  );

  const { tracing, observer: { requestEnded } = {} } = options;
  const authenticate = createAuthenticate(options.identity);
  const measure = createMeasuring({ ...options, queue, budget });
  function createContext(request: FastifyRequest, reply: FastifyReply): BadgesContext {
    const deadlineMs = isReady ? undefined : stoppingDeadlineMs;
    const context = createBadgesContext(callerOf(request), request.id, deadlineMs);
    measure(context, reply.raw);
    return context;
  }
  const operations = new Set<Promise<unknown>>();
  function follow<T>(operation: Promise<T>): Promise<T> {
    const end = (): void => void operations.delete(operation);
    operations.add(operation);
    operation.then(end, end);
    return operation;
  }
  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const context = createContext(request, reply);
    const { status, headers, text } = await apollo.execute(request, context);
    // A request that has waited is an old object by now: what it refers to would be kept until those are collected.
    request.body = undefined;
    for (const [name, value] of headers) void reply.header(name, value);
    requestEnded?.(toRequestEnded(request.raw, context, status));
    return toAnswerBody(text, reply.code(status));
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
        callers.set(request, await authenticate(request.raw));
        checkRequestHead(request);
      },
      onSend({ id }, { statusCode }, body, done) {
        const isError = statusCode >= 400 && typeof body === 'string';
        done(null, isError ? withRequestId(body, id) : body);
      },
      handler(request, reply) {
        const run = () => answer(request, reply);
        return follow(tracing ? tracing.runOperation(request.raw, run) : run());
      },
    });
  }
  const { metrics } = options;
  if (metrics) {
    app.get(METRICS_PATH, async (_request, reply) =>
      reply.type(metrics.contentType).send(await metrics.text()),
    );
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
    // Writes continue after their caller has disconnected, and should finish too.
    const restMs = Math.max(0, lastMoment - performance.now());
    await Promise.race([Promise.allSettled(operations), pause(restMs, undefined, { ref: false })]);
    ahead.forEach((each) => each.close());
    await app.close();
    await apollo.stop();
  }
  const usageAhead = (): Record<string, number> =>
    Object.assign({}, ...ahead.map((each) => each.usage())) as Record<string, number>;
  return { url: `http://${host}:${port}`, close, usageAhead };
}

/** In a URL, an IPv6 address is in brackets. */
function toUrlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

interface AppParts {
  connections: Connections;
  isReady: () => boolean;
  ahead: readonly Ahead[];
  queue: FairQueue;
  bodies: ByteBudget;
  /** The ID of the caller's tenant. */
  tenantOf: (request: FastifyRequest) => string;
}

function createApp(
  options: ServerOptions,
  { connections, isReady, ahead, queue, bodies, tenantOf }: AppParts,
): FastifyInstance {
  const { logger, routerSecrets, observer } = options;
  const onRejection = observer?.requestRejected;
  const quietLogger: FastifyBaseLogger = logger.child({}, { level: 'warn' });
  // The secret is entered in the page, so opening the page cannot require it.
  const isPageOpen = options.hasPlayground && !options.isProduction;
  const openPaths = isPageOpen ? [PLAYGROUND_PATH] : [];
  const gate = createRouterAuth({
    secrets: routerSecrets,
    isReady,
    hasRoomFor: (socket) => connections.hasRoomFor(socket),
    openPaths,
    allowedHosts: [toUrlHost(options.host), ...(options.allowedHosts ?? [])],
    metricsTokens: options.metricsTokens ?? createRouterSecrets([]),
    onRejection,
  });
  const isTimed = observer?.requestEnded !== undefined;
  const app = fastify({
    serverFactory: (handler) =>
      createHttpServer(
        { gate, connections, times: TIMES, ahead, isTimed, tracing: options.tracing },
        handler,
      ),
    // No route has a schema. By default, Fastify loads a validator and a serializer for them.
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
    // Requests in progress finish. `connections` closes idle connections.
    return503OnClosing: false,
    forceCloseConnections: false,
    loggerInstance: quietLogger,
    bodyLimit: MAX_REQUEST_BYTES,
    genReqId: ({ headers }) => toRequestId(headers),
    clientErrorHandler: (error, socket) =>
      answerParserError(error, socket, { connections, onRejection }),
    frameworkErrors: (_error, { id: requestId }, reply) => {
      void reply.headers(toBaseHeaders(requestId));
      const rejected = badRequest('The path of the request is malformed.');
      void reject(reply, rejected, { requestId, onRejection });
    },
  });
  readJsonInTurns(app, { queue, bodies, tenantOf });
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(toBaseHeaders(request.id));
    // Before the body is read, because it does not matter here.
    if (request.is404) void rejectUnknownRoute(request, reply);
    else done();
  });
  const rejectUnknownRoute = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    reject(reply, toRouteError(app, request), { requestId: request.id, onRejection });
  app.setNotFoundHandler(rejectUnknownRoute);
  addErrorHandlers(app, onRejection);
  return app;
}

function noSchemas(): never {
  throw new Error('Routes of this service have no schemas');
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** 405 for a path that is served with other methods, 404 for any other path. */
function toRouteError(app: FastifyInstance, { url }: FastifyRequest): RejectedRequest {
  const [path = ''] = url.split('?');
  const accepted = HEALTH_PATHS.includes(path)
    ? ['GET', 'HEAD']
    : METHODS.filter((method) => app.hasRoute({ method, url: path }));
  if (accepted.length === 0) {
    const message = 'Nothing is served at this path. The GraphQL endpoint is /graphql.';
    return badRequest(message, { status: 404 });
  }
  const allow = accepted.join(', ');
  const message = `Method not allowed. This path accepts ${allow}.`;
  return badRequest(message, { status: 405, headers: { allow } });
}
