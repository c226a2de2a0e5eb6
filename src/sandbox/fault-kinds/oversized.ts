import { Readable, pipeline } from 'node:stream';
import type { ServerResponse } from 'node:http';
import { createGzip } from 'node:zlib';
import { sendAnswer } from './answer.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const MEBIBYTE = 2 ** 20;
const CHUNK = 2 ** 16;

/** Streams JSON of exactly that many bytes, whose length no header tells. */
export function sendHuge(bytes: number, response: ServerResponse): void {
  response.writeHead(200, JSON_TYPE);
  pipeline(Readable.from(huge(bytes)), response, () => undefined);
}

function* huge(bytes: number): Generator<string> {
  yield '["';
  for (let left = bytes - 4; left > 0; left -= CHUNK) yield 'x'.repeat(Math.min(left, CHUNK));
  yield '"]';
}

export function sendDeep(levels: number, response: ServerResponse): void {
  const body = '['.repeat(levels) + ']'.repeat(levels);
  sendAnswer({ status: 200, headers: JSON_TYPE, body }, response);
}

/** Sends gzip whether or not it was asked for. */
export async function sendBomb(megabytes: number, response: ServerResponse): Promise<void> {
  const body = await bombOf(megabytes);
  sendAnswer(
    { status: 200, headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body },
    response,
  );
}

/** The last one made: it takes a second, and is asked for again and again. */
let last: { megabytes: number; body: Promise<Buffer> } | undefined;

function bombOf(megabytes: number): Promise<Buffer> {
  if (last?.megabytes !== megabytes) last = { megabytes, body: compress(blanks(megabytes)) };
  return last.body;
}

/** An empty JSON array with a great many blanks in it. */
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
