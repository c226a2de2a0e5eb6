/**
 * Hive Gateway in front of the badges subgraph. Run with @graphql-hive/gateway-runtime 2.12.1.
 *
 *   npm run supergraph:compose
 *   ROUTER_SECRET=... node deploy/routers/node-gateway/hive.ts
 *
 * HOST and PORT say where it listens, SUPERGRAPH which file it serves. With AUTH_JWKS_URL, AUTH_ISSUER and
 * AUTH_AUDIENCE it verifies tokens, and sends the tenant and the caller. Without, the subgraph verifies them.
 */
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import http from '@graphql-mesh/transport-http';
import { type Caller, toCaller } from './caller.ts';
import { BADGES, type GatewaySettings, SUBGRAPH_TIMEOUT_MS, readSettings } from './settings.ts';

export async function startHive(settings: GatewaySettings) {
  const { supergraphSdl, routerSecret, verifyCaller, host, port } = settings;
  const gateway = createGatewayRuntime<{ caller: Caller }>({
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
      fromClientToSubgraphs: ({ context: { caller }, subgraphName }) =>
        subgraphName === BADGES ? { ...caller, 'router-authorization': routerSecret } : {},
      // Headers of several subgraphs are joined, so that the strictest one is among them.
      fromSubgraphsToClient: ({ response }) => ({
        'cache-control': response.headers.get('cache-control'),
      }),
    },
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const caller = await toCaller(request.headers, verifyCaller);
      await gateway(request, response, { caller });
    } catch {
      const error = { message: 'The token is invalid.', extensions: { code: 'UNAUTHENTICATED' } };
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [error] }));
    }
  }
  const server = createServer((request, response) => void answer(request, response));
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return { url: `http://${host}:${address.port}/graphql` };
}

if (import.meta.main) {
  const { url } = await startHive(readSettings());
  console.log(`Hive Gateway is at ${url}`);
}
