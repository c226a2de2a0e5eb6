/**
 * Hive Gateway in front of the badges subgraph. Run with @graphql-hive/gateway-runtime 2.12.1.
 *
 *   npm run supergraph:compose
 *   ROUTER_SECRET=... node deploy/routers/node-gateway/hive.ts
 *
 * HOST and PORT say where it listens, SUPERGRAPH which file it serves. The subgraph verifies the callers' tokens
 * (AUTH_JWKS_URL): these gateways do not check scopes.
 */
import { once } from 'node:events';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import http from '@graphql-mesh/transport-http';
import {
  BADGES,
  type GatewaySettings,
  SUBGRAPH_TIMEOUT_MS,
  readSettings,
  toCaller,
} from './settings.ts';

export async function startHive(settings: GatewaySettings) {
  const { supergraphSdl, routerSecret, host, port } = settings;
  const gateway = createGatewayRuntime<{ req: IncomingMessage }>({
    supergraph: supergraphSdl,
    transports: { http },
    logging: 'warn',
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: false,
    upstreamTimeout: SUBGRAPH_TIMEOUT_MS,
    // `upstreamRetry` stays unset: it would repeat mutations too. Errors of subgraphs reach the client as they are;
    // `maskedErrors`, which is on, replaces the gateway's own.
    propagateHeaders: {
      fromClientToSubgraphs: ({ context: { req }, subgraphName }) =>
        subgraphName === BADGES
          ? { ...toCaller(req?.headers ?? {}), 'router-authorization': routerSecret }
          : {},
      // Headers of several subgraphs are joined, so that the strictest one is among them.
      fromSubgraphsToClient: ({ response }) => ({
        'cache-control': response.headers.get('cache-control'),
      }),
    },
  });

  const server = createServer((request, response) => void gateway(request, response));
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return { url: `http://${host}:${address.port}/graphql` };
}

if (import.meta.main) {
  const { url } = await startHive(readSettings());
  console.log(`Hive Gateway is at ${url}`);
}
