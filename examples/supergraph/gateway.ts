import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import http from '@graphql-mesh/transport-http';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { ROOT_CONTEXT, SpanKind, propagation, trace } from '@opentelemetry/api';
import { DESK_PATH, type Desk } from './desk.ts';

export interface GatewayOptions {
  supergraphSdl: string;
  /** 0 takes any free one. */
  port: number;
  /** The operation in the playground's tab. */
  query: string;
  /** Served beside the graph, so that its page needs no CORS. */
  desk?: Desk | undefined;
}

/** Headers that say who the caller is. The badges subgraph records the caller of each change. */
const CALLER_HEADERS = ['authorization', 'x-badges-actor', 'x-badges-tenant'];
/** Headers by which a subgraph continues the trace of a request. */
const TRACE_HEADERS = ['traceparent', 'tracestate'];
const PASSED_ON = [...CALLER_HEADERS, ...TRACE_HEADERS];

/** The playground may run its own inline code and speak to this gateway, and to nobody else. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; frame-ancestors 'none'";

const OWN_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** Hive Gateway in this process. A fixed supergraph, no registry and no reporting: it calls the subgraphs only. */
export async function startGateway({ supergraphSdl, port, query, desk }: GatewayOptions) {
  const gateway = createGatewayRuntime({
    supergraph: supergraphSdl,
    transports: { http },
    logging: 'warn',
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: { title: 'Supergraph playground', defaultTabs: [{ query }] },
    // The default page loads its scripts from a CDN; this one holds them.
    renderGraphiQL,
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) =>
        Object.fromEntries(
          [...request.headers]
            .filter(([name]) => PASSED_ON.includes(name))
            // Node reads headers as Latin-1, and the gateway sends them as UTF-8.
            .map(([name, value]) => [name, Buffer.from(value, 'latin1').toString()]),
        ),
    },
  });

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    // A page in a browser could have this machine's address under a name of its own.
    if (!OWN_HOST.test(request.headers.host ?? '')) return response.writeHead(403).end();
    if (request.url === '/') return response.writeHead(302, { location: '/graphql' }).end();
    if (desk && request.url?.startsWith(DESK_PATH)) return desk(request.url, response);
    response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
    traceRequest(request, response);
    return void gateway(request, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;

  async function close(): Promise<void> {
    server.close();
    server.closeAllConnections();
    await gateway.dispose();
  }
  return { url: `http://127.0.0.1:${address.port}/graphql`, close };
}

/** Gives the request a span, whose trace the subgraphs continue. Without an SDK of OpenTelemetry nothing changes. */
function traceRequest(request: IncomingMessage, response: ServerResponse): void {
  const { method = '', headers } = request;
  const caller = propagation.extract(ROOT_CONTEXT, headers);
  const attributes = {
    'http.request.method': method,
    'url.path': '/graphql',
    'url.scheme': 'http',
  };
  const tracer = trace.getTracer('supergraph-example');
  const span = tracer.startSpan(
    `${method} /graphql`,
    { kind: SpanKind.SERVER, attributes },
    caller,
  );
  propagation.inject(trace.setSpan(caller, span), headers);
  response.once('close', () => {
    span.setAttribute('http.response.status_code', response.statusCode).end();
  });
}
