/**
 * The head of a request: its caller, and how the full path answers requests with such a head.
 *
 * Promises: lets only such requests onto the fast path whose head the full path would accept: an ordinary POST of JSON
 * by a caller who may read, of a known tenant, with nothing else answered before it on the connection. What the full
 * path rejects by its head is thus rejected before its body arrives. Shows what the full path answers, byte for byte as
 * it hands it to the connection, without changing it; an answer of any other shape than the usual one teaches nothing.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import { type Caller, SCOPES } from '../../badges/context.ts';
import type { Tenant } from '../../badges/tenant.ts';
import { hostOf } from '../../http/hosts.ts';
import { isObject } from '../../http/json.ts';
import type { OperationInfo, RequestEnded } from '../../telemetry/observer.ts';
import { toRequestId } from '../connections.ts';
import type { IdentityOptions } from '../identity/authenticate.ts';
import { JSON_TYPE } from '../request.ts';

export interface Head {
  caller: Caller;
  requestId: string;
  /** Of the body. */
  bytes: number;
  /** The other headers that the full path's answer varies by. */
  varyBy: readonly [type: string, accept: string, host: string];
}

type ReadHead = (request: IncomingMessage, response: ServerResponse) => Head | undefined;

/** Of a body: more than all representations of a request need. */
const MAX_BYTES = 256 * 1024;
/** Of the headers that answers vary by. */
const MAX_CHARACTERS = 1_000;
/** Each of them changes how a body is read or answered. */
const UNUSUAL = ['transfer-encoding', 'content-encoding', 'expect', 'upgrade', 'trailer'];
/** The full path rejects most others before their body arrives. */
const JSON_IN_UTF8 = /^application\/json ?; ?charset=(?:utf-8|"utf-8")$/i;

export function createReadHead(identity: IdentityOptions): ReadHead {
  const isHost = createHostCheck();
  return (request, response) => {
    const { method, url, httpVersion, headers } = request;
    if (method !== 'POST' || url !== '/graphql' || httpVersion !== '1.1') return undefined;
    // Without a socket it waits for the answers to requests before it.
    if (!response.socket || UNUSUAL.some((name) => headers[name] !== undefined)) return undefined;
    const { 'content-length': length = '', 'content-type': type, accept = '', host } = headers;
    const bytes = /^[1-9]\d{0,6}$/.test(length) ? Number(length) : Infinity;
    if (bytes > MAX_BYTES || type === undefined || host === undefined) return undefined;
    if (type.length + accept.length + host.length > MAX_CHARACTERS) return undefined;
    if ((type !== JSON_TYPE && !JSON_IN_UTF8.test(type)) || !isHost(host)) return undefined;
    const caller = findCaller(request, identity);
    if (!caller?.scopes.has('badges:read')) return undefined;
    return { caller, requestId: toRequestId(headers), bytes, varyBy: [type, accept, host] };
  };
}

/** Whether the full path can read the host. Most requests have the same one as the request before. */
function createHostCheck(): (host: string) => boolean {
  let last: string | undefined;
  return (host) => {
    if (host === last) return true;
    if (hostOf(host) === undefined) return false;
    last = host;
    return true;
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

export interface FullAnswer {
  status: number;
  /** In their order, as they were given. */
  headers: Readonly<Record<string, unknown>>;
  text: string;
}

/** Calls back once an answer that is one text is sent; never for others. */
export function tap(response: ServerResponse, then: (answer: FullAnswer) => void): void {
  const writeHead = response.writeHead.bind(response);
  const end = response.end.bind(response);
  let head: Pick<FullAnswer, 'status' | 'headers'> | undefined;

  response.writeHead = (status: number, ...rest: readonly unknown[]) => {
    const [headers] = rest.slice(-1);
    head = { status, headers: isObject(headers) ? headers : {} };
    Reflect.apply(writeHead, response, [status, ...rest]);
    return response;
  };
  response.end = (...args: readonly unknown[]) => {
    const [body] = args;
    Reflect.apply(end, response, args);
    const text = Buffer.isBuffer(body) ? body.toString() : body;
    if (head && typeof text === 'string') then({ ...head, text });
    return response;
  };
}

/** What a fast answer is sent as. */
export interface Ready {
  /** The whole body; each character is a byte of its UTF-8. */
  text: string;
  cacheControl: string;
  contentType: string;
  /** What the limits count of it while it is made is at most this. */
  countedBytes: number;
  /** What it answers, for telemetry. */
  operation: OperationInfo;
  /** The number of its representations or keys. */
  batchSize: number;
  seen: Pick<RequestEnded, 'eachSource'>;
}

/** What answers to heads that are alike are sent as, learned from the full path. */
export interface ContentTypes {
  /** The content type of answers to such heads. Undefined: none was seen yet. */
  find(head: Head): string | undefined;
  /** Notes how it was answered, and returns whether the answer may be kept. Stale answers have `NO_STORE` as control. */
  note(head: Head, answer: FullAnswer, control?: string): boolean;
}

/** All headers of an answer that may be kept, in their order. */
const HEADERS = [
  'cache-control',
  'x-content-type-options',
  'x-request-id',
  'content-type',
  'content-length',
];
/** Of each tenant, so that none displaces what is known for another. */
const MAX_HEADS = 50;

export function createContentTypes(): ContentTypes {
  const ofTenants = new WeakMap<Tenant, LRUCache<string, string>>();
  /** Most heads are like the one before: to compare them takes half of the time of joining and hashing. */
  let last: { varyBy: Head['varyBy']; contentType: string } | undefined;
  return {
    find({ varyBy, caller: { tenant } }) {
      if (last && areSame(last.varyBy, varyBy)) return last.contentType;
      const contentType = ofTenants.get(tenant)?.get(varyBy.join('\n'));
      last = contentType === undefined ? undefined : { varyBy, contentType };
      return contentType;
    },
    note({ varyBy, caller: { tenant } }, answer, control = 'private') {
      const type = answer.headers['content-type'];
      if (!isUsual(answer, control) || typeof type !== 'string') return false;
      const known = ofTenants.get(tenant) ?? new LRUCache<string, string>({ max: MAX_HEADS });
      ofTenants.set(tenant, known.set(varyBy.join('\n'), type));
      last = undefined;
      return true;
    },
  };
}

function areSame(ones: Head['varyBy'], others: Head['varyBy']): boolean {
  return ones[0] === others[0] && ones[1] === others[1] && ones[2] === others[2];
}

/** Errors come first in the body. */
function isUsual({ status, headers, text }: FullAnswer, control: string): boolean {
  const names = Object.keys(headers);
  return (
    status === 200 &&
    names.length === HEADERS.length &&
    names.every((name, at) => name === HEADERS[at]) &&
    headers['x-content-type-options'] === 'nosniff' &&
    text.startsWith('{"data":') &&
    String(headers['cache-control']).startsWith(control)
  );
}
