import { randomUUID } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import { fastify } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { BadgesContext } from '../badges/context.ts';
import { createBadgesContext } from '../badges/context.ts';
import { exampleOperations } from '../badges/examples.ts';
import { createBadgesSchema } from '../badges/schema.ts';
import type { Tenant } from '../badges/tenant.ts';
import { createAnswerPlugin } from './answer-plugin.ts';
import { createErrorFormat } from './error-format.ts';
import { addHealth } from './health.ts';
import { MAX_TOKENS, aliasLimit } from './limits.ts';
import type { Logger } from './logger.ts';
import { addPlayground } from './playground.ts';

export interface ServerOptions {
  host: string;
  /** 0 takes any free one. */
  port: number;
  isProduction: boolean;
  hasPlayground: boolean;
  hasIntrospection: boolean;
  hasCacheTags: boolean;
  /** How long a snapshot may be shown, milliseconds. */
  freshMs: number;
  now: () => number;
  logger: Logger;
  tenant: Tenant;
}

export interface RunningServer {
  /** Without a trailing slash. */
  url: string;
  /** Lets requests under way end, takes no new ones. */
  close(): Promise<void>;
}

/** More than a representation of each of a thousand badges needs. */
const MAX_REQUEST_BYTES = 1024 * 1024;
/** A caller's id goes into logs and answers, so it must be short and plain. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;
/** The same holds for the name of who asks. */
const CALLER = /^[\w.:@+-]{1,128}$/;

/** Longer than routers and load balancers keep an idle connection, so that they close it and not we, under a request. */
const KEEP_ALIVE_MS = 72_000;
/** How long a request may take to arrive. */
const REQUEST_MS = 30_000;
/** What a request under way gets beyond its deadline when the service stops. */
const CLOSING_MARGIN_MS = 2_000;

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  let isReady = false;
  const app = createApp(options.logger);
  const apollo = await createApollo(options);
  await apollo.start();

  const handler = fastifyApolloHandler(apollo, {
    context: async ({ id, headers }) =>
      createBadgesContext(options.tenant, { requestId: id, caller: callerOf(headers) }),
  });
  app.route({
    url: '/graphql',
    method: options.isProduction ? ['POST'] : ['GET', 'POST'],
    handler,
  });
  addHealth(app, () => isReady);
  if (options.hasPlayground) addPlayground(app, exampleOperations);

  await app.listen({ host: options.host, port: options.port });
  isReady = true;
  const { port } = app.server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;

  async function close(): Promise<void> {
    isReady = false;
    const graceMs = options.tenant.deadlineMs + CLOSING_MARGIN_MS;
    const timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
    await app.close();
    clearTimeout(timer);
    await apollo.stop();
  }
  return { url: `http://${host}:${port}`, close };
}

/** Who asks, as the router says; it goes into records. */
function callerOf({ 'x-badges-actor': actor }: IncomingHttpHeaders): string {
  return typeof actor === 'string' && CALLER.test(actor) ? actor : 'anonymous';
}

function createApp(logger: Logger): FastifyInstance {
  const quietLogger: FastifyBaseLogger = logger.child({}, { level: 'warn' });
  const app = fastify({
    serverFactory: (handler) =>
      createHttpServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS }, handler),
    forceCloseConnections: 'idle',
    loggerInstance: quietLogger,
    bodyLimit: MAX_REQUEST_BYTES,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': request.id,
    });
  });
  return app;
}

async function createApollo(options: ServerOptions): Promise<ApolloServer<BadgesContext>> {
  const { schema } = await createBadgesSchema();
  const formatError = createErrorFormat(options);
  return new ApolloServer<BadgesContext>({
    schema,
    logger: options.logger,
    formatError,
    introspection: options.hasIntrospection,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: options.isProduction,
    csrfPrevention: true,
    persistedQueries: false,
    validationRules: [aliasLimit],
    parseOptions: { maxTokens: MAX_TOKENS },
    allowBatchedHttpRequests: false,
    stopOnTerminationSignals: false,
    nodeEnv: options.isProduction ? 'production' : 'development',
    plugins: [
      createAnswerPlugin({ ...options, formatError }),
      // What a router reports for the whole supergraph; a key in our environment must not start it here.
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginLandingPageDisabled(),
    ],
  });
}
