import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isObject } from '../providers/json.ts';
import { toBaseHeaders } from './base-headers.ts';
import { toErrorBody } from './error-body.ts';
import { toUnreadable } from './limits/unreadable.ts';
import { Refusal, badRequest } from './refusal.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Tells of everything that goes wrong outside an operation in one shape, which gateways can read. */
export function tellErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const refusal = error instanceof Refusal ? error : toUnreadable(error);
    if (!refusal) app.log.error({ err: error }, 'unexpected error around an operation');
    return refuse(reply, refusal ?? failure, request.id);
  });
  app.setNotFoundHandler((request, reply) => refuse(reply, noRoute(app, request), request.id));
}

const failure = new Refusal('Internal server error', {
  status: 500,
  code: 'INTERNAL_SERVER_ERROR',
});

export function refuse(reply: FastifyReply, refusal: Refusal, requestId: string): FastifyReply {
  return reply.code(refusal.status).headers(refusal.headers).send(toErrorBody(refusal, requestId));
}

/** A path that is known takes other methods; any other path is none. */
function noRoute(app: FastifyInstance, { url }: FastifyRequest): Refusal {
  const [path = ''] = url.split('?');
  const taken = METHODS.filter((method) => app.hasRoute({ method, url: path }));
  if (taken.length === 0) {
    return badRequest('There is nothing at this path; GraphQL is at /graphql', { status: 404 });
  }
  const allow = taken.join(', ');
  return badRequest(`This path takes ${allow}`, { status: 405, headers: { allow } });
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

/** Tells of what the parser of HTTP refuses, of which not even an id is known; and closes. */
export function tellParserError(error: ParserError, socket: Socket): void {
  const isGone = error.code === 'ECONNRESET' || socket.destroyed || !socket.writable;
  if (!isGone) socket.write(toRawAnswer(toParserRefusal(error)));
  socket.destroy(error);
}

function toParserRefusal({ code }: ParserError): Refusal {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return badRequest('The request did not arrive in time', { status: 408 });
    case 'HPE_HEADER_OVERFLOW':
      return new Refusal('The headers of the request are too large', {
        status: 431,
        code: 'LIMIT_EXCEEDED',
      });
    default:
      return badRequest('The request is no HTTP');
  }
}

function toRawAnswer(refusal: Refusal): string {
  const requestId = randomUUID();
  const body = JSON.stringify(toErrorBody(refusal, requestId));
  const headers = {
    ...toBaseHeaders(requestId),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const { status } = refusal;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}
