import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createArrivalCounter } from './arrivals.ts';
import type { ArrivalCounter } from './arrivals.ts';

export interface RecordedRequest {
  operation: string;
  method: string;
  /** With its query. */
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: unknown;
  /** When it came, in milliseconds since the epoch, with fractions; never runs backwards. */
  at: number;
}

/** Enough for every test, and bounded for a sandbox that runs for days. */
const MAX_RECORDED_REQUESTS = 5_000;

/** Notes what reaches the operations. A body that cannot be read arrives, but is no recorded request. */
export function addRecording(app: FastifyInstance): {
  requests: RecordedRequest[];
  arrivals: ArrivalCounter;
} {
  const requests: RecordedRequest[] = [];
  const arrivals = createArrivalCounter();
  const cameAt = new WeakMap<FastifyRequest, number>();

  app.addHook('onRequest', async (request) => {
    const { operation } = request.routeOptions.config;
    if (operation === undefined) return;
    const at = performance.timeOrigin + performance.now();
    cameAt.set(request, at);
    arrivals.add(operation, at);
  });
  app.addHook('preHandler', async (request) => {
    const { operation } = request.routeOptions.config;
    const at = cameAt.get(request);
    if (operation === undefined || at === undefined) return;
    const { method, url: path, headers, body } = request;
    requests.push({ operation, method, path, headers, body, at });
    if (requests.length > MAX_RECORDED_REQUESTS) requests.shift();
  });
  app.addHook('onResponse', async (request, reply) => {
    if (cameAt.has(request) && reply.raw.statusCode === 429) arrivals.addRefusal();
  });
  return { requests, arrivals };
}
