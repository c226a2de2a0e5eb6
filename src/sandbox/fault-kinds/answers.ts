import type { ServerResponse } from 'node:http';
import { Readable, pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Fault, FaultOf } from '../faults.ts';

/** A whole answer. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | number | string[] | undefined>>;
  body: string | Buffer;
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

export function toAnswer({ status, headers, contentType, body }: FaultOf<'answer'>): Answer {
  const hasContent = status !== 204 && status !== 304;
  return {
    status,
    headers: hasContent ? { ...headers, 'content-type': contentType } : headers,
    body: toText(body),
  };
}

/** Text unchanged, anything else as JSON. */
export function toText(body: unknown): string {
  if (typeof body === 'string') return body;
  return body === undefined ? '' : JSON.stringify(body);
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

/** Stands in for the provider's answer if a write is not to take effect. */
const NO_REAL_ANSWER: Answer = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: '{"message":"This answer is never seen whole"}',
};

/** Whether the fault alters the provider's real answer, and so needs it. */
export function cutsRealAnswer(fault: Fault): boolean {
  if (fault.kind === 'truncate') return fault.body === undefined;
  return fault.kind === 'reset' && fault.at === 'body';
}

/** Announces the whole body, sends half of it, and closes the connection with a FIN. */
export function truncate(
  { body }: FaultOf<'truncate'>,
  response: ServerResponse,
  real: Answer = NO_REAL_ANSWER,
): void {
  const answer = body === undefined ? real : { ...NO_REAL_ANSWER, body: toText(body) };
  sendHalf(answer, response, () => response.socket?.end());
}

/** Resets the connection (RST), before the answer or in the middle of its body. */
export function reset(
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

/** A fault that delays or changes the provider's answer. */
export type Alteration = FaultOf<'delay' | 'headers' | 'records'>;
/** A fault that replaces the provider's answer. */
export type Replacement = Exclude<Fault, Alteration>;

export function isAlteration(fault: Fault): fault is Alteration {
  return fault.kind === 'delay' || fault.kind === 'headers' || fault.kind === 'records';
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
