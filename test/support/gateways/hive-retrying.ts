import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import http from '@graphql-mesh/transport-http';
import { serveSupergraph } from './serve.ts';

/** Hive Gateway with its own retry switched on: it repeats mutations like everything else. */
await serveSupergraph(async (supergraphSdl) => {
  const gateway = createGatewayRuntime({
    supergraph: supergraphSdl,
    transports: { http },
    logging: 'error',
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: false,
    upstreamRetry: { maxRetries: 3, retryDelay: 20 },
  });
  const server = createServer((request, response) => void gateway(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/graphql` };
});
