import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import http from '@graphql-mesh/transport-http';
import { FORWARDED, ROUTER_SECRET } from './forwarded.ts';
import { serveSupergraph } from './serve.ts';

/** Hive Gateway, which shows that it is the router, and passes on who asks. */
await serveSupergraph(async (supergraphSdl) => {
  const gateway = createGatewayRuntime({
    supergraph: supergraphSdl,
    transports: { http },
    logging: 'error',
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: false,
    propagateHeaders: {
      fromClientToSubgraphs({ request }) {
        const headers: Record<string, string> = { 'router-authorization': ROUTER_SECRET };
        for (const name of FORWARDED) {
          const value = request.headers.get(name);
          if (value !== null) headers[name] = value;
        }
        return headers;
      },
    },
  });
  const server = createServer((request, response) => void gateway(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/graphql` };
});
