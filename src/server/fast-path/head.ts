/**
 * Promises: lets only such requests onto the fast path whose head the full path would take without a word: an ordinary
 * POST of JSON by a caller who may read, of a known tenant, with nothing else answered before it on the connection.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Caller, SCOPES } from '../../badges/context.ts';
import { toRequestId } from '../connections.ts';
import type { IdentityOptions } from '../identity/authenticate.ts';

export interface Head {
  caller: Caller;
  requestId: string;
  /** Of the body. */
  bytes: number;
  /** What else of the head the answer depends on. */
  manners: string;
}

type ReadHead = (request: IncomingMessage, response: ServerResponse) => Head | undefined;

/** Of a body: more than all representations of a request need. */
const MAX_BYTES = 256 * 1024;
const MAX_MANNERS = 1_000;
/** Each of them changes how a body is read or answered. */
const UNUSUAL = ['transfer-encoding', 'content-encoding', 'expect', 'upgrade', 'trailer'];

export function createReadHead(identity: IdentityOptions): ReadHead {
  return (request, response) => {
    const { method, url, httpVersion, headers } = request;
    if (method !== 'POST' || url !== '/graphql' || httpVersion !== '1.1') return undefined;
    // Without a socket it waits for the answers to requests before it.
    if (!response.socket || UNUSUAL.some((name) => headers[name] !== undefined)) return undefined;
    const { 'content-length': length = '', 'content-type': type, accept = '', host } = headers;
    const bytes = /^[1-9]\d{0,6}$/.test(length) ? Number(length) : Infinity;
    if (bytes > MAX_BYTES || type === undefined || host === undefined) return undefined;
    const manners = `${type}\n${accept}\n${host}`;
    if (manners.length > MAX_MANNERS) return undefined;
    const caller = findCaller(request, identity);
    if (!caller?.scopes.has('badges:read')) return undefined;
    return { caller, requestId: toRequestId(headers), bytes, manners };
  };
}

const ALL_SCOPES = new Set(SCOPES);

/** The caller, where it can be told at once and without a doubt. */
function findCaller(request: IncomingMessage, identity: IdentityOptions): Caller | undefined {
  return identity.checkToken ? fromToken(request, identity) : fromRouter(request, identity);
}

function fromRouter(
  { headers }: IncomingMessage,
  { tenants, defaultTenant }: IdentityOptions,
): Caller | undefined {
  const { 'x-badges-actor': actor = '', 'x-badges-tenant': tenantId } = headers;
  // Several headers of one name come joined by commas, and are rejected.
  if (actor.includes(',')) return undefined;
  const tenant = tenants.get((typeof tenantId === 'string' && tenantId) || (defaultTenant ?? ''));
  return tenant && { actor: '', tenant, scopes: ALL_SCOPES };
}

const BEARER = 'Bearer ';
const AUTHORIZATION = 'authorization';

function fromToken(
  { headers: { authorization = '' }, rawHeaders }: IncomingMessage,
  { peekToken, tenants, defaultTenant }: IdentityOptions,
): Caller | undefined {
  if (!authorization.startsWith(BEARER)) return undefined;
  const claims = peekToken?.(authorization.slice(BEARER.length));
  // Of several headers Node shows the first, and the full path rejects them.
  if (!claims || countNames(rawHeaders, AUTHORIZATION) !== 1) return undefined;
  const { actor, scopes } = claims;
  const tenant = tenants.get(claims.tenant ?? defaultTenant ?? '');
  return tenant && { actor, tenant, scopes };
}

/** Names and values take turns. */
function countNames(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const given = rawHeaders[at];
    if (given?.length === name.length && given.toLowerCase() === name) count += 1;
  }
  return count;
}
