import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isObject } from '../http/json.ts';
import type { Connections } from './connections.ts';
import { toUnreadable } from './limits/request-body.ts';
import {
  HEALTH_PATHS,
  RejectedRequest,
  badRequest,
  sendAndClose,
  toErrorBody,
} from './raw-response.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Tells of everything that goes wrong outside an operation in one shape, which gateways can read. */
export function addErrorHandlers(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const refusal = error instanceof RejectedRequest ? error : toUnreadable(error);
    if (!refusal) app.log.error({ err: error }, 'Unexpected error outside an operation');
    return refuse(reply, refusal ?? failure, request.id);
  });
  // Before the body is read: what it holds is no matter at a path that does not take it.
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) await refuse(reply, noRoute(app, request), request.id);
  });
  app.setNotFoundHandler((request, reply) => refuse(reply, noRoute(app, request), request.id));
}

const failure = new RejectedRequest('Internal server error', {
  status: 500,
  code: 'INTERNAL_SERVER_ERROR',
});

export function refuse(
  reply: FastifyReply,
  refusal: RejectedRequest,
  requestId: string,
): FastifyReply {
  return reply.code(refusal.status).headers(refusal.headers).send(toErrorBody(refusal, requestId));
}

/** A path that is known takes other methods; any other path is none. */
function noRoute(app: FastifyInstance, { url }: FastifyRequest): RejectedRequest {
  const [path = ''] = url.split('?');
  const taken = HEALTH_PATHS.includes(path)
    ? ['GET', 'HEAD']
    : METHODS.filter((method) => app.hasRoute({ method, url: path }));
  if (taken.length === 0) {
    return badRequest('Nothing is served at this path. The GraphQL endpoint is /graphql.', {
      status: 404,
    });
  }
  const allow = taken.join(', ');
  return badRequest(`Method not allowed. This path accepts ${allow}.`, {
    status: 405,
    headers: { allow },
  });
}

/** The library has no request at hand where it refuses one before its operation is read. */
export async function withRequestId(
  { id }: FastifyRequest,
  { statusCode }: FastifyReply,
  answer: unknown,
): Promise<unknown> {
  if (statusCode < 400 || typeof answer !== 'string') return answer;
  const { errors, ...rest } = JSON.parse(answer) as { errors?: unknown };
  if (!Array.isArray(errors)) return answer;
  const withId = errors.filter(isObject).map((error) => ({
    ...error,
    extensions: { ...(isObject(error.extensions) && error.extensions), requestId: id },
  }));
  return `${JSON.stringify({ errors: withId, ...rest })}\n`;
}

interface ParserError extends Error {
  code?: string;
}

/**
 * Tells of what the parser of HTTP refuses, of which not even an id is known; and closes. Nothing is told where that
 * would pass for the answer to a request before.
 */
export function answerParserError(
  error: ParserError,
  socket: Socket,
  connections: Pick<Connections, 'isAnswering'>,
): void {
  // The parser refuses what comes behind too.
  if (socket.writableEnded) return;
  const isGone = error.code === 'ECONNRESET' || socket.destroyed || !socket.writable;
  if (isGone || connections.isAnswering(socket)) {
    socket.destroy(error);
    return;
  }
  const [refusal, requestId] = [toParserRefusal(error), randomUUID()];
  const body = toErrorBody(refusal, requestId);
  sendAndClose(socket, { status: refusal.status, requestId, body });
}

function toParserRefusal({ code }: ParserError): RejectedRequest {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return badRequest('The request was not received in time.', { status: 408 });
    case 'HPE_HEADER_OVERFLOW':
      return new RejectedRequest('The request headers are too large.', {
        status: 431,
        code: 'LIMIT_EXCEEDED',
      });
    default:
      return badRequest('The request is not valid HTTP.');
  }
}
