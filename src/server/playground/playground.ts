import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import type { ExampleOperation } from '../../badges/examples.ts';
import { loadDevelopmentPackage } from '../../telemetry/logger.ts';
import { renderPage } from './page.ts';

interface Encoded {
  body: Buffer;
  /** Undefined if the body is not compressed. */
  encoding: string | undefined;
  etag: string;
}

/** The highest qualities take many times as long, and save a few percent. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

const ENCODERS: Readonly<Record<string, (body: Buffer) => Promise<Buffer>>> = {
  br: (body) => promisify(brotliCompress)(body, BROTLI),
  gzip: (body) => promisify(gzip)(body),
};

/** Compresses a text for each encoding that a client accepts, once and at the first request for it. */
function createEncodings(text: string): (acceptEncoding: string) => Promise<Encoded> {
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

/** Whether the header names the encoding or `*`, with a weight other than 0. */
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

/** Whether the client has the current version already. Proxies that change the encoding mark tags as weak. */
export function isKnown(ifNoneMatch: string, etag: string): boolean {
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}

/** Path of the page. */
export const PLAYGROUND_PATH = '/';

const WITHOUT_GRAPHIQL =
  'The playground is not available, because the development package @graphql-yoga/render-graphiql is not installed (npm ci --omit=dev omits it). Install it, or set PLAYGROUND=false.';

interface Served {
  type: string;
  headers: Readonly<Record<string, string>>;
  encode: ReturnType<typeof createEncodings>;
}

/** The name of a file changes with its content. */
const FILE_HEADERS = {
  'content-security-policy': "default-src 'none'",
  'cache-control': 'public, max-age=31536000, immutable',
};

const UNKNOWN_FILE =
  'The playground has no such file. Reload the page, which may be of an earlier version.';

/** Serves GraphiQL with the examples. Its files are at the same path, with a parameter, so that a proxy needs no rule for them. If it is not installed, the log and the page say so. */
export async function addPlayground(
  app: FastifyInstance,
  examples: readonly ExampleOperation[],
): Promise<void> {
  const graphiql = await loadDevelopmentPackage(
    '@graphql-yoga/render-graphiql',
    () => import('@graphql-yoga/render-graphiql/graphiql'),
  );
  if (!graphiql) {
    app.log.warn(WITHOUT_GRAPHIQL);
    app.get(PLAYGROUND_PATH, (_request, reply) =>
      reply.code(404).type('text/plain').send(WITHOUT_GRAPHIQL),
    );
    return;
  }
  const { html, contentSecurityPolicy, files } = await renderPage(graphiql, examples);
  const page: Served = {
    type: 'text/html; charset=utf-8',
    headers: {
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    },
    encode: createEncodings(html),
  };
  const served = new Map(
    files.map(({ name, type, text }): [string, Served] => [
      name,
      { type, headers: FILE_HEADERS, encode: createEncodings(text) },
    ]),
  );
  app.get<{ Querystring: { file?: string | string[] } }>(
    PLAYGROUND_PATH,
    async (request, reply) => {
      const { file } = request.query;
      const found = file === undefined ? page : served.get(String(file));
      if (!found) return reply.code(404).type('text/plain').send(UNKNOWN_FILE);
      const { headers } = request;
      const { body, encoding, etag } = await found.encode(headers['accept-encoding'] ?? '');
      void reply
        .type(found.type)
        .headers(found.headers)
        .header('vary', 'accept-encoding')
        .header('etag', etag);
      if (isKnown(headers['if-none-match'] ?? '', etag)) return reply.code(304).send();
      if (encoding !== undefined) void reply.header('content-encoding', encoding);
      return reply.send(body);
    },
  );
}
