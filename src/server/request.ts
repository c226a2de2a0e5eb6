import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { type GraphQLRequest, type HTTPGraphQLRequest, HeaderMap } from '@apollo/server';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Kind, type OperationDefinitionNode } from 'graphql';
import type { BadgesContext } from '../badges/context.ts';
import { isObject } from '../http/json.ts';
import { Chunks } from '../http/response.ts';
import type { OperationInfo, RequestEnded } from '../telemetry/observer.ts';
import { type BudgetShare, type ByteBudget, RETRY_AFTER_MS } from './answers/answer-budget.ts';
import { arrivalOf } from './connections.ts';
import { RejectedRequest, badRequest } from './errors.ts';
import { InexactNumber, isExact } from './limits/exact-numbers.ts';
import { BODY_CAPS, MAX_REQUEST_BYTES, OVERLOADED, showCap } from './limits/limits.ts';

/** Rejects a request by its head, before its body is read, if it could not be read as it is meant. */
export function checkRequestHead(request: FastifyRequest): void {
  checkTarget(request);
  checkBodyHeaders(request);
}

function checkTarget({ method, url, protocol, hostname }: FastifyRequest): void {
  if (!URL.canParse(url, `${protocol}://${hostname}/`)) {
    throw badRequest('The path or the host header of the request is malformed.');
  }
  const [, query = ''] = url.split(/\?(.*)/s, 2);
  if (!isDecodable(query)) throw badRequest('The query of the URL must be percent-encoded UTF-8.');
  if (method === 'GET') checkVariables(query);
}

function isDecodable(query: string): boolean {
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
}

/** Throws for forbidden names. Apollo Server reports invalid JSON itself. */
function checkVariables(query: string): void {
  const json = new URLSearchParams(query).get('variables');
  try {
    if (json !== null) parseExactly(json);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}

export const JSON_TYPE = 'application/json';

function checkBodyHeaders({ headers }: FastifyRequest): void {
  const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = headers;
  if (headers['content-encoding'] === undefined && type === JSON_TYPE) return;
  if (!/^(identity)?$/i.test(encoding)) {
    throw badRequest('The body must not be compressed.', {
      status: 415,
      headers: { 'accept-encoding': 'identity' },
    });
  }
  const charsets = [...type.matchAll(/;\s*charset\s*=\s*("?)([^";\s]*)\1/gi)];
  if (!charsets.every(([, , charset = '']) => /^utf-?8$/i.test(charset))) {
    throw badRequest('The body must be UTF-8, but its content type names a different charset.', {
      status: 415,
    });
  }
}

/** Those that Apollo Server looks at. */
const HEADERS = ['accept', 'content-type', 'x-apollo-operation-name', 'apollo-require-preflight'];
/** They lead to the same content type as no header at all, which takes less time. */
const ACCEPT_JSON = ['application/json', '*/*'];

export function toGraphQLRequest(request: FastifyRequest): HTTPGraphQLRequest {
  const { method, body, url, protocol, hostname } = request;
  const headers = new HeaderMap();
  for (const name of HEADERS) {
    const value = request.headers[name];
    const text = Array.isArray(value) ? value.join(', ') : value;
    if (text && !(name === 'accept' && ACCEPT_JSON.includes(text))) headers.set(name, text);
  }
  const search = method === 'GET' ? new URL(url, `${protocol}://${hostname}/`).search : '';
  return { method, headers, body, search };
}

/** An operation as the body of a request has it. */
export interface PlainRequest {
  query: string;
  operationName: string | undefined;
  variables: Record<string, unknown>;
}

/** Undefined for a request with anything else that changes how it is read or answered. */
export function readPlainRequest(request: FastifyRequest): PlainRequest | undefined {
  const { method, body, headers } = request;
  const { accept = '' } = headers;
  const isJson = accept === '' || ACCEPT_JSON.includes(accept);
  if (method !== 'POST' || !isJson || !isObject(body)) return undefined;
  const { query, operationName, variables, extensions } = body;
  const isPlain =
    typeof query === 'string' &&
    (operationName == null || typeof operationName === 'string') &&
    (variables == null || isObject(variables)) &&
    extensions == null;
  if (!isPlain) return undefined;
  return { query, operationName: operationName || undefined, variables: variables ?? {} };
}

