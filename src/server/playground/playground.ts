import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { EXAMPLE_GROUPS, type ExampleOperation } from '../../badges/examples.ts';
import { loadDevelopmentPackage } from '../../telemetry/logger.ts';

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

/** Whether the client has the current version already. Proxies that change the encoding mark tags as weak. */
export function isKnown(ifNoneMatch: string, etag: string): boolean {
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}

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

/** The files of the GraphiQL package. */
type GraphiQLParts = Readonly<
  Record<'js' | 'css' | 'editorWorkerService' | 'jsonWorker' | 'graphqlWorker', string>
>;

/** A file that the page loads. Its name contains the hash of its content. */
interface PageFile {
  name: string;
  type: string;
  text: string;
}

interface Page {
  html: string;
  /** Allows only the page's own scripts, by their hashes. */
  contentSecurityPolicy: string;
  files: readonly PageFile[];
}

/** Renders the page around GraphiQL, with everything that it loads. */
async function renderPage(
  graphiql: GraphiQLParts,
  examples: readonly ExampleOperation[],
): Promise<Page> {
  const workers = {
    editorWorkerService: toFile('editor-worker', 'js', graphiql.editorWorkerService),
    json: toFile('json-worker', 'js', graphiql.jsonWorker),
    graphql: toFile('graphql-worker', 'js', graphiql.graphqlWorker),
  };
  const style = toFile('graphiql', 'css', graphiql.css);
  const scripts = [
    toFile('graphiql', 'js', graphiql.js),
    toFile('playground', 'js', await readScript()),
  ] as const;
  const data = {
    examples: examples.map(({ query, variables, group, demoBadges }) => ({
      query,
      variables,
      isForMember: group === 'Award',
      demoBadges,
    })),
    workers: Object.fromEntries(
      Object.entries(workers).map(([label, file]) => [label, toUrl(file)]),
    ),
  };
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${TITLE}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<link rel="stylesheet" href="${toUrl(style)}">
<style>${STYLE}</style>
</head>
<body>
<noscript>The playground needs JavaScript.</noscript>
${renderExamples(examples)}
<main id="root"></main>
<template id="logo">${ICON}</template>
<template id="title">${TITLE_BAR}</template>
${HEADERS_DIALOG}
<script id="data" type="application/json">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
${toScript('defer', scripts[0])}
${toScript('type="module"', scripts[1])}
</body>
</html>
`;
  return {
    html,
    contentSecurityPolicy: toPolicy(scripts),
    files: [style, ...scripts, ...Object.values(workers)],
  };
}

/** The policy allows a script by its hash only if the element states the hash too. */
function toScript(attribute: string, file: PageFile): string {
  return `<script ${attribute} src="${toUrl(file)}" integrity="sha256-${digestOf(file.text, 'base64')}"></script>`;
}

/**
 * The page may connect only to its own origin. Inline styles are allowed, because the editor creates them. Pictures of
 * badges are where badges may have them: anywhere with HTTPS, and on this machine.
 */
function toPolicy(scripts: readonly PageFile[]): string {
  const hashes = scripts.map(({ text }) => `'sha256-${digestOf(text, 'base64')}'`);
  return [
    "default-src 'none'",
    `script-src ${hashes.join(' ')}`,
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "connect-src 'self'",
    "img-src 'self' data: https: http://127.0.0.1:* http://localhost:*",
    'font-src data:',
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Where the page finds a file, relative to its own address. */
const toUrl = ({ name }: PageFile): string => `?file=${name}`;

function toFile(name: string, extension: 'js' | 'css', text: string): PageFile {
  const type = extension === 'js' ? 'text/javascript' : 'text/css';
  const digest = digestOf(text, 'base64url').slice(0, 22);
  return { name: `${name}-${digest}.${extension}`, type: `${type}; charset=utf-8`, text };
}

const digestOf = (text: string, encoding: 'base64' | 'base64url'): string =>
  createHash('sha256').update(text).digest(encoding);

/** The modules of the page's script, each after those that it imports. */
const MODULES = ['session', 'editors', 'tabs', 'examples', 'page'];

/** Joins the modules into one script, because imports would need paths that a proxy may not serve. */
async function readScript(): Promise<string> {
  const modules = MODULES.map((name) =>
    readFile(new URL(`browser/${name}.js`, import.meta.url), 'utf8'),
  );
  return (await Promise.all(modules))
    .join('\n')
    .replaceAll(/^import [^;]+;$/gm, '')
    .replaceAll(/^export (\{\};)?/gm, '')
    .replaceAll(/^\/\/# sourceMappingURL=.*$/gm, '');
}

/** A list for each group, in which a button has the index of its example. */
function renderExamples(examples: readonly ExampleOperation[]): string {
  const groups = EXAMPLE_GROUPS.map((title) => {
    const items = examples.map(({ group, name, about }, index) =>
      group === title
        ? `<li><button type="button" data-example="${index}"><b>${escapeHtml(name)}</b><small>${escapeHtml(about)}</small></button></li>`
        : '',
    );
    return `<details open><summary>${title}</summary><ul>${items.join('')}</ul></details>`;
  });
  return `<aside id="examples" aria-label="Examples">
<h1>Examples</h1>
<p>Choose one, then press ▶. The IDs are those of badges that exist here.</p>
<output></output>
${groups.join('\n')}
</aside>`;
}

/** In a text of HTML. */
const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

const TITLE = 'Badges';

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="22"><circle cx="8" cy="6" r="5" fill="#d60690"/><path d="M5 10l-2 6 5-3 5 3-2-6" fill="#7c2d92"/></svg>';

/** Disables the animation of tabs: a pressed tab would move away from the pointer. */
const STYLE = `
#root .graphiql-logo { white-space: nowrap; padding-top: 0 }
.graphiql-tab { transform: none !important }
html, body, #root { height: 100%; margin: 0 }
body { display: grid; grid-template: minmax(0, 1fr) / 17rem minmax(0, 1fr); color-scheme: light dark;
  background: light-dark(#fff, #212a3b); color: light-dark(#3b4b68, #b7c2d7) }
#root .graphiql-container { width: 100%; height: 100% }
body.graphiql-light { color-scheme: light }
body.graphiql-dark { color-scheme: dark }
#root button[data-action] { font: 14px/1 sans-serif; margin-left: 8px; padding: 6px 10px; cursor: pointer;
  color: inherit; background: transparent; border: 1px solid currentcolor; border-radius: 6px }
#examples { overflow-y: auto; padding: 1rem .25rem 1rem 1rem; font: 14px/1.4 sans-serif }
#examples h1 { font-size: 1.1rem; margin: 0 0 .25rem }
#examples p { margin: 0 0 .75rem }
#examples output:not(:empty) { position: sticky; top: 0; display: block; margin: 0 0 .75rem; padding: .5rem; border-radius: 6px;
  background: light-dark(#fff3d6, #4a3d1c); color: light-dark(#573d00, #ffe2a3) }
#examples summary { font-weight: bold; cursor: pointer; padding: .3rem 0 }
#examples ul { list-style: none; margin: 0 0 .5rem; padding: 0 }
#examples button { display: block; width: 100%; padding: .35rem .5rem; border: 0; border-radius: 6px; text-align: left;
  font: inherit; color: inherit; background: none; cursor: pointer; overflow-wrap: anywhere }
#examples button:hover { background: light-dark(#eceef3, #2f3a50) }
#examples button b { display: block; font-weight: normal; color: light-dark(#a3006d, #ff7ab8) }
#examples button small { font-size: 12px }
@media (max-width: 800px) {
body { grid-template: 30% minmax(0, 1fr) / minmax(0, 1fr) }
#examples { border-bottom: 1px solid gray }
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
