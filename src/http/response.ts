import type { Readable } from 'node:stream';
import { promisify, types } from 'node:util';
import { crc32, createInflateRaw, gunzip as gunzipThen } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { JsonError, MAX_DEPTH, MAX_VALUES, createSlices, parseJsonInSlices } from './json.ts';
import { ProviderError, type Repeat, badResponse } from './provider-error.ts';

/** What stands before the body of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** By lower-case name; a header that came several times has several values. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Every value of a header, in its order. Empty: it did not come. */
export function headerValues({ headers }: Pick<AnswerHead, 'headers'>, name: string): string[] {
  const value = headers[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : [...value];
}

/** How long ago a cache on the way got this answer from the provider, milliseconds; 0 for an answer of the provider itself. */
export function ageOf(head: Pick<AnswerHead, 'headers'>): number {
  const seconds = headerValues(head, 'age').flatMap((value) => value.split(','));
  const ages = seconds.map((text) => text.trim()).filter((text) => /^\d+$/.test(text));
  return Math.max(0, ...ages.map((age) => Math.min(Number(age), MAX_AGE_SECONDS))) * 1_000;
}

/** What RFC 9111 tells caches to send for anything older. */
const MAX_AGE_SECONDS = 2 ** 31;

/** How long a provider may be left alone after it refused one request too many, milliseconds. */
export interface RetryAfterBounds {
  /** The longest wait that it can ask for in earnest. */
  longestMs: number;
  /** Where it asks for none, or for one beyond reason. */
  unsaidMs: number;
}

/** For a provider that states no window. A minute is the longest window that is usual. */
const WITHOUT_WINDOW: RetryAfterBounds = { longestMs: 60_000, unsaidMs: 10_000 };

/** A window passes once it was waited out. Undefined: the provider states none. */
export function toRetryAfterBounds(windowMs: number | undefined): RetryAfterBounds {
  return windowMs === undefined ? WITHOUT_WINDOW : { longestMs: windowMs, unsaidMs: windowMs };
}

/**
 * How long a provider asks to be left alone, and whether it said so in earnest; for one that refuses one request too many
 * without a word of it, what is usual.
 * A date counts from the answer's own: its clock and ours may be minutes apart.
 */
export function toRetryAfter(
  head: Pick<AnswerHead, 'headers'>,
  { longestMs, unsaidMs }: RetryAfterBounds,
): { retryAfterMs: number; repeat: Repeat } {
  const ms = readMs(onlyValue(head, 'retry-after'), onlyValue(head, 'date'));
  const isSaid = ms >= 0 && ms <= longestMs;
  return { retryAfterMs: isSaid ? ms : unsaidMs, repeat: isSaid ? 'again' : 'never' };
}

/** Of a header that came several times, what it says each time. */
function onlyValue(head: Pick<AnswerHead, 'headers'>, name: string): string | undefined {
  const [value, ...others] = new Set(headerValues(head, name));
  return others.length === 0 ? value : undefined;
}

/** NaN for what is none. */
function readMs(retryAfter: string | undefined, date: string | undefined): number {
  if (retryAfter === undefined) return NaN;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  // What parses as a date and is no HTTP date, such as "1.5", is nothing to rely on.
  const isDate = /^[A-Z][a-z]+,? /.test(retryAfter);
  return isDate && date !== undefined ? Date.parse(retryAfter) - Date.parse(date) : NaN;
}

const gunzip = promisify(gunzipThen);

const GZIP_MAGIC = 0x1f8b;
const DEFLATE = 8;
const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
const [HAS_HEADER_CRC, HAS_EXTRA, HAS_NAME, HAS_COMMENT] = [2, 4, 8, 16];

/**
 * The content of gzip with something after it, such as a line break: RFC 1952 lets a reader pass that over, and Node
 * refuses it. Undefined unless the first member is whole, its checksum right, and its content no longer than that.
 */
export async function firstMember(body: Buffer, maxBytes: number): Promise<Buffer | undefined> {
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
    // It is broken in another way too.
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

/** Undefined: it is no gzip. */
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

/** Bounds what one answer can cost in memory, as it came and as it is once decoded, unless its reader allows less. */
const MAX_BODY_BYTES = 5 * 1024 * 1024;

type Answer = Pick<Dispatcher.ResponseData, 'body' | 'headers'>;

/** The decoded bytes of an answer. An answer that is too large is not read any further, and its connection is closed. */
export async function readBody(
  { body, headers }: Answer,
  maxBytes = MAX_BODY_BYTES,
): Promise<Buffer> {
  const encoding = toEncoding({ headers });
  if (encoding === 'other') {
    // Nothing reads on, so an error of the stream has no listener.
    body.on('error', () => undefined).destroy();
    throw badResponse('used a content encoding that was not requested');
  }
  const encoded = await collect(body, maxBytes);
  return encoding === 'gzip' && encoded.length > 0 ? decode(encoded, maxBytes) : encoded;
}

/** A header that came twice, as some proxies send it, still means one encoding. */
function toEncoding(head: Pick<AnswerHead, 'headers'>): 'identity' | 'gzip' | 'other' {
  const encodings = headerValues(head, 'content-encoding')
    .flatMap((value) => value.split(','))
    .map((value) => value.trim().toLowerCase())
    .filter((value) => value !== '' && value !== 'identity');
  if (encodings.length === 0) return 'identity';
  return encodings.every((value) => value === 'gzip' || value === 'x-gzip') ? 'gzip' : 'other';
}

async function decode(encoded: Buffer, maxBytes: number): Promise<Buffer> {
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

async function collect(stream: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the stream, and whatever feeds it.
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): ProviderError {
  return badResponse(`returned more than ${maxBytes} bytes`);
}

/**
 * The JSON of a body, read in slices. Anything but UTF-8 is refused: replaced letters would be written back as they were
 * read. Half characters are replaced nevertheless: a client that receives one can read nothing of the answer.
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
    return badResponse(`returned JSON with more than ${MAX_VALUES.toLocaleString('en')} values`);
  // The decoder's own error would tell nothing more.
  return noJson('returned malformed JSON', new SyntaxError('malformed JSON'));
}

const JSON_TYPE = /^(application|text)\/([\w.+-]+\+|x-)?json$/i;
/** ASCII is a part of UTF-8. */
const UTF_8 = /^(unicode-1-1-)?(utf-?8|utf_8|us-ascii|ascii|ansi_x3\.4-1968|iso646-us)$/i;

/**
 * Whether the answer claims to be JSON in UTF-8. One that claims nothing may be, and of one that claims several things
 * one must be JSON: the parser decides. No claim of another encoding is passed over.
 */
function checkMediaType(head: Pick<AnswerHead, 'headers'>): void {
  const claims = headerValues(head, 'content-type').flatMap(toMediaTypes);
  const isJson = claims.length === 0 || claims.some(({ type }) => JSON_TYPE.test(type));
  if (!isJson) throw noJson('returned something other than JSON');
  const isUtf8 = claims.every(({ charset }) => charset === '' || UTF_8.test(charset));
  if (!isUtf8) throw noJson('returned a body that is not UTF-8');
}

/** Of several lines a proxy may make one, with commas between them. */
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

/** Something stands between the provider and us, or the provider is not well: what it said before still holds. */
function noJson(message: string, cause?: unknown): ProviderError {
  const kind = 'bad-response';
  return new ProviderError(message, { kind, effect: 'unknown', allowsStale: true, cause });
}
