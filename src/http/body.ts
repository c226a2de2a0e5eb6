import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { ProviderError, badResponse } from './provider-error.ts';
import { parseWholeJson } from './whole-text.ts';

/** Bounds what one answer can cost in memory, as it came and as it is once decoded. */
const MAX_BODY_BYTES = 5 * 1024 * 1024;
/** The deepest that a provider documents has 5. */
const MAX_DEPTH = 100;

type Answer = Pick<Dispatcher.ResponseData, 'body' | 'headers'>;

/** The decoded bytes of an answer. What is too large is not read any further, and its connection destroyed. */
export async function readBody({ body, headers }: Answer): Promise<Buffer> {
  switch (String(headers['content-encoding'] ?? 'identity').toLowerCase()) {
    case 'identity':
      return collect(body);
    case 'gzip':
      return collect(gunzip(body));
    default:
      // Nobody reads on, so nobody is to be told that it was cut.
      body.on('error', () => undefined).destroy();
      throw badResponse('answered in an encoding that was not asked for');
  }
}

function gunzip(body: Readable): Readable {
  let bytes = 0;
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) body.destroy(tooLarge());
  });
  // Its errors, and those of the body, come out of the stream that it returns.
  return pipeline(body, createGunzip(), () => undefined);
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the stream, and whatever feeds it.
    if (bytes > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge() {
  return badResponse(`answered with more than ${MAX_BODY_BYTES} bytes`);
}

/**
 * The JSON of a body. Anything but UTF-8 is refused: replaced letters would be written back as they were read.
 * Half characters are replaced all the same: whoever is shown one could read nothing of the answer.
 */
export function toJson(body: Buffer, contentType: string | string[] | undefined): unknown {
  const type = String(contentType ?? '');
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(type)) {
    throw noJson('answered with something other than JSON');
  }
  const [, charset = 'utf-8'] = /;\s*charset="?([^";\s]+)/i.exec(type) ?? [];
  if (!/^utf-?8$/i.test(charset)) throw noJson('answered in another encoding than UTF-8');
  if (isDeep(body)) throw badResponse(`answered with more than ${MAX_DEPTH} levels of JSON`);
  try {
    return parseWholeJson(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    // The parser's own error quotes the answer.
    throw noJson('answered with malformed JSON', new SyntaxError('malformed JSON'));
  }
}

const [OPEN_ARRAY, OPEN_OBJECT, CLOSE_ARRAY, CLOSE_OBJECT, QUOTE, BACKSLASH] =
  Buffer.from('[{]}"\\');

/** Whether its brackets, those in strings aside, are deeper than any answer: to parse them takes memory a hundredfold. */
function isDeep(json: Buffer): boolean {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) isInString = !isInString;
    else if (isInString) at += byte === BACKSLASH ? 1 : 0;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** Something stands between the provider and us, or the provider is not well: what it said before still holds. */
function noJson(message: string, cause?: unknown): ProviderError {
  const kind = 'bad-response';
  return new ProviderError(message, { kind, effect: 'unknown', allowsStale: true, cause });
}
