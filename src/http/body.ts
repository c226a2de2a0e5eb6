import type { Dispatcher } from 'undici';
import { badResponse } from './provider-error.ts';

/** Bounds what one answer can cost in memory. Identity encoding only, so these are also the decoded bytes. */
const MAX_BODY_BYTES = 5 * 1024 * 1024;

export async function readBody(body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw badResponse(`answered with more than ${MAX_BODY_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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
