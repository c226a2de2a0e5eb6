import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { badResponse } from './provider-error.ts';

/** Bounds what one answer can cost in memory, as it came and as it is once decoded. */
const MAX_BODY_BYTES = 5 * 1024 * 1024;

type Answer = Pick<Dispatcher.ResponseData, 'body' | 'headers'>;

/** The decoded bytes of an answer. What is too large is not read any further, and its connection destroyed. */
export async function readBody({ body, headers }: Answer): Promise<Buffer> {
  switch (String(headers['content-encoding'] ?? 'identity').toLowerCase()) {
    case 'identity':
      return collect(body);
    case 'gzip':
      return collect(gunzip(body));
    default:
      body.destroy();
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

/** The JSON of a body. Anything but UTF-8 is refused: replaced letters would be written back as they were read. */
export function toJson(body: Buffer, contentType: string | string[] | undefined): unknown {
  const type = String(contentType ?? '');
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(type)) {
    throw badResponse('answered with something other than JSON');
  }
  const [, charset = 'utf-8'] = /;\s*charset="?([^";\s]+)/i.exec(type) ?? [];
  if (!/^utf-?8$/i.test(charset)) throw badResponse('answered in another encoding than UTF-8');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch (cause) {
    throw badResponse('answered with malformed JSON', 'unknown', cause);
  }
}
