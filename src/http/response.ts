import { promisify, types } from 'node:util';
import { crc32, createInflateRaw, gunzip as gunzipThen } from 'node:zlib';
import { JsonError, MAX_DEPTH, MAX_CONTAINERS, createSlices, parseJsonInSlices } from './json.ts';
import { ProviderError, type RetryAfter, badResponse } from './provider-error.ts';

/** An answer without its body. */
export interface AnswerHead {
  readonly status: number;
  /** By lower-case name. A repeated header has several values. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Every value of a header, in order; empty if it is missing. */
export function headerValues({ headers }: Pick<AnswerHead, 'headers'>, name: string): string[] {
  const value = headers[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : [...value];
}

/** How long ago a cache on the way got this answer, from `Age`, milliseconds. 0: it comes from the provider itself. */
export function ageOf(head: Pick<AnswerHead, 'headers'>): number {
  const seconds = headerValues(head, 'age').flatMap((value) => value.split(','));
  const ages = seconds.map((text) => text.trim()).filter((text) => /^\d+$/.test(text));
  return Math.max(0, ...ages.map((age) => Math.min(Number(age), MAX_AGE_SECONDS))) * 1_000;
}

/** The greatest `Age` that RFC 9111 lets caches send. */
const MAX_AGE_SECONDS = 2 ** 31;

/** How long to wait after a provider has answered that its rate limit is reached, milliseconds. */
export interface RetryAfterBounds {
  /** Nothing is repeated after a longer wait. */
  maxMs: number;
  /** Used if the answer asks for no wait, or for a longer one. */
  defaultMs: number;
}

/** For a provider that states no window. Windows are rarely longer than a minute. */
const WITHOUT_WINDOW: RetryAfterBounds = { maxMs: 60_000, defaultMs: 10_000 };

/** Waiting for a whole window is always enough. Undefined: the provider states none. */
export function toRetryAfterBounds(windowMs: number | undefined): RetryAfterBounds {
  return windowMs === undefined ? WITHOUT_WINDOW : { maxMs: windowMs, defaultMs: windowMs };
}

/** A date is compared with the answer's own `Date`, because clocks differ. */
export function toRetryAfter(
  head: Pick<AnswerHead, 'headers'>,
  { maxMs, defaultMs }: RetryAfterBounds,
): RetryAfter {
  const ms = readWaitMs(headerValues(head, 'retry-after'), headerValues(head, 'date'));
  if (ms === undefined) return { asks: 'nothing', retryAfterMs: defaultMs };
  if (ms > maxMs) return { asks: 'quiet', retryAfterMs: defaultMs };
  return { asks: 'wait', retryAfterMs: ms };
}

/** Undefined: no wait is asked for. Infinity: one is, and its length is unknown. */
function readWaitMs(retryAfter: readonly string[], ownDate: readonly string[]): number | undefined {
  const [text = '', ...others] = new Set(retryAfter);
  if (others.length > 0) return Infinity;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  // Such as "1.5", or "5, 5" of a proxy that joined two headers.
  if (/^\d/.test(text)) return Infinity;
  const time = toTime(text);
  if (Number.isNaN(time)) return undefined;
  const [date = '', ...otherDates] = new Set(ownDate);
  const ms = otherDates.length > 0 ? NaN : time - toTime(date);
  if (Number.isNaN(ms)) return Infinity;
  return ms < 0 ? undefined : ms;
}

/** The oldest form of an HTTP date names no zone, and `Date.parse` would take it for local time. */
const WITHOUT_ZONE = /^\w+ \w+ +\d+ [\d:]+ \d+$/;

/** NaN: this is not an HTTP date. `Date.parse` also takes other texts, such as "1.5". */
function toTime(text: string): number {
  if (!/^[A-Z][a-z]+,? /.test(text)) return NaN;
  return Date.parse(WITHOUT_ZONE.test(text) ? `${text} GMT` : text);
}

const gunzip = promisify(gunzipThen);

const GZIP_MAGIC = 0x1f8b;
const DEFLATE = 8;
const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
const [HAS_HEADER_CRC, HAS_EXTRA, HAS_NAME, HAS_COMMENT] = [2, 4, 8, 16];

/**
 * The content of gzip that is followed by something else, such as a line break. RFC 1952 lets a reader ignore that;
 * Node rejects it. Undefined unless the first member is complete, has a valid checksum and is at most `maxBytes` long.
 */
async function firstMember(body: Buffer, maxBytes: number): Promise<Buffer | undefined> {
  const begin = endOfHeader(body);
  if (begin === undefined) return undefined;
  const inflater = createInflateRaw();
  inflater.end(body.subarray(begin));
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of inflater as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) return undefined;
      chunks.push(chunk);
    }
  } catch {
    // It is broken in another way.
    return undefined;
  }
  const content = Buffer.concat(chunks);
  const end = begin + inflater.bytesWritten;
  const trailer = body.subarray(end, end + TRAILER_BYTES);
  const isWhole =
    trailer.length === TRAILER_BYTES &&
    trailer.readUInt32LE(0) === crc32(content) &&
    trailer.readUInt32LE(4) === content.length;
  return isWhole ? content : undefined;
}

