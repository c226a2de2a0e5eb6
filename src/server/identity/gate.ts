import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { toBaseHeaders, toRequestId } from '../base-headers.ts';
import { toErrorBody } from '../error-body.ts';
import { Refusal, badRequest } from '../refusal.ts';
import type { RouterSecrets } from './router-secrets.ts';

const HEADER = 'router-authorization';
/** For the machines around, which hold no secret. */
const HEALTH_PATHS = ['/health/live', '/health/ready'];

const noSecret = new Refusal(`${HEADER} must hold the router's secret`, {
  status: 401,
  code: 'UNAUTHENTICATED',
});
const noHost = badRequest('The request must have a host header');

export interface GateOptions {
  secrets: RouterSecrets;
  /** What may be read without a secret, beside health. */
  openPaths: readonly string[];
}

/** Lets only the router in. It stands before everything that reads more of a request than its first lines. */
export function createGate(
  { secrets, openPaths }: GateOptions,
  handler: RequestListener,
): RequestListener {
  const readable = [...HEALTH_PATHS, ...openPaths];
  function isOpen({ method, url }: IncomingMessage): boolean {
    const [path = ''] = (url ?? '').split('?');
    return (method === 'GET' || method === 'HEAD') && readable.includes(path);
  }
  return (request, response) => {
    const { [HEADER]: given } = request.headers;
    const isRouter = secrets.accepts(typeof given === 'string' ? given : undefined);
    if (lacksHost(request)) refuse(request, response, noHost);
    else if (isRouter || !secrets.isNeeded() || isOpen(request)) handler(request, response);
    else refuse(request, response, noSecret);
  };
}

/** HTTP 1.1 asks for one, and the listener leaves it to us to say so. */
function lacksHost({ httpVersion, headers }: IncomingMessage): boolean {
  return httpVersion === '1.1' && headers.host === undefined;
}

/** What else the request holds is not read. */
function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const requestId = toRequestId(request.headers);
  const body = JSON.stringify(toErrorBody(refusal, requestId));
  response
    .writeHead(refusal.status, {
      ...toBaseHeaders(requestId),
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    })
    .end(body);
}
