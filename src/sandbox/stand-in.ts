import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
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
  /** What it serves, by the names in the provider's contract file. */
  operations: ReadonlySet<string>;
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
  /** The provider's own error body for a status; `url` is the path that was asked, with its query. */
  toErrorBody: (status: number, message: string, url: string) => object;
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
  const operations = new Set<string>();
  const faults = createFaultSwitch();
  const app = fastify({ forceCloseConnections: true });

  app.addHook('onRoute', ({ config }) => {
    if (config?.operation !== undefined) operations.add(config.operation);
  });
  app.addHook('preHandler', async (request, reply) => {
    const { operation } = request.routeOptions.config;
    if (operation === undefined) return;
    const { method, url: path, headers, body } = request;
    requests.push({ operation, method, path, headers, body });
    if (requests.length > MAX_RECORDED_REQUESTS) requests.shift();

    const fault = faults.take(operation);
    if (fault && !fault.isApplied) return showFault(fault, reply);
    if (fault) reply.send = showInstead(fault, reply);
    await options.guard(request);
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    return reply.code(status).send(options.toErrorBody(status, error.message, request.url));
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send(options.toErrorBody(404, 'Not found', request.url)),
  );

  options.addRoutes(app);
  addPictures(app);
  addFaultRoutes(app, faults, operations);
  await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    operations,
    requests,
    faults,
    close: () => app.close(),
  };
}

/** The route does its work; what it would answer is replaced. */
function showInstead(
  fault: Parameters<typeof showFault>[0],
  reply: FastifyReply,
): FastifyReply['send'] {
  const send = reply.send.bind(reply);
  return (payload) => {
    // A refusal comes twice: as the error, then as the answer that the error handler makes of it.
    if (payload instanceof Error) return send(payload);
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
function addFaultRoutes(
  app: FastifyInstance,
  faults: FaultSwitch,
  operations: ReadonlySet<string>,
): void {
  app.get('/_sandbox/faults', () => faults.entries());
  app.put<{ Params: { operation: string } }>('/_sandbox/faults/:operation', (request) => {
    const { operation } = request.params;
    if (operation !== '*' && !operations.has(operation)) {
      throw new Refusal(404, `Unknown operation; there are *, ${[...operations].join(', ')}`);
    }
    const fault = faultSchema.safeParse(request.body);
    if (!fault.success) throw new Refusal(400, z.prettifyError(fault.error));
    faults.set(operation, fault.data);
    return faults.entries();
  });
  app.delete<{ Params: { operation: string } }>('/_sandbox/faults/:operation', (request) => {
    const { operation } = request.params;
    faults.clear(operation === 'all' ? undefined : operation);
    return faults.entries();
  });
}
