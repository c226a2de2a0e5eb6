import type { IncomingMessage } from 'node:http';
import { SCOPES } from '../../badges/caller.ts';
import type { Caller } from '../../badges/caller.ts';
import type { Tenant } from '../../badges/tenant.ts';
import { Refusal, badRequest } from '../refusal.ts';
import { ACTOR_RULE, readActor } from './actor.ts';
import type { Claims } from './token.ts';

export interface IdentityOptions {
  /** Undefined: there is no such tenant. */
  findTenant: (id: string) => Tenant | undefined;
  /** Of whoever belongs to none. */
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
export function createIdentify(options: IdentityOptions): (headers: Headers) => Promise<Caller> {
  const { nobody, defaultTenant, checkToken } = options;

  function findTenant(id: string): Tenant {
    const tenant = options.findTenant(id);
    if (tenant) return tenant;
    throw new Refusal('There is no such tenant', { status: 403, code: 'FORBIDDEN' });
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
      throw new Refusal('The token names no tenant', { status: 403, code: 'FORBIDDEN' });
    }
    return { actor, scopes, tenant: findTenant(tenantId) };
  };
}

/** Of two, whatever stands before this service may have looked at the other one. */
function readOnce({ headersDistinct }: Headers, name: string): string | undefined {
  const [value, ...more] = headersDistinct[name] ?? [];
  if (more.length === 0) return value;
  throw badRequest(`The request has several ${name} headers: send one`);
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
  throw new Refusal('authorization must be a bearer token', {
    status: 401,
    code: 'UNAUTHENTICATED',
    // Without an error code, as of whoever did not try.
    headers: { 'www-authenticate': 'Bearer realm="badges"' },
  });
}
