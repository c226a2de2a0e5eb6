import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Caller, SCOPES } from '../../badges/context.ts';
import type { Tenant } from '../../badges/tenant.ts';
import { hostOf, hostsOf, isLoopbackHost } from '../../http/hosts.ts';
import {
  type RawResponse,
  RejectedRequest,
  answerHealth,
  badRequest,
  toErrorBody,
  toRequestId,
} from '../raw-response.ts';
import { ACTOR_RULE, type Claims, readActor } from './token.ts';

/** The secrets by which the router is known. */
export interface RouterSecrets {
  /** Whether one is needed at all. */
  isNeeded(): boolean;
  /** Whether the header holds one of them; how long that takes tells nothing of any. */
  accepts(header: string | undefined): boolean;
  /** With none nobody needs one. */
  replace(secrets: readonly string[]): void;
  /** Accepts only these of the present ones. With none left nobody is let in. */
  keepOnly(secrets: readonly string[]): void;
}

/** Digests are of one length, as the comparison needs. */
export function createRouterSecrets(
  secrets: readonly string[],
  isEqual: (a: Buffer, b: Buffer) => boolean = timingSafeEqual,
): RouterSecrets {
  let digests = secrets.map(toDigest);
  let isNeeded = digests.length > 0;
  return {
    isNeeded: () => isNeeded,
    accepts(header) {
      const given = toDigest(header ?? '');
      // Each is compared, also after one that is equal.
      return digests.map((digest) => isEqual(given, digest)).includes(true);
    },
    replace(next) {
      digests = next.map(toDigest);
      isNeeded = digests.length > 0;
    },
    keepOnly(left) {
      const kept = left.map(toDigest);
      digests = digests.filter((digest) => kept.some((one) => one.equals(digest)));
    },
  };
}

function toDigest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

const HEADER = 'router-authorization';

const noSecret = new RejectedRequest(`Header "${HEADER}" must contain the router's secret.`, {
  status: 401,
  code: 'UNAUTHENTICATED',
});
const noHost = badRequest('The request must have a host header.');
const unreadableHost = badRequest('The path or the host header of the request is malformed.');
const otherHost = new RejectedRequest(
  'Without a router secret, only host names of this machine such as localhost are accepted. Set ROUTER_SECRET, or add the host name to ALLOWED_HOSTS.',
  { status: 403, code: 'FORBIDDEN' },
);

const noRoom = new RejectedRequest(
  'The connection limit of this process is reached. Use fewer connections.',
  {
    status: 503,
    code: 'LIMIT_EXCEEDED',
  },
);

const otherExpectation = badRequest('The only supported expectation is 100-continue.', {
  status: 417,
});

export interface RouterAuthOptions {
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
export type RouterAuth = (request: IncomingMessage) => RawResponse | undefined;

/** Lets only the router in, by the head of each request. It answers health itself, which needs no secret. */
export function createRouterAuth(options: RouterAuthOptions): RouterAuth {
  const { secrets, isReady, hasRoomFor, openPaths } = options;
  const allowedHosts = new Set(options.allowedHosts.map(hostOf));

  /**
   * A page in a browser can give its own name the address of this machine, and then be taken for a page of ours. The
   * name in its requests stays, and a secret it has not.
   */
  function checkHosts(request: IncomingMessage): RejectedRequest | undefined {
    const hosts = hostsOf(request);
    if (hosts.includes(undefined)) return unreadableHost;
    const isOwn = hosts.every((host = '') => isLoopbackHost(host) || allowedHosts.has(host));
    return isOwn ? undefined : otherHost;
  }

  function checkCaller(request: IncomingMessage): RejectedRequest | undefined {
    const { [HEADER]: given } = request.headers;
    if (secrets.accepts(typeof given === 'string' ? given : undefined)) return undefined;
    if (!secrets.isNeeded()) return checkHosts(request);
    return isRead(request) && openPaths.includes(toPath(request)) ? undefined : noSecret;
  }

  function findRefusal(request: IncomingMessage): RejectedRequest | undefined {
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

function toRefused({ headers }: IncomingMessage, refusal: RejectedRequest): RawResponse {
  const requestId = toRequestId(headers);
  return { status: refusal.status, requestId, body: toErrorBody(refusal, requestId) };
}

export interface IdentityOptions {
  /** Undefined: there is no such tenant. */
  findTenant: (id: string) => Tenant | undefined;
  /** For callers that belong to no tenant. */
  nobody: Tenant;
  /** Of callers who name none. Undefined: they must. */
  defaultTenant: string | undefined;
  /** Undefined: callers have no tokens, and the router speaks for them. */
  checkToken: ((token: string) => Promise<Claims>) | undefined;
}

const ANONYMOUS = 'anonymous';
const ALL_SCOPES = new Set(SCOPES);
const NO_SCOPES = new Set<never>();

type Headers = Pick<IncomingMessage, 'headersDistinct'>;

/** Who asks, by its token or by what the router says. Rejects with a `Refusal`. */
export function createAuthenticate(
  options: IdentityOptions,
): (headers: Headers) => Promise<Caller> {
  const { nobody, defaultTenant, checkToken } = options;

  function findTenant(id: string): Tenant {
    const tenant = options.findTenant(id);
    if (tenant) return tenant;
    throw new RejectedRequest('The tenant does not exist.', { status: 403, code: 'FORBIDDEN' });
  }

  function fromRouter(headers: Headers): Caller {
    // An empty header is as good as none.
    const actor = readOnce(headers, 'x-badges-actor') || undefined;
    const caller = { ...toActor(actor), scopes: ALL_SCOPES };
    // Several names make one that no tenant has.
    const tenantId = headers.headersDistinct['x-badges-tenant']?.join(', ') || defaultTenant;
    if (tenantId === undefined) return { ...caller, tenant: nobody, lacks: 'tenant' };
    return { ...caller, tenant: findTenant(tenantId) };
  }

  return async (headers) => {
    if (!checkToken) return fromRouter(headers);
    const token = toBearer(readOnce(headers, 'authorization'));
    // A router that asks for the schema has none.
    if (token === undefined) {
      return { actor: ANONYMOUS, tenant: nobody, scopes: NO_SCOPES, lacks: 'token' };
    }
    const { actor, scopes, tenant: tenantId = defaultTenant } = await checkToken(token);
    if (tenantId === undefined) {
      throw new RejectedRequest('The token does not name a tenant.', {
        status: 403,
        code: 'FORBIDDEN',
      });
    }
    return { actor, scopes, tenant: findTenant(tenantId) };
  };
}

/** Of two, whatever stands before this service may have looked at the other one. */
function readOnce({ headersDistinct }: Headers, name: string): string | undefined {
  const [value, ...more] = headersDistinct[name] ?? [];
  if (more.length === 0) return value;
  throw badRequest(`The request has several ${name} headers. Send only one.`);
}

/** Two callers whose names cannot be used must not become one: such a caller changes nothing. */
function toActor(header: string | undefined): Pick<Caller, 'actor' | 'actorProblem'> {
  if (header === undefined) return { actor: ANONYMOUS };
  const actor = readActor(header);
  return actor === undefined ? { actor: ANONYMOUS, actorProblem: ACTOR_RULE } : { actor };
}

function toBearer(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  const [, token] = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization) ?? [];
  if (token !== undefined) return token;
  throw new RejectedRequest('Header "authorization" must contain a bearer token.', {
    status: 401,
    code: 'UNAUTHENTICATED',
    // Without an error code, as for a caller that sent no credentials.
    headers: { 'www-authenticate': 'Bearer realm="badges"' },
  });
}