const MAX_NAME_CHARACTERS = 100;
/** A secret that is used as a name by mistake would have more digits. */
const PLAIN_NAME = /^\D*(?:\d\D*){0,3}$/;
const SEVERAL = 'several';
const described = new WeakMap<OperationDefinitionNode, OperationInfo>();

/** What a valid operation asks, as telemetry tells it. */
export function describeOperation(operation: OperationDefinitionNode): OperationInfo {
  const known = described.get(operation);
  if (known) return known;
  const [first, ...others] = operation.selectionSet.selections;
  const name = operation.name?.value.slice(0, MAX_NAME_CHARACTERS);
  const info = {
    kind: operation.operation,
    name: name !== undefined && PLAIN_NAME.test(name) ? name : undefined,
    rootField: first?.kind === Kind.FIELD && others.length === 0 ? first.name.value : SEVERAL,
  };
  described.set(operation, info);
  return info;
}

/** The code of a request that is answered with an error before it can be told which operation it has. */
const UNREAD = ['BAD_REQUEST'];

/** What is told of a request that the framework has answered with this status. */
export function toRequestEnded(
  request: IncomingMessage,
  context: BadgesContext,
  status: number,
): RequestEnded {
  const { course, requestId, caller, tenant, used } = context;
  const { answered, writes } = course;
  const { operation, errors = [], hasData = false } = answered ?? {};
  const codes = new Set(errors.map(({ extensions }) => String(extensions?.code)));
  return {
    requestId,
    operation: operation && describeOperation(operation),
    tenant: tenant.id,
    status,
    codes: answered || status < 400 ? [...codes] : UNREAD,
    isExecuted: hasData,
    durationMs: performance.now() - arrivalOf(request),
    batchSize: used.batchSize,
    isFast: false,
    writes,
    caller: () => caller.actor,
    eachSource: (tell) => context.eachSource(tell),
  };
}

/** Corrects what Apollo Server reads differently: an empty operation name, and the variables of a GET request. */
export function correctRequest(request: GraphQLRequest): void {
  // Clients without an operation name may send "".
  if (request.operationName === '') delete request.operationName;
  if (request.http?.method === 'GET') readVariables(request, request.http.search);
}

/** The variables of a GET request are in its URL. Their numbers must be exact too. */
function readVariables(request: GraphQLRequest, search: string): void {
  const json = new URLSearchParams(search).get('variables');
  if (json === null || !request.variables) return;
  const variables = parseExactly(json);
  if (isObject(variables)) request.variables = variables;
}

/**
 * Lets Fastify parse JSON bodies in turns, since a MiB of empty lists takes 80 ms. The work that follows without
 * waiting belongs to the same turn: parsing, validating and often answering the operation.
 */
export function readJsonInTurns(
  app: FastifyInstance,
  { queue, bodies, tenantOf }: TurnOptions,
): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(JSON_TYPE, (request, payload, done) => {
    const tenant = tenantOf(request);
    const share = bodies.open(tenant);
    collectBody(payload, share, async (collected) => {
      if (collected instanceof Error) {
        share.release();
        return done(collected);
      }
      // A promise that has waited is an old object by now: as its value, the body would be kept until those are collected.
      await queue.take(tenant);
      share.release();
      const body = readBody(collected);
      if (body instanceof Error) done(body);
      else done(null, body);
    });
  });
}

interface TurnOptions {
  queue: FairQueue;
  /** Of all bodies that are arriving or waiting. */
  bodies: ByteBudget;
  tenantOf: (request: FastifyRequest) => string;
}

