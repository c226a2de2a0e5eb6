import type { IncomingHttpHeaders } from 'node:http';
import { SCOPES } from '../../badges/caller.ts';
import type { Caller } from '../../badges/caller.ts';
import type { Tenant } from '../../badges/tenant.ts';
import { Refusal } from './refusal.ts';
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

/** A name that a router gives goes into records, so it must be short and plain. */
const ACTOR = /^[\w.:@+-]{1,128}$/;
const ALL_SCOPES = new Set(SCOPES);
const NO_SCOPES = new Set<never>();

/** Who asks, by its token or by what the router says. Rejects with a `Refusal`. */
export function createIdentify(
  options: IdentityOptions,
): (headers: IncomingHttpHeaders) => Promise<Caller> {
  const { nobody, defaultTenant, checkToken } = options;

  function findTenant(id: string): Tenant {
    const tenant = options.findTenant(id);
    if (tenant) return tenant;
    throw new Refusal('There is no such tenant', { status: 403, code: 'FORBIDDEN' });
  }

  function fromRouter(headers: IncomingHttpHeaders): Caller {
    const { 'x-badges-actor': actor, 'x-badges-tenant': tenantId = defaultTenant } = headers;
    const isNamed = typeof actor === 'string' && ACTOR.test(actor);
    const caller = { actor: isNamed ? actor : 'anonymous', scopes: ALL_SCOPES };
    if (typeof tenantId !== 'string') return { ...caller, tenant: nobody, lacks: 'tenant' };
    return { ...caller, tenant: findTenant(tenantId) };
  }

  return async (headers) => {
    if (!checkToken) return fromRouter(headers);
    const token = toBearer(headers.authorization);
    // A router that asks for the schema has none.
    if (token === undefined) {
      return { actor: 'anonymous', tenant: nobody, scopes: NO_SCOPES, lacks: 'token' };
    }
    const { actor, scopes, tenant: tenantId = defaultTenant } = await checkToken(token);
    if (tenantId === undefined) {
      throw new Refusal('The token names no tenant', { status: 403, code: 'FORBIDDEN' });
    }
    return { actor, scopes, tenant: findTenant(tenantId) };
  };
}

function toBearer(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  const [, token] = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization) ?? [];
  if (token !== undefined) return token;
  throw new Refusal('authorization must be a bearer token', {
    status: 401,
    code: 'UNAUTHENTICATED',
    // Without an error code, as of whoever did not try.
    challenge: 'Bearer realm="badges"',
  });
}