/** Undefined: it is not gzip. */
function endOfHeader(body: Buffer): number | undefined {
  const isGzip =
    body.length >= HEADER_BYTES && body.readUInt16BE(0) === GZIP_MAGIC && body[2] === DEFLATE;
  if (!isGzip) return undefined;
  const flags = body[3] ?? 0;
  let at = HEADER_BYTES;
  if (flags & HAS_EXTRA) at += 2 + (body[at] ?? 0) + 256 * (body[at + 1] ?? 0);
  for (const text of [HAS_NAME, HAS_COMMENT]) {
    if (!(flags & text)) continue;
    const end = body.indexOf(0, at);
    if (end === -1) return undefined;
    at = end + 1;
  }
  return flags & HAS_HEADER_CRC ? at + 2 : at;
}

/** A chunk may be a byte, and takes up to half a KB until it is joined with others. */
const JOINED_AT_ONCE = 1_000;

/** The bytes of a body as they arrive. */
export class Chunks {
  readonly #chunks: Buffer[] = [];
  /** How many of them, from the first on, were made by joining others. */
  #joined = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    if (this.#chunks.length - this.#joined < JOINED_AT_ONCE) return;
    this.#joined = this.#chunks.push(Buffer.concat(this.#chunks.splice(this.#joined)));
  }

  whole(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#joined = 0;
  }
}

/** Limits the memory of one answer, encoded and decoded, unless its reader sets a lower limit. */
export const MAX_BODY_BYTES = 5 * 1024 * 1024;

/** How a body is encoded. Some proxies repeat the header; it still means one encoding. */
export function encodingOf(head: Pick<AnswerHead, 'headers'>): 'identity' | 'gzip' | 'other' {
  const encodings = headerValues(head, 'content-encoding')
    .flatMap((value) => value.split(','))
    .map((value) => value.trim().toLowerCase())
    .filter((value) => value !== '' && value !== 'identity');
  if (encodings.length === 0) return 'identity';
  return encodings.every((value) => value === 'gzip' || value === 'x-gzip') ? 'gzip' : 'other';
}

/** The bytes of a body without its encoding. Throws if these are more than `maxBytes`. */
export async function decodeBody(
  encoded: Buffer,
  head: Pick<AnswerHead, 'headers'>,
  maxBytes: number,
): Promise<Buffer> {
  const isGzip = encodingOf(head) === 'gzip' && encoded.length > 0;
  return isGzip ? gunzipWithin(encoded, maxBytes) : encoded;
}

async function gunzipWithin(encoded: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await gunzip(encoded, { maxOutputLength: maxBytes });
  } catch (error) {
    const code = types.isNativeError(error) && 'code' in error ? String(error.code) : '';
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    const content = code.startsWith('Z_') ? await firstMember(encoded, maxBytes) : undefined;
    if (content) return content;
    throw error;
  }
}

export function tooLarge(maxBytes: number): ProviderError {
  return badResponse(`returned more than ${maxBytes} bytes`);
}

/**
 * The JSON of a body, parsed in slices. Anything but UTF-8 is rejected, because replacement characters would be written
 * back to the provider. Escaped lone surrogates are replaced: a client cannot read an answer that contains one.
 */
export async function readJson(body: Buffer, head: Pick<AnswerHead, 'headers'>): Promise<unknown> {
  checkMediaType(head);
  const slices = createSlices();
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    await slices.spend(body.length);
    const json = await parseJsonInSlices(text, slices);
    await slices.spend(body.length);
    return json;
  } catch (error) {
    throw toRefusal(error);
  }
}

function toRefusal(error: unknown): ProviderError {
  const kind = error instanceof JsonError ? error.kind : 'malformed';
  if (kind === 'deep') return badResponse(`returned JSON with more than ${MAX_DEPTH} levels`);
  if (kind === 'many')
    return badResponse(
      `returned JSON with more than ${MAX_CONTAINERS.toLocaleString('en')} lists and objects`,
    );
  // The decoder's own error adds nothing.
  return noJson('returned malformed JSON', new SyntaxError('malformed JSON'));
}

const JSON_TYPE = /^(application|text)\/([\w.+-]+\+|x-)?json$/i;
/** ASCII is a part of UTF-8. */
const UTF_8 = /^(unicode-1-1-)?(utf-?8|utf_8|us-ascii|ascii|ansi_x3\.4-1968|iso646-us)$/i;

/**
 * Throws unless the answer may be JSON in UTF-8. Without a media type the parser decides; of several media types, one
 * must be JSON. No charset other than UTF-8 is accepted.
 */
function checkMediaType(head: Pick<AnswerHead, 'headers'>): void {
  const claims = headerValues(head, 'content-type').flatMap(toMediaTypes);
  const isJson = claims.length === 0 || claims.some(({ type }) => JSON_TYPE.test(type));
  if (!isJson) throw noJson('returned something other than JSON');
  const isUtf8 = claims.every(({ charset }) => charset === '' || UTF_8.test(charset));
  if (!isUtf8) throw noJson('returned a body that is not UTF-8');
}

/** A proxy may join several headers with commas. */
function toMediaTypes(value: string): { type: string; charset: string }[] {
  return value
    .split(',')
    .map((claim) => claim.trim())
    .filter((claim) => claim !== '')
    .map((claim) => {
      const [type = '', ...parameters] = claim.split(';').map((part) => part.trim());
      const charsets = parameters.flatMap((text) => /^charset\s*=\s*(.*)$/i.exec(text)?.[1] ?? []);
      return { type, charset: (charsets[0] ?? '').replace(/["']/g, '').trim() };
    });
}

/** Probably a gateway or a failing provider answered, so a stale list may still be shown. */
function noJson(message: string, cause?: unknown): ProviderError {
  const kind = 'bad-response';
  return new ProviderError(message, { kind, effect: 'unknown', allowsStale: true, cause });
}
