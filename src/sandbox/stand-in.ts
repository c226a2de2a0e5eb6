import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createFaultSwitch, faultSchema, showFault } from './faults.ts';
import type { FaultSwitch } from './faults.ts';
import { drawPicture } from './pictures.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operationId in the provider's contract file. Routes without one are the sandbox's own. */
    operation?: string;
  }
}

/** A provider's place taken by a real HTTP server on this machine. */
export interface StandIn {
  /** Without a trailing slash. */
  origin: string;
  /** What reached the provider's own routes, oldest first; the last few thousand. */
  requests: RecordedRequest[];
  faults: FaultSwitch;
  close(): Promise<void>;
}

export interface RecordedRequest {
  operation: string;
  method: string;
  /** With its query. */
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: unknown;
}

export interface StandInOptions {
  /** 0 takes any free one. */
  port?: number;
  /** The provider's routes, each with an `operation` in its config. */
  addRoutes: (app: FastifyInstance) => void;
  /** The provider's own error body for a status. */
  toErrorBody: (status: number, message: string) => object;
  /** Runs before every operation; refuses by throwing a `Refusal`. */
  guard: (request: FastifyRequest) => Promise<void>;
}

/** Enough for every test, and bounded for a sandbox that runs for days. */
const MAX_RECORDED_REQUESTS = 5_000;

/** Thrown by a route: the provider's error of this status. */
export class Refusal extends Error {
  readonly statusCode: number;
  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const requests: RecordedRequest[] = [];
  const faults = createFaultSwitch();
  const app = fastify({ forceCloseConnections: true });

  app.addHook('preHandler', async (request, reply) => {
    const { operation } = request.routeOptions.config;
    if (operation === undefined) return;
    const { method, url: path, headers, body } = request;
    requests.push({ operation, method, path, headers, body });
    if (requests.length > MAX_RECORDED_REQUESTS) requests.shift();

    const fault = faults.take(operation);
    if (fault && !fault.isApplied) return showFault(fault, reply);
    await options.guard(request);
    if (fault) reply.send = showInstead(fault, reply);
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    return reply.code(status).send(options.toErrorBody(status, error.message));
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(options.toErrorBody(404, 'Not found')),
  );

  options.addRoutes(app);
  addPictures(app);
  addFaultRoutes(app, faults);
  await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  const { port } = app.server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, requests, faults, close: () => app.close() };
}

/** The route does its work; what it would answer is replaced. */
function showInstead(
  fault: Parameters<typeof showFault>[0],
  reply: FastifyReply,
): FastifyReply['send'] {
  const send = reply.send.bind(reply);
  return () => {
    reply.send = send;
    void showFault(fault, reply);
    return reply;
  };
}

function addPictures(app: FastifyInstance): void {
  app.get<{ Params: { name: string } }>('/pictures/:name', ({ params }, reply) =>
    reply.type('image/svg+xml').send(drawPicture(params.name)),
  );
}

/** For people at a terminal: `npm run sandbox -- --help` shows how. */
function addFaultRoutes(app: FastifyInstance, faults: FaultSwitch): void {
  app.get('/_sandbox/faults', () => faults.entries());
  app.put<{ Params: { operation: string } }>('/_sandbox/faults/:operation', (request) => {
    const fault = faultSchema.safeParse(request.body);
    if (!fault.success) throw new Refusal(400, fault.error.message);
    faults.set(request.params.operation, fault.data);
    return faults.entries();
  });
  app.delete<{ Params: { operation: string } }>('/_sandbox/faults/:operation', (request) => {
    const { operation } = request.params;
    faults.clear(operation === 'all' ? undefined : operation);
    return faults.entries();
  });
}
