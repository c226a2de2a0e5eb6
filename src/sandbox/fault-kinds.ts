import type { ServerResponse } from 'node:http';
import { Readable, pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import { z } from 'zod';
import type { Fault, FaultOf, RecordChange } from './faults.ts';

/** A whole answer. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | number | string[] | undefined>>;
  body: string | Buffer;
}

/** A fault that delays or changes the provider's answer. */
export type Alteration = FaultOf<'delay' | 'headers' | 'records'>;

/** A fault that replaces the provider's answer. */
export type Replacement = Exclude<Fault, Alteration>;

export function isAlteration(fault: Fault): fault is Alteration {
  return fault.kind === 'delay' || fault.kind === 'headers' || fault.kind === 'records';
}

/** Whether the fault alters the provider's real answer, and so needs it. */
export function cutsRealAnswer(fault: Fault): boolean {
  if (fault.kind === 'truncate') return fault.body === undefined;
  return fault.kind === 'reset' && fault.at === 'body';
}

/** Sends the fault to the caller. `real` is the provider's own answer, if it is known. */
export async function showFault(
  fault: Replacement,
  response: ServerResponse,
  real?: Answer,
): Promise<void> {
  switch (fault.kind) {
    case 'answer':
      return sendAnswer(toAnswer(fault), response);
    case 'hang':
      return;
    case 'drip':
      return drip(fault, response);
    case 'reset':
      return reset(fault, response, real);
    case 'truncate':
      return truncate(fault, response, real);
    case 'huge':
      return sendHuge(fault.bytes, response);
    case 'bomb':
      return sendBomb(fault.megabytes, response);
    case 'deep':
      return sendDeep(fault.levels, response);
  }
}

function sendAnswer(answer: Answer, response: ServerResponse): void {
  setHead(answer, response);
  response.end(answer.body);
}

/** Sends nothing yet. */
function setHead({ status, headers }: Answer, response: ServerResponse): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) response.setHeader(name, value);
  }
}

function toAnswer({ status, headers, contentType, body }: FaultOf<'answer'>): Answer {
  const hasContent = status !== 204 && status !== 304;
  return {
    status,
    headers: hasContent ? { ...headers, 'content-type': contentType } : headers,
    body: toText(body),
  };
}

/** Text unchanged, anything else as JSON. */
function toText(body: unknown): string {
  if (typeof body === 'string') return body;
  return body === undefined ? '' : JSON.stringify(body);
}

/** Sends single bytes for ever: an endless header, or blanks before the JSON. */
export function drip(fault: FaultOf<'drip'>, response: ServerResponse): void {
  switch (fault.part) {
    case 'headers':
      response.socket?.write('HTTP/1.1 200 OK\r\nx-drip: ');
      return writeEvery(response, fault.everyMs, () => response.socket?.write('.'));
    case 'body':
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      return writeEvery(response, fault.everyMs, () => response.write(' '));
  }
}

/** Stands in for the provider's answer if a write is not to take effect. */
const NO_REAL_ANSWER: Answer = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: '{"message":"This answer is never seen whole"}',
};

/** Announces the whole body, sends half of it, and closes the connection with a FIN. */
function truncate(
  { body }: FaultOf<'truncate'>,
  response: ServerResponse,
  real: Answer = NO_REAL_ANSWER,
): void {
  const answer = body === undefined ? real : { ...NO_REAL_ANSWER, body: toText(body) };
  sendHalf(answer, response, () => response.socket?.end());
}

/** Resets the connection (RST), before the answer or in the middle of its body. */
function reset(
  { at }: FaultOf<'reset'>,
  response: ServerResponse,
  real: Answer = NO_REAL_ANSWER,
): void {
  const cut = (): void => void response.socket?.resetAndDestroy();
  switch (at) {
    case 'start':
      return cut();
    case 'body':
      return sendHalf(real, response, cut);
  }
}

function sendHalf(answer: Answer, response: ServerResponse, then: () => void): void {
  const body = Buffer.from(answer.body);
  // A body of less than two bytes has no middle.
  const length = Math.max(2, body.length);
  setHead(answer, response);
  response.setHeader('content-length', length);
  response.write(body.subarray(0, length / 2), then);
}

const JSON_TYPE = { 'content-type': 'application/json' };
const MEBIBYTE = 2 ** 20;
const CHUNK = 2 ** 16;

/** Streams JSON of exactly this many bytes, without a `content-length`. */
function sendHuge(bytes: number, response: ServerResponse): void {
  response.writeHead(200, JSON_TYPE);
  pipeline(Readable.from(huge(bytes)), response, () => undefined);
}

function* huge(bytes: number): Generator<string> {
  yield '["';
  for (let left = bytes - 4; left > 0; left -= CHUNK) yield 'x'.repeat(Math.min(left, CHUNK));
  yield '"]';
}

function sendDeep(levels: number, response: ServerResponse): void {
  const body = '['.repeat(levels) + ']'.repeat(levels);
  sendAnswer({ status: 200, headers: JSON_TYPE, body }, response);
}

/** Sends gzip, whether it was requested or not. */
async function sendBomb(megabytes: number, response: ServerResponse): Promise<void> {
  const body = await bombOf(megabytes);
  sendAnswer(
    { status: 200, headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body },
    response,
  );
}

/** The last one is kept, because making it takes a second. */
let last: { megabytes: number; body: Promise<Buffer> } | undefined;

function bombOf(megabytes: number): Promise<Buffer> {
  if (last?.megabytes !== megabytes) last = { megabytes, body: compress(blanks(megabytes)) };
  return last.body;
}

