import { randomUUID } from 'node:crypto';
import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** A caller's id goes into logs and answers, so it must be short and plain. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** The id that a caller gave its request, else a new one. */
export function toRequestId({ 'x-request-id': given }: IncomingHttpHeaders): string {
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** Of every answer, unless what it holds may be kept. */
export function toBaseHeaders(requestId: string): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
  };
}

type Told = Pick<RejectedRequest, 'code' | 'message'> &
  Partial<Pick<RejectedRequest, 'retryAfterMs'>>;

/** What a request is told that no operation was read from: as a GraphQL server tells of an error, for gateways to read. */
export function toErrorBody({ code, message, retryAfterMs }: Told, requestId: string): object {
  const retry = retryAfterMs === undefined ? {} : { retryable: true, retryAfterMs };
  return { errors: [{ message, extensions: { code, ...retry, requestId } }] };
}

/** An answer that no framework makes, since no request is handed to one. */
export interface RawResponse {
  status: number;
  requestId: string;
  /** Becomes JSON. */
  body: object;
}

/** How long a caller may take to read an answer that ends its connection. */
const LINGER_MS = 500;
/** How much is read and dropped of what it sends meanwhile; with unread bytes the system would take the answer back. */
const MAX_DROPPED_BYTES = 64 * 1024;

/** Sends this answer, to a request of that method, and ends the connection. */
export function sendAndClose(socket: Socket, answer: RawResponse, method?: string): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  let dropped = 0;
  socket
    .once('close', () => clearTimeout(timer))
    .on('data', ({ length }: Buffer) => {
      dropped += length;
      if (dropped > MAX_DROPPED_BYTES) socket.pause();
    })
    .end(toBytes(answer, method));
}

/** An answer to HEAD has no body. */
function toBytes({ status, requestId, body }: RawResponse, method?: string): string {
  const json = JSON.stringify(body);
  const headers = {
    ...toBaseHeaders(requestId),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(json),
    date: new Date().toUTCString(),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`;
  return method === 'HEAD' ? head : head + json;
}

/** For the machines around, which hold no secret. */
export const HEALTH_PATHS: readonly string[] = ['/health/live', '/health/ready'];

/** Live: the process answers. Ready: it takes requests, also while providers are down. Undefined: another path. */
export function answerHealth(
  path: string,
  isReady: boolean,
): Pick<RawResponse, 'status' | 'body'> | undefined {
  switch (path) {
    case '/health/live':
      return { status: 200, body: { status: 'live' } };
    case '/health/ready':
      return isReady
        ? { status: 200, body: { status: 'ready' } }
        : { status: 503, body: { status: 'stopping' } };
    default:
      return undefined;
  }
}

type RefusalCode =
  | 'UNAUTHENTICATED'
  | 'AUTHENTICATION_UNAVAILABLE'
  | 'FORBIDDEN'
  | 'BAD_REQUEST'
  | 'LIMIT_EXCEEDED'
  | 'INTERNAL_SERVER_ERROR';

/** Why a request is refused before anybody looks at what it asks for. */
export class RejectedRequest extends Error {
  readonly status: number;
  readonly code: RefusalCode;
  /** Of the answer, beside those that every answer has. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds after which the same request may be answered. Undefined: it must be another one. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    of: Pick<RejectedRequest, 'status' | 'code'> &
      Partial<Pick<RejectedRequest, 'headers' | 'retryAfterMs'>> & { cause?: unknown },
  ) {
    super(message, { cause: of.cause });
    this.name = 'Refusal';
    this.status = of.status;
    this.code = of.code;
    this.headers = of.headers ?? {};
    this.retryAfterMs = of.retryAfterMs;
  }
}

export function badRequest(
  message: string,
  { status = 400, headers }: Partial<Pick<RejectedRequest, 'status' | 'headers'>> = {},
): RejectedRequest {
  return new RejectedRequest(message, { status, code: 'BAD_REQUEST', ...(headers && { headers }) });
}