/** Calls back with all bytes of a body, or with why they did not arrive. What follows too many of them is dropped. */
function collectBody(
  request: IncomingMessage,
  share: Pick<BudgetShare, 'take'>,
  then: (collected: Buffer | Error) => unknown,
): void {
  const pieces = new Chunks();
  let bytes = 0;
  let arrived = 0;

  function onData(piece: Buffer): void {
    bytes += piece.length;
    arrived += 1;
    if (bytes > MAX_REQUEST_BYTES) return end(tooLarge(MUST_HAVE));
    if (arrived > BODY_CAPS.pieces) return end(tooLarge(MUST_ARRIVE));
    if (!share.take(piece.length)) return end(tooManyBodies());
    pieces.add(piece);
  }
  const onEnd = (): void => end(pieces.whole());
  const onCut = (): void => end(badRequest('The body of the request was cut off.'));
  function end(collected: Buffer | Error): void {
    request.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
    pieces.clear();
    then(collected);
  }

  if (Number(request.headers['content-length']) > MAX_REQUEST_BYTES)
    return void then(tooLarge(MUST_HAVE));
  request.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut).resume();
}

const MUST_HAVE = `have at most ${showCap(MAX_REQUEST_BYTES)} bytes`;
const MUST_ARRIVE = `arrive in at most ${showCap(BODY_CAPS.pieces)} pieces`;

function tooLarge(rule: string): RejectedRequest {
  return new RejectedRequest(`A request must ${rule}.`, { status: 413, code: 'LIMIT_EXCEEDED' });
}

/** The request itself is acceptable: it succeeds once others were read. */
function tooManyBodies(): RejectedRequest {
  return new RejectedRequest(
    'Too many request bytes for this tenant are waiting. Retry this request later.',
    {
      status: 503,
      code: OVERLOADED,
      headers: { 'retry-after': String(RETRY_AFTER_MS / 1_000) },
      retryAfterMs: RETRY_AFTER_MS,
    },
  );
}

/** The same as an error if it cannot be read. */
function readBody(bytes: Buffer): unknown {
  try {
    return requireWholeQuery(parseBody(bytes));
  } catch (error) {
    return error;
  }
}

/** Documents are cached by the hash of their UTF-8, which replaces every unpaired surrogate by the same character. */
function requireWholeQuery(body: unknown): unknown {
  const query = isObject(body) ? body.query : undefined;
  if (typeof query !== 'string' || query.isWellFormed()) return body;
  throw badRequest(
    'The query must be valid Unicode text, but it contains half of a surrogate pair.',
  );
}

/** Parses the body of a request, in which inexact numbers become `InexactNumber`. Throws a `RejectedRequest`. */
export function parseBody(bytes: Buffer): unknown {
  // Decoding would replace invalid bytes, and the replacement could be written to a provider.
  if (!isUtf8(bytes)) throw badRequest('The body must be valid UTF-8.');
  const json = withoutByteOrderMark(bytes.toString('utf8'));
  const { signs } = BODY_CAPS;
  if (json.length > signs && countSigns(json, signs) > signs) {
    const message = `The JSON of a request must have at most ${showCap(signs)} commas and brackets.`;
    throw new RejectedRequest(message, { status: 400, code: 'LIMIT_EXCEEDED' });
  }
  try {
    return parseExactly(json);
  } catch (error) {
    if (error instanceof RejectedRequest) throw error;
    throw badRequest('The body must be valid JSON.');
  }
}

function withoutByteOrderMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

const [QUOTE, BACKSLASH] = ['"', '\\'].map((sign) => sign.charCodeAt(0));
const [COMMA, LIST, OBJECT] = [',', '[', '{'].map((sign) => sign.charCodeAt(0));

/** Counts commas and opening brackets outside the strings of a JSON text. Stops beyond the limit. */
export function countSigns(json: string, limit: number): number {
  let signs = 0;
  let isInString = false;
  for (let at = 0; at < json.length && signs <= limit; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) isInString = !isInString;
    else if (isInString) at += code === BACKSLASH ? 1 : 0;
    else if (code === COMMA || code === LIST || code === OBJECT) signs += 1;
  }
  return signs;
}

/** Matches JSON that may contain an inexact number or a forbidden name, which may be spelled with escapes. */
const NEEDS_REVIVER = /[[:,\s]-?(?:\d[\d.]{15}|[\d.]+[eE])|__proto__|constructor|\\u00/;

/** Throws a `SyntaxError`, or a `RejectedRequest` for a name that could change the prototype of objects. */
function parseExactly(json: string): unknown {
  return JSON.parse(json, NEEDS_REVIVER.test(json) ? revive : undefined) as unknown;
}

function revive(name: string, value: unknown, context?: { source?: string }): unknown {
  if (name === '__proto__') {
    throw badRequest('The JSON of a request must not contain the key "__proto__".');
  }
  if (name === 'constructor' && hasPrototype(value)) {
    throw badRequest(
      'The JSON of a request must not contain the key "prototype" under "constructor".',
    );
  }
  if (typeof value !== 'number') return value;
  const source = context?.source ?? String(value);
  return isExact(source) ? value : new InexactNumber(source);
}

function hasPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}