/** An empty JSON array with very many blanks. */
function* blanks(megabytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(MEBIBYTE, ' ');
  yield Buffer.from('[');
  for (let count = 1; count < megabytes; count += 1) yield chunk;
  yield chunk.subarray(2);
  yield Buffer.from(']');
}

async function compress(chunks: Iterable<Buffer>): Promise<Buffer> {
  const gzip = pipeline(Readable.from(chunks), createGzip(), () => undefined);
  const compressed: Buffer[] = [];
  for await (const chunk of gzip as AsyncIterable<Buffer>) compressed.push(chunk);
  return Buffer.concat(compressed);
}

/** Writes at intervals, as long as the connection is open. */
export function writeEvery(response: ServerResponse, ms: number, write: () => void): void {
  const { socket } = response;
  if (!socket || socket.destroyed) return;
  const timer = setInterval(() => {
    if (socket.writable) write();
  }, ms).unref();
  socket.once('close', () => clearInterval(timer));
}

/** Resolves after this time, or never if the connection is closed by then. */
export function waitConnected(response: ServerResponse, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const { socket } = response;
    if (!socket || socket.destroyed) return;
    const timer = setTimeout(() => {
      socket.off('close', stop);
      resolve();
    }, ms).unref();
    const stop = (): void => clearTimeout(timer);
    socket.once('close', stop);
  });
}

/** A badge on the wire. */
type WireBadge = Readonly<Record<string, unknown>>;
type Edit<T> = (before: T) => T;

/** Where the answers of a provider contain badges, and the names of their fields. */
export interface BadgesInAnswers {
  fields: {
    id: string;
    name: string;
    /** Absent if its badges do not name their owner. */
    creator?: string;
  };
  /** By operation. Other operations answer without badges. */
  places: Readonly<Record<string, Place>>;
  /** Changes the content of the envelope only. */
  editPayload: (answer: unknown, edit: Edit<unknown>) => unknown;
}

/** A place for badges inside a payload. */
export interface Place {
  isList: boolean;
  edit: (payload: unknown, edit: Edit<readonly WireBadge[]>) => unknown;
}

const wireBadge = z.record(z.string(), z.unknown());

/** The payload is a list of badges. */
export const badgeList: Place = {
  isList: true,
  edit: (payload, edit) => edit(z.array(wireBadge).parse(payload)),
};

/** The payload is one badge. */
export const oneBadge: Place = {
  isList: false,
  edit: (payload, edit) => edit([wireBadge.parse(payload)])[0],
};

type Fields = BadgesInAnswers['fields'];
type Change = (badges: readonly WireBadge[], fields: Fields) => WireBadge[];

const CHANGES: Readonly<Record<RecordChange, Change>> = {
  'one-malformed': ([first, ...rest], { name }) =>
    first ? [{ ...first, [name]: 7 }, ...rest] : [],
  'no-ids': (badges, { id }) => badges.map((badge) => without(badge, id)),
  'no-names': (badges, { name }) => badges.map((badge) => without(badge, name)),
  'extra-fields': (badges) =>
    badges.map((badge) => ({ ...badge, rarity: 'gold', tiers: [{ level: 1 }] })),
  duplicates: (badges) => [...badges, ...badges.slice(0, 1)],
  'differing-duplicates': (badges, { name }) => [
    ...badges,
    ...badges
      .slice(0, 1)
      .map((badge) => ({ ...badge, [name]: `${String(badge[name])} (another)` })),
  ],
  'other-creator': (badges, { creator }) =>
    creator === undefined ? [...badges] : badges.map((badge) => withAnother(badge, creator)),
  'other-id': (badges, { id }) => badges.map((badge) => withAnother(badge, id)),
  // `withTotal` says the rest.
  part: (badges) => badges.slice(0, 1),
};

/** Why an operation cannot show a change; undefined if it can. `*` shows it wherever possible. */
export function recordsProblem(
  operation: string,
  change: RecordChange,
  { fields, places }: BadgesInAnswers,
): string | undefined {
  if (change === 'other-creator' && fields.creator === undefined) {
    return 'other-creator is not possible here: the badges of this provider do not name a creator';
  }
  if (operation === '*') return undefined;
  const place = places[operation];
  if (!place) {
    return `The answer of ${operation} holds no badges; there are ${Object.keys(places).join(', ')}`;
  }
  const needsList = ['duplicates', 'differing-duplicates', 'part'].includes(change);
  if (needsList && !place.isList) return `${operation} answers with one badge: no ${change}`;
  return undefined;
}

/** Changes the badges in the JSON text of an answer. Text without badges is not changed. */
export function changeRecords(
  text: string,
  options: { operation: string; change: RecordChange; badges: BadgesInAnswers },
): string {
  const { fields, places, editPayload } = options.badges;
  const place = places[options.operation];
  if (!place) return text;
  const change = CHANGES[options.change];
  const answer = editPayload(JSON.parse(text), (payload) => {
    const changed = place.edit(payload, (badges) => change(badges, fields));
    return options.change === 'part' && place.isList ? withTotal(changed, payload) : changed;
  });
  return JSON.stringify(answer);
}

/** Adds a total to a list. A nested or an empty list has none. */
function withTotal(part: unknown, whole: unknown): unknown {
  const isList = Array.isArray(whole) && whole.length > 0;
  return isList ? { badges: part, total: whole.length } : part;
}

function without(badge: WireBadge, field: string): WireBadge {
  const { [field]: _, ...rest } = badge;
  return rest;
}

/** Another id of the same alphabet and length. */
function withAnother(badge: WireBadge, field: string): WireBadge {
  const id = String(badge[field]);
  return { ...badge, [field]: (id.startsWith('f') ? 'e' : 'f') + id.slice(1) };
}
