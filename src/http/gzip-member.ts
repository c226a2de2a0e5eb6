import { crc32, createInflateRaw } from 'node:zlib';

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
