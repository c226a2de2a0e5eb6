import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Caller, SCOPES } from '../../badges/context.ts';
import type { Tenant } from '../../badges/tenant.ts';
import { hostOf, hostsOf, isLoopbackHost } from '../../http/hosts.ts';
import type { RequestRejected } from '../../telemetry/observer.ts';
import { type RawResponse, toRequestId } from '../connections.ts';
import { RejectedRequest, badRequest, toErrorBody } from '../errors.ts';
import { ACTOR_RULE, type Claims, readActor } from './token.ts';

/** The secrets that authenticate the router. */
export interface RouterSecrets {
  /** Whether requests need a secret at all. */
  isNeeded(): boolean;
  /**
   * Whether the header contains one of the secrets, in constant time. A header that was accepted on a connection before
   * is compared as it is; hashing it again would take a tenth of the time of a small request.
   */
  accepts(header: string | undefined, connection?: object): boolean;
  /** If the list is empty, no request needs a secret. */
  replace(secrets: readonly string[]): void;
  /** Keeps only these of the current secrets. If none is left, every request is rejected. */
  keepOnly(secrets: readonly string[]): void;
}

/** Compares digests, because `timingSafeEqual` requires equal lengths. */
export function createRouterSecrets(
  secrets: readonly string[],
  isEqual: (a: Buffer, b: Buffer) => boolean = timingSafeEqual,
): RouterSecrets {
  let digests = secrets.map(toDigest);
  let isNeeded = digests.length > 0;
  /** By connection, the header that was accepted last. Forgotten with every change of the secrets. */
  let accepted = new WeakMap<object, Buffer>();

  function isAccepted(header: string): boolean {
    const given = toDigest(header);
    // Compares all of them, even after a match.
    return digests.map((digest) => isEqual(given, digest)).includes(true);
  }
  return {
    isNeeded: () => isNeeded,
    accepts(header = '', connection) {
      const bytes = Buffer.from(header, 'latin1');
      const known = connection && accepted.get(connection);
      // A client that had a header accepted on this connection knows its length.
      if (known?.length === bytes.length && isEqual(known, bytes)) return true;
      if (!isAccepted(header)) return false;
      if (connection) accepted.set(connection, bytes);
      return true;
    },
    replace(next) {
      digests = next.map(toDigest);
      isNeeded = digests.length > 0;
      accepted = new WeakMap();
    },
    keepOnly(left) {
      const kept = left.map(toDigest);
      digests = digests.filter((digest) => kept.some((one) => one.equals(digest)));
      accepted = new WeakMap();
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
  reason: 'router-secret',
});
const noMetricsToken = new RejectedRequest(
  'Header "authorization" must contain a token of METRICS_TOKEN as a bearer token.',
  { status: 401, code: 'UNAUTHENTICATED', reason: 'metrics-token' },
);
const noHost = badRequest('The request must have a host header.');
const unreadableHost = badRequest('The path or the host header of the request is malformed.');
const otherHost = new RejectedRequest(
  'Without a router secret, only host names of this machine such as localhost are accepted. Set ROUTER_SECRET, or add the host name to ALLOWED_HOSTS.',
  { status: 403, code: 'FORBIDDEN', reason: 'host' },
);

const noRoom = new RejectedRequest(
  'The connection limit of this process is reached. Use fewer connections.',
  {
    status: 503,
    code: 'LIMIT_EXCEEDED',
    reason: 'connection-limit',
  },
);

const otherExpectation = badRequest('The only supported expectation is 100-continue.', {
  status: 417,
});

interface RouterAuthOptions {
  secrets: RouterSecrets;
  isReady: () => boolean;
  /** Whether a request on this connection may be admitted. */
  hasRoomFor: (socket: IncomingMessage['socket']) => boolean;
  /** Paths that can be read without a secret, beside health checks. */
  openPaths: readonly string[];
  /** Host names that are accepted without a secret, beside those of this machine. */
  allowedHosts: readonly string[];
  /** The tokens that read the metrics. If they need none, the metrics are admitted like the graph. */
  metricsTokens: Pick<RouterSecrets, 'isNeeded' | 'accepts'>;
  /** Is told of each rejection. */
  onRejection?: ((rejected: RequestRejected) => void) | undefined;
}

/**
 * Admits only the router, by the head of each request. Returns undefined for an admitted request, and otherwise the
 * response after which its connection ends. Health checks need no secret and are answered here.
 */
export function createRouterAuth(
  options: RouterAuthOptions,
): (request: IncomingMessage) => RawResponse | undefined {
  const { secrets, isReady, hasRoomFor, openPaths, metricsTokens, onRejection } = options;
  const allowedHosts = new Set(options.allowedHosts.map(hostOf));

  /**
   * Prevents DNS rebinding: a web page can point its own host name at this machine, but its requests still carry that
   * name.
   */
  function checkHosts(request: IncomingMessage): RejectedRequest | undefined {
    const hosts = hostsOf(request);
    if (hosts.includes(undefined)) return unreadableHost;
    const isOwn = hosts.every((host = '') => isLoopbackHost(host) || allowedHosts.has(host));
    return isOwn ? undefined : otherHost;
  }

  function checkCaller(request: IncomingMessage): RejectedRequest | undefined {
    const { [HEADER]: given } = request.headers;
    if (secrets.accepts(typeof given === 'string' ? given : undefined, request.socket))
      return undefined;
    if (!secrets.isNeeded()) return checkHosts(request);
    return isRead(request) && openPaths.includes(toPath(request)) ? undefined : noSecret;
  }

  function checkReader({ headers }: IncomingMessage): RejectedRequest | undefined {
    const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    return metricsTokens.accepts(token) ? undefined : noMetricsToken;
  }

  function findRejection(request: IncomingMessage): RejectedRequest | undefined {
    const isOfMetrics = metricsTokens.isNeeded() && toPath(request) === METRICS_PATH;
    const rejected = isOfMetrics ? checkReader(request) : checkCaller(request);
    if (rejected) return rejected;
    if (!hasRoomFor(request.socket)) return noRoom;
    return hasOtherExpectation(request) ? otherExpectation : undefined;
  }

  function toRejection({ headers }: IncomingMessage, rejected: RejectedRequest): RawResponse {
    const requestId = toRequestId(headers);
    const { status, code, reason } = rejected;
    onRejection?.({ requestId, status, code, reason });
    return { status, requestId, body: toErrorBody(rejected, requestId) };
  }

  return (request) => {
    if (lacksHost(request)) return toRejection(request, noHost);
    const health = isRead(request) ? answerHealth(toPath(request), isReady()) : undefined;
    if (health) return { ...health, requestId: toRequestId(request.headers) };
    const rejected = findRejection(request);
    return rejected && toRejection(request, rejected);
  };
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

function toPath({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}

/** HTTP/1.1 requires the host header. The listener leaves this check to the service. */
function lacksHost({ httpVersion, headers }: IncomingMessage): boolean {
  return httpVersion === '1.1' && headers.host === undefined;
}

/** Node would answer such a request itself. */
function hasOtherExpectation({ httpVersion, headers }: IncomingMessage): boolean {
  const { expect } = headers;
  if (expect === undefined || httpVersion !== '1.1') return false;
  return !/(?:^|\W)100-continue(?:$|\W)/i.test(expect);
}

export const METRICS_PATH = '/metrics';
export const HEALTH_PATHS: readonly string[] = ['/health/live', '/health/ready'];

/**
 * Live: the process responds. Ready: it accepts requests, even while providers are down. Undefined for any other path.
 */
function answerHealth(
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

export interface IdentityOptions {
  /** By their IDs. */
  tenants: ReadonlyMap<string, Tenant>;
  /** For callers that belong to no tenant. */
  emptyTenant: Tenant;
  /** The tenant of callers that name none. Undefined: they must name one. */
  defaultTenant: string | undefined;
  /** Undefined: callers have no tokens, and the router vouches for them. */
  checkToken: ((token: string) => Promise<Claims>) | undefined;
  /** The claims of a token that needs no check at the moment. */
  peekToken?: ((token: string) => Claims | undefined) | undefined;
}

const ANONYMOUS = 'anonymous';
const ALL_SCOPES = new Set(SCOPES);
const NO_SCOPES = new Set<never>();

type Headers = Pick<IncomingMessage, 'headers' | 'headersDistinct'>;

/** Identifies the caller, by its token or by the headers of the router. Rejects with a `RejectedRequest`. */
export function createAuthenticate(
  options: IdentityOptions,
): (headers: Headers) => Promise<Caller> {
  const { tenants, emptyTenant, defaultTenant, checkToken } = options;

  function findTenant(id: string): Tenant {
    const tenant = tenants.get(id);
    if (tenant) return tenant;
    throw new RejectedRequest('The tenant does not exist.', {
      status: 403,
      code: 'FORBIDDEN',
      reason: 'unknown-tenant',
    });
  }

  function fromRouter(headers: Headers): Caller {
    // An empty header counts as a missing one.
    const actor = readOnce(headers, 'x-badges-actor') || undefined;
    const caller = { ...toActor(actor), scopes: ALL_SCOPES };
    const { 'x-badges-tenant': named } = headers.headers;
    // Several names are joined into one that no tenant has.
    const tenantId = (typeof named === 'string' ? named : undefined) || defaultTenant;
    if (tenantId === undefined) return { ...caller, tenant: emptyTenant, lacks: 'tenant' };
    return { ...caller, tenant: findTenant(tenantId) };
  }

  return async (headers) => {
    if (!checkToken) return fromRouter(headers);
    const token = toBearer(readOnce(headers, 'authorization'));
    // A router that reads the schema has no token.
    if (token === undefined) {
      return { actor: ANONYMOUS, tenant: emptyTenant, scopes: NO_SCOPES, lacks: 'token' };
    }
    const { actor, scopes, tenant: tenantId = defaultTenant } = await checkToken(token);
    if (tenantId === undefined) {
      throw new RejectedRequest('The token does not name a tenant.', {
        status: 403,
        code: 'FORBIDDEN',
        reason: 'no-tenant',
      });
    }
    return { actor, scopes, tenant: findTenant(tenantId) };
  };
}

/** With two headers of the same name, a proxy may have checked the other one. */
function readOnce(headers: Headers, name: string): string | undefined {
  // Most requests do not have it, and to tell all headers apart takes a while.
  if (headers.headers[name] === undefined) return undefined;
  const [value, ...more] = headers.headersDistinct[name] ?? [];
  if (more.length === 0) return value;
  throw badRequest(`The request has several ${name} headers. Send only one.`);
}

/** The name of a caller that the router vouches for, by one header of it. */
export function actorOf({ 'x-badges-actor': header }: IncomingMessage['headers']): string {
  return toActor(typeof header === 'string' && header !== '' ? header : undefined).actor;
}

/** Callers with an unusable name must not be taken for the same one, so they cannot write. */
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
    reason: 'no-bearer-token',
    // The standard omits the error code if the request has no credentials.
    headers: { 'www-authenticate': 'Bearer realm="badges"' },
  });
}
