import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import { FORWARDED, ROUTER_SECRET } from './forwarded.ts';
import { serveSupergraph } from './serve.ts';

interface Context {
  headers?: Readonly<Record<string, string | string[] | undefined>>;
}

/** Apollo's gateway, which shows that it is the router, and passes on who asks. */
await serveSupergraph((supergraphSdl) => {
  const gateway = new ApolloGateway({
    supergraphSdl,
    buildService: ({ url }) =>
      new RemoteGraphQLDataSource<Context>({
        ...(url !== undefined && { url }),
        willSendRequest({ request, context }) {
          const { headers = {} } = context as Context;
          request.http?.headers.set('router-authorization', ROUTER_SECRET);
          for (const name of FORWARDED) {
            const value = headers[name];
            if (typeof value === 'string') request.http?.headers.set(name, value);
          }
        },
      }),
  });
  const server = new ApolloServer<Context>({
    gateway,
    includeStacktraceInErrorResponses: false,
    plugins: [ApolloServerPluginLandingPageDisabled(), ApolloServerPluginUsageReportingDisabled()],
  });
  return startStandaloneServer(server, {
    listen: { host: '127.0.0.1', port: 0 },
    context: async ({ req }) => ({ headers: req.headers }),
  });
});
