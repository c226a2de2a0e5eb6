import type { IncomingMessage } from 'node:http';
import { hostOf, hostsOf, isLoopbackHost } from '../../providers/loopback.ts';
import { toRequestId } from '../base-headers.ts';
import { toErrorBody } from '../error-body.ts';
import { answerHealth } from '../health.ts';
import type { RawAnswer } from '../raw-answer.ts';
import { Refusal, badRequest } from '../refusal.ts';
import type { RouterSecrets } from './router-secrets.ts';

const HEADER = 'router-authorization';

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

const noRoom = new Refusal('This process has as many connections as it takes: use fewer', {
  status: 503,
  code: 'LIMIT_EXCEEDED',
});

const otherExpectation = badRequest('The only expectation that is met is 100-continue', {
  status: 417,
});

export interface GateOptions {
  secrets: RouterSecrets;
  isReady: () => boolean;
  /** Whether a connection of the router may stay, or come to those that do. */
  hasRoomFor: (socket: IncomingMessage['socket']) => boolean;
  /** What may be read without a secret, beside health. */
  openPaths: readonly string[];
  /** Names beside those of this machine under which the service is asked where there is no secret. */
  allowedHosts: readonly string[];
}

/** What a request is answered at once, with which its connection ends. Undefined: it is let in. */
export type Gate = (request: IncomingMessage) => RawAnswer | undefined;

/** Lets only the router in, by the head of each request. It answers health itself, which needs no secret. */
export function createGate(options: GateOptions): Gate {
  const { secrets, isReady, hasRoomFor, openPaths } = options;
  const allowedHosts = new Set(options.allowedHosts.map(hostOf));

  /**
   * A page in a browser can give its own name the address of this machine, and then be taken for a page of ours. The
   * name in its requests stays, and a secret it has not.
   */
  function checkHosts(request: IncomingMessage): Refusal | undefined {
    const hosts = hostsOf(request);
    if (hosts.includes(undefined)) return unreadableHost;
    const isOwn = hosts.every((host = '') => isLoopbackHost(host) || allowedHosts.has(host));
    return isOwn ? undefined : otherHost;
  }

  function checkCaller(request: IncomingMessage): Refusal | undefined {
    const { [HEADER]: given } = request.headers;
    if (secrets.accepts(typeof given === 'string' ? given : undefined)) return undefined;
    if (!secrets.isNeeded()) return checkHosts(request);
    return isRead(request) && openPaths.includes(toPath(request)) ? undefined : noSecret;
  }

  function findRefusal(request: IncomingMessage): Refusal | undefined {
    const refusal = checkCaller(request);
    if (refusal) return refusal;
    if (!hasRoomFor(request.socket)) return noRoom;
    return hasOtherExpectation(request) ? otherExpectation : undefined;
  }

  return (request) => {
    if (lacksHost(request)) return toRefused(request, noHost);
    const health = isRead(request) ? answerHealth(toPath(request), isReady()) : undefined;
    if (health) return { ...health, requestId: toRequestId(request.headers) };
    const refusal = findRefusal(request);
    return refusal && toRefused(request, refusal);
  };
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

function toPath({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}

/** HTTP 1.1 asks for one, and the listener leaves it to us to say so. */
function lacksHost({ httpVersion, headers }: IncomingMessage): boolean {
  return httpVersion === '1.1' && headers.host === undefined;
}

/** Node would answer it by itself. */
function hasOtherExpectation({ httpVersion, headers }: IncomingMessage): boolean {
  const { expect = '100-continue' } = headers;
  return httpVersion === '1.1' && !/(?:^|\W)100-continue(?:$|\W)/i.test(expect);
}

function toRefused({ headers }: IncomingMessage, refusal: Refusal): RawAnswer {
  const requestId = toRequestId(headers);
  return { status: refusal.status, requestId, body: toErrorBody(refusal, requestId) };
}
