import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { toBaseHeaders, toRequestId } from '../base-headers.ts';
import { toErrorBody } from '../error-body.ts';
import { Refusal, badRequest } from '../refusal.ts';
import { hostOf, isLoopbackHost } from '../../providers/loopback.ts';
import type { RouterSecrets } from './router-secrets.ts';

const HEADER = 'router-authorization';
/** For the machines around, which hold no secret. */
const HEALTH_PATHS = ['/health/live', '/health/ready'];

const noSecret = new Refusal(`${HEADER} must hold the router's secret`, {
  status: 401,
  code: 'UNAUTHENTICATED',
});
const noHost = badRequest('The request must have a host header');
const unreadableHost = badRequest('The path or the host header of the request cannot be read');
const otherHost = new Refusal(
  'Without a router secret only names of this machine are served, such as localhost. Set ROUTER_SECRET, or add the name to ALLOWED_HOSTS',
  { status: 403, code: 'FORBIDDEN' },
);

export interface GateOptions {
  secrets: RouterSecrets;
  /** What may be read without a secret, beside health. */
  openPaths: readonly string[];
  /** Names beside those of this machine under which the service is asked where there is no secret. */
  allowedHosts: readonly string[];
}

/** Lets only the router in. It stands before everything that reads more of a request than its first lines. */
export function createGate(options: GateOptions, handler: RequestListener): RequestListener {
  const { secrets, openPaths } = options;
  const allowedHosts = new Set(options.allowedHosts.map(hostOf));

  /**
   * A page in a browser can give its own name the address of this machine, and then be taken for a page of ours. The
   * name in its requests stays, and a secret it has not.
   */
  function checkHosts({ headersDistinct }: IncomingMessage): Refusal | undefined {
    const hosts = (headersDistinct.host ?? ['']).map(hostOf);
    if (hosts.includes(undefined)) return unreadableHost;
    const isOwn = hosts.every((host = '') => isLoopbackHost(host) || allowedHosts.has(host));
    return isOwn ? undefined : otherHost;
  }

  function findRefusal(request: IncomingMessage): Refusal | undefined {
    if (lacksHost(request)) return noHost;
    const { [HEADER]: given } = request.headers;
    const isRouter = secrets.accepts(typeof given === 'string' ? given : undefined);
    if (isRouter || isRead(request, HEALTH_PATHS)) return undefined;
    if (!secrets.isNeeded()) return checkHosts(request);
    return isRead(request, openPaths) ? undefined : noSecret;
  }

  return (request, response) => {
    const refusal = findRefusal(request);
    if (refusal) refuse(request, response, refusal);
    else handler(request, response);
  };
}

function isRead({ method, url }: IncomingMessage, paths: readonly string[]): boolean {
  const [path = ''] = (url ?? '').split('?');
  return (method === 'GET' || method === 'HEAD') && paths.includes(path);
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
