import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { toBaseHeaders, toRequestId } from '../base-headers.ts';
import { toErrorBody } from '../error-body.ts';
import { Refusal } from './refusal.ts';
import type { RouterSecrets } from './router-secrets.ts';

const HEADER = 'router-authorization';
/** For the machines around, which hold no secret. */
const OPEN_PATHS: readonly string[] = ['/health/live', '/health/ready'];

const refusal = new Refusal(`${HEADER} must hold the router's secret`, {
  status: 401,
  code: 'UNAUTHENTICATED',
});

/** Lets only the router in. It stands before everything that reads more of a request than its first lines. */
export function createGate(secrets: RouterSecrets, handler: RequestListener): RequestListener {
  return (request, response) => {
    const { [HEADER]: given } = request.headers;
    const isRouter = secrets.accepts(typeof given === 'string' ? given : undefined);
    if (isRouter || !secrets.isNeeded() || isOpen(request)) handler(request, response);
    else refuse(request, response);
  };
}

function isOpen({ method, url }: IncomingMessage): boolean {
  const [path = ''] = (url ?? '').split('?');
  return (method === 'GET' || method === 'HEAD') && OPEN_PATHS.includes(path);
}

/** What else the request holds is not read. */
function refuse(request: IncomingMessage, response: ServerResponse): void {
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
