import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export interface Encoded {
  body: Buffer;
  /** Undefined: as it is. */
  encoding: string | undefined;
  etag: string;
}

/** Beyond this quality brotli takes many seconds for little. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

const ENCODERS: Readonly<Record<string, (body: Buffer) => Promise<Buffer>>> = {
  br: (body) => promisify(brotliCompress)(body, BROTLI),
  gzip: (body) => promisify(gzip)(body),
};

/** A text in the encoding that a client accepts. Each is made once, beside the event loop, when somebody asks for it. */
export function createEncodings(text: string): (acceptEncoding: string) => Promise<Encoded> {
  const body = Buffer.from(text);
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  const made = new Map<string, Promise<Encoded>>();

  return async (acceptEncoding) => {
    const encoding = Object.keys(ENCODERS).find((one) => accepts(acceptEncoding, one));
    const encode = encoding === undefined ? undefined : ENCODERS[encoding];
    if (encoding === undefined || !encode) return { body, encoding, etag: `"${digest}"` };
    const known = made.get(encoding);
    if (known) return known;
    const making = encode(body).then((encoded) => ({
      body: encoded,
      encoding,
      etag: `"${digest}-${encoding}"`,
    }));
    made.set(encoding, making);
    return making;
  };
}

/** Named, or meant by `*`, and not with a weight of 0. */
function accepts(acceptEncoding: string, encoding: string): boolean {
  const weights = new Map(
    acceptEncoding.split(',').map((part) => {
      const [name = '', ...parameters] = part.toLowerCase().split(';');
      const isRefused = parameters.some((one) => /^\s*q=0(\.0*)?\s*$/.test(one));
      return [name.trim(), !isRefused];
    }),
  );
  return weights.get(encoding) ?? weights.get('*') ?? false;
}

/** Whether a client holds this already, by its `if-none-match`; proxies that change the encoding mark tags as weak. */
export function isKnown(ifNoneMatch: string, etag: string): boolean {
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
