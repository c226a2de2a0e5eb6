import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import type { ExampleOperation } from '../../badges/examples.ts';
import { loadDevelopmentPackage } from '../../telemetry/logger.ts';

interface Encoded {
  body: Buffer;
  /** Undefined if the body is not compressed. */
  encoding: string | undefined;
  etag: string;
}

/** Higher qualities take many seconds and save little. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

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

/** The files of the GraphiQL package. */
type GraphiQLParts = Readonly<
  Record<'js' | 'css' | 'editorWorkerService' | 'jsonWorker' | 'graphqlWorker', string>
>;

export interface Page {
  html: string;
  /** Allows only the page's own scripts, by their hashes. */
  contentSecurityPolicy: string;
}

const TITLE = 'Badges';

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="22"><circle cx="8" cy="6" r="5" fill="#d60690"/><path d="M5 10l-2 6 5-3 5 3-2-6" fill="#7c2d92"/></svg>';

/** Disables the animation of tabs: a pressed tab would move away from the pointer. */
const STYLE = `
#root .graphiql-logo { white-space: nowrap; padding-top: 0 }
.graphiql-tab { transform: none !important }
html, body, #root { height: 100%; margin: 0 }
#root button[data-action] { font: 14px/1 sans-serif; margin-left: 8px; padding: 6px 10px; cursor: pointer;
  color: inherit; background: transparent; border: 1px solid currentcolor; border-radius: 6px }
@media (max-width: 800px) {
#root .graphiql-session-header { flex-wrap: wrap; height: auto }
#root .graphiql-tabs { max-width: 100% }
#root .graphiql-logo { white-space: normal }
}
#headers { color-scheme: light dark; width: min(30rem, 90vw); padding: 1.5rem; border: 1px solid gray;
  border-radius: 10px; font: 15px/1.4 sans-serif }
#headers h1 { font-size: 1.2rem; margin: 0 0 .5rem }
#headers output { display: block; color: light-dark(#b0003a, #ff8fb3) }
#headers label { display: block; margin: .8rem 0 }
#headers input { display: block; box-sizing: border-box; width: 100%; margin-top: .2rem; padding: .4rem; font: inherit }
#headers small { opacity: .75 }
#headers menu { display: flex; flex-direction: row-reverse; gap: .5rem; margin: 1rem 0 0; padding: 0 }
#headers menu button { font: inherit; padding: .4rem 1rem }
`;

const field = (header: string, label: string, { hint, type }: { hint: string; type: string }) =>
  `<label>${label} <small>${hint}</small><input name="${header}" type="${type}" autocomplete="off" spellcheck="false"></label>`;

/** The method `dialog` keeps the values out of the URL. Enter activates the first button. */
const HEADERS_DIALOG = `<dialog id="headers"><form method="dialog">
<h1>Headers for this session</h1>
<output></output>
<p>These headers are sent with every operation, and forgotten when this browser tab is closed.</p>
${field('router-authorization', 'Router secret', { hint: 'one of the secrets in ROUTER_SECRET, if it is set', type: 'password' })}
${field('authorization', 'Token', { hint: 'a bearer token, if tokens are required', type: 'password' })}
${field('x-badges-tenant', 'Tenant', { hint: 'if there are several tenants', type: 'text' })}
${field('x-badges-actor', 'Actor', { hint: 'your name in the audit log', type: 'text' })}
<menu><button value="use">Use headers</button><button value="">Cancel</button></menu>
</form></dialog>`;

const TITLE_BAR = `${TITLE}<button type="button" data-action="headers">Session headers</button><button type="button" data-action="link">Copy link</button>`;

/** Renders GraphiQL as one self-contained page, so that it works behind any proxy. */
async function renderPage(
  graphiql: GraphiQLParts,
  examples: readonly ExampleOperation[],
): Promise<Page> {
  const file = await readFile(new URL('browser.js', import.meta.url), 'utf8');
  const mount = file.replace(/^\/\/# sourceMappingURL=.*$/m, '');
  const data = {
    examples: examples.map(({ query, variables }) => ({
      query,
      variables: JSON.stringify(variables, null, 2),
      operationName: null,
    })),
    workers: {
      editorWorkerService: graphiql.editorWorkerService,
      json: graphiql.jsonWorker,
      graphql: graphiql.graphqlWorker,
    },
  };
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${TITLE}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<style>${graphiql.css}</style>
<style>${STYLE}</style>
</head>
<body>
<noscript>The playground needs JavaScript.</noscript>
<div id="root"></div>
<template id="logo">${ICON}</template>
<template id="title">${TITLE_BAR}</template>
${HEADERS_DIALOG}
<script id="data" type="application/json">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script>${graphiql.js}</script>
<script type="module">${mount}</script>
</body>
</html>
`;
  return { html, contentSecurityPolicy: toPolicy([graphiql.js, mount]) };
}

/** The page may connect only to its own origin. Inline styles are allowed, because the editor creates them. */
function toPolicy(scripts: readonly string[]): string {
  const hashes = scripts.map(
    (script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    `script-src ${hashes.join(' ')}`,
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    "connect-src 'self'",
    "img-src 'self' data:",
    'font-src data:',
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Path of the page. */
export const PLAYGROUND_PATH = '/';

const WITHOUT_GRAPHIQL =
  'The playground is not available, because the development package @graphql-yoga/render-graphiql is not installed (npm ci --omit=dev omits it). Install it, or set PLAYGROUND=false.';

/** Serves GraphiQL with a tab for each example. If it is not installed, the log and the page say so. */
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
  const { html, contentSecurityPolicy } = await renderPage(graphiql, examples);
  const encode = createEncodings(html);
  app.get(PLAYGROUND_PATH, async ({ headers }, reply) => {
    const { body, encoding, etag } = await encode(headers['accept-encoding'] ?? '');
    void reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', contentSecurityPolicy)
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-cache')
      .header('vary', 'accept-encoding')
      .header('etag', etag);
    if (isKnown(headers['if-none-match'] ?? '', etag)) return reply.code(304).send();
    if (encoding !== undefined) void reply.header('content-encoding', encoding);
    return reply.send(body);
  });
}
