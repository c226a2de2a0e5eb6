/**
 * Apollo's gateway in front of the badges subgraph. Run with @apollo/gateway 2.14.4 and @apollo/server 5.5.1.
 *
 *   npm run supergraph:compose
 *   ROUTER_SECRET=... node deploy/routers/node-gateway/apollo.ts
 *
 * HOST and PORT say where it listens, SUPERGRAPH which file it serves. The subgraph verifies the callers' tokens
 * (AUTH_JWKS_URL): these gateways do not check scopes.
 */
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import { GraphQLError } from 'graphql';
import { z } from 'zod';
import {
  BADGES,
  type GatewaySettings,
  SUBGRAPH_TIMEOUT_MS,
  readSettings,
  toCaller,
} from './settings.ts';

interface Context {
  caller?: Readonly<Record<string, string>>;
}

/** The errors of a subgraph in an answer whose status is not 200. */
const refusalSchema = z.object({
  extensions: z.object({
    response: z.object({
      body: z.object({
        errors: z
          .array(z.object({ message: z.string(), extensions: z.looseObject({}).default({}) }))
          .min(1),
      }),
    }),
  }),
});

type DataSource = RemoteGraphQLDataSource<Context>;

/** The default has no time limit. Neither repeats a request. */
const fetcher: DataSource['fetcher'] = (url, { body, ...init } = {}) =>
  fetch(url, {
    ...init,
    ...(body !== undefined && { body: String(body) }),
    signal: AbortSignal.timeout(SUBGRAPH_TIMEOUT_MS),
  });

function createBadgesSource(url: string | undefined, routerSecret: string): DataSource {
  return new RemoteGraphQLDataSource<Context>({
    ...(url !== undefined && { url }),
    fetcher,
    willSendRequest({ request, context }) {
      const { caller = {} } = context as Context;
      request.http?.headers.set('router-authorization', routerSecret);
      for (const [name, value] of Object.entries(caller)) request.http?.headers.set(name, value);
    },
    // The default makes an error of the status, and tells the client the address of the subgraph.
    didEncounterError(error) {
      const { data: refusal } = refusalSchema.safeParse(error);
      const [first] = refusal?.extensions.response.body.errors ?? [];
      throw first ? new GraphQLError(first.message, { extensions: first.extensions }) : error;
    },
  });
}

export async function startApollo(settings: GatewaySettings) {
  const { supergraphSdl, routerSecret, host, port } = settings;
  const gateway = new ApolloGateway({
    supergraphSdl,
    buildService: ({ name, url }) =>
      name === BADGES
        ? createBadgesSource(url, routerSecret)
        : new RemoteGraphQLDataSource<Context>({ ...(url !== undefined && { url }), fetcher }),
  });
  const server = new ApolloServer<Context>({
    gateway,
    includeStacktraceInErrorResponses: false,
    // These two would speak to Apollo's servers.
    plugins: [ApolloServerPluginLandingPageDisabled(), ApolloServerPluginUsageReportingDisabled()],
  });
  const { url } = await startStandaloneServer(server, {
    listen: { host, port },
    context: async ({ req }) => ({ caller: toCaller(req.headers) }),
  });
  return { url: new URL('graphql', url).href };
}

if (import.meta.main) {
  const { url } = await startApollo(readSettings());
  console.log(`Apollo's gateway is at ${url}`);
}