/** A health check connects in one round of the event loop, and is read and answered in the next. */
const FREE_ROUNDS = 2;
/** Work that begins within this many milliseconds of a round delays no health check noticeably. */
const BUDGET_MS = 5;

/** Undefined while the round in which a request proceeded is not over. Otherwise resolves when it may proceed again. */
export type NextTurn = () => Promise<void> | undefined;

export interface FairQueue {
  /** Resolves when a request of this tenant may proceed. */
  take: (tenant: string) => Promise<void>;
  /**
   * For a request that has proceeded and now waits for something else. All requests that wait for the same thing would
   * otherwise proceed at once when it arrives.
   */
  afterWaits: (tenant: string) => NextTurn;
  /** Takes time of this round, in milliseconds, out of account that something with a limit of its own has spent. */
  leaveOut: (ms: number) => void;
}

/** What waits, oldest first for each tenant. Tenants alternate, so that none waits for all that another one has. */
export interface Waiting<T> {
  add(tenant: string, item: T): void;
  /** Takes the oldest of the next tenant. Undefined if nothing waits. */
  next(): T | undefined;
  isEmpty(): boolean;
}

export function createWaiting<T>(): Waiting<T> {
  const ofTenants = new Map<string, T[]>();
  return {
    add(tenant, item) {
      const earlier = ofTenants.get(tenant);
      if (earlier) earlier.push(item);
      else ofTenants.set(tenant, [item]);
    },
    next() {
      for (const [tenant, items] of ofTenants) {
        ofTenants.delete(tenant);
        const next = items.shift();
        if (items.length > 0) ofTenants.set(tenant, items);
        return next;
      }
      return undefined;
    },
    isEmpty: () => ofTenants.size === 0,
  };
}

/**
 * Lets simultaneous requests proceed while a round of the event loop is short, and afterwards one at a time, with free
 * rounds after each that took long. Without it, requests that arrive together would all be answered in one round, and
 * health checks would time out. Waiting tenants alternate, one request each.
 */
export function createFairQueue(now: () => number = () => performance.now()): FairQueue {
  const waiting = createWaiting<() => void>();
  /** When the first request of this round proceeded. Undefined if none has. */
  let begunAt: number | undefined;
  let round = 0;

  function begin(next: () => void): void {
    begunAt = now();
    next();
    setImmediate(endRound);
  }
  function endRound(): void {
    round += 1;
    if (isWithinBudget()) proceed();
    else afterRounds(FREE_ROUNDS);
  }
  function afterRounds(rounds: number): void {
    if (rounds === 0) proceed();
    else setImmediate(() => afterRounds(rounds - 1));
  }
  function proceed(): void {
    begunAt = undefined;
    const next = waiting.next();
    if (next) begin(next);
  }
  function isWithinBudget(): boolean {
    return begunAt !== undefined && now() - begunAt < BUDGET_MS;
  }
  function afterWaits(tenant: string): NextTurn {
    let ofRound = round;
    let next: Promise<void> | undefined;
    return () => {
      if (next || ofRound === round) return next;
      const taken = new Promise<void>((resolve) => {
        if (begunAt === undefined) begin(resolve);
        else waiting.add(tenant, resolve);
      });
      next = taken.then(() => {
        ofRound = round;
        next = undefined;
      });
      return next;
    };
  }
  return {
    take: (tenant) =>
      new Promise((resolve) => {
        if (begunAt === undefined) begin(resolve);
        else if (waiting.isEmpty() && isWithinBudget()) resolve();
        else waiting.add(tenant, resolve);
      }),
    afterWaits,
    leaveOut(ms) {
      // No more than has passed: a round is never given time in advance.
      if (begunAt !== undefined) begunAt = Math.min(begunAt + ms, now());
    },
  };
}
