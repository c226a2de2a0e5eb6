import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { type TestService, execute, startTestService } from '../support/service.ts';

const MEBIBYTE = 1024 * 1024;

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ hasPlayground: true });
});
afterAll(() => service.close());

interface Ask {
  method?: string;
  headers?: Record<string, string>;
  url?: string;
}

/** As it comes over the wire; `fetch` would decode it. */
async function ask({ method = 'GET', headers = {}, url = `${service.url}/` }: Ask = {}) {
  const asking = request(url, { method, headers }).end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await buffer(answer) };
}

/** The URLs of what the page loads, each once. */
async function fileUrls(): Promise<string[]> {
  const { body } = await ask({ headers: { 'accept-encoding': 'identity' } });
  const names = body.toString().matchAll(/\?file=[\w.-]+/g);
  return [...new Set([...names].map(([name]) => `${service.url}/${name}`))];
}

async function scriptUrl(): Promise<string> {
  const [url = ''] = (await fileUrls()).filter((one) => /file=graphiql-.*js$/.test(one));
  return url;
}

async function etagOf(acceptEncoding: string): Promise<string> {
  const { headers } = await ask({ headers: { 'accept-encoding': acceptEncoding } });
  return headers.etag ?? '';
}

describe('a file of the page is sent in an encoding that the browser takes', () => {
  test.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    ['gzip;q=1.0, br;q=0', 'gzip'],
    ['GZIP', 'gzip'],
    ['*', 'br'],
    ['br;q=0, *;q=0.5', 'gzip'],
    ['identity', undefined],
    ['deflate', undefined],
    ['*;q=0', undefined],
    ['gzip; q=0.000, br; q=0', undefined],
    ['', undefined],
  ])('accept-encoding %s: %s', async (acceptEncoding, encoding) => {
    const { status, headers, body } = await ask({
      headers: { 'accept-encoding': acceptEncoding },
      url: await scriptUrl(),
    });

    expect({ status, encoding: headers['content-encoding'], vary: headers.vary }).toEqual({
      status: 200,
      encoding,
      vary: 'accept-encoding',
    });
    const plain =
      encoding === 'br' ? brotliDecompressSync(body) : encoding ? gunzipSync(body) : body;
    expect(plain.toString()).toContain('YogaGraphiQL');
    expect(plain.length).toBeGreaterThan(4 * MEBIBYTE);
    if (encoding) expect(body.length).toBeLessThan(2 * MEBIBYTE);
    expect(headers['content-length']).toBe(String(body.length));
  });
});

describe.each(['br', 'gzip'])('as %s', (encoding) => {
  test('the page and its files are less than 3 MB together', async () => {
    const urls = [`${service.url}/`, ...(await fileUrls())];
    let bytes = 0;
    for (const url of urls) {
      const { status, headers, body } = await ask({
        url,
        headers: { 'accept-encoding': encoding },
      });
      expect([status, headers['content-encoding']]).toEqual([200, encoding]);
      bytes += body.length;
    }
    expect(urls.length).toBe(7);
    expect(bytes).toBeLessThan(3_000_000);
  });
});

describe('a file of the page is sent once, and then not even asked about', () => {
  test('it may be kept for good, because its name changes with its content', async () => {
    for (const url of await fileUrls()) {
      const { headers } = await ask({ url });
      expect({ ...headers, 'content-length': '', 'content-type': '', etag: '' }).toEqual({
        'cache-control': 'public, max-age=31536000, immutable',
        connection: 'keep-alive',
        'content-length': '',
        'content-security-policy': "default-src 'none'",
        'content-type': '',
        date: expect.any(String),
        etag: '',
        'keep-alive': expect.any(String),
        vary: 'accept-encoding',
        'x-content-type-options': 'nosniff',
        'x-request-id': expect.any(String),
      });
      expect(url).toMatch(/\?file=[a-z-]+-[\w-]{22}\.(js|css)$/);
      expect(headers['content-type']).toBe(
        url.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8',
      );
    }
  });

  test.each(['?file=', '?file=other.js', '?file=a&file=b', '?file=__proto__'])(
    'there is no file for %s',
    async (query) => {
      const { status, headers, body } = await ask({ url: `${service.url}/${query}` });
      expect([status, headers['cache-control'], body.toString()]).toEqual([
        404,
        'no-store',
        'The playground has no such file. Reload the page, which may be of an earlier version.',
      ]);
    },
  );
});

describe('the page is sent once, and then only asked about', () => {
  test('it may be kept, and must be asked about each time', async () => {
    const { headers } = await ask({ headers: { 'accept-encoding': 'br' } });
    expect({ ...headers, 'content-security-policy': '', date: '', 'x-request-id': '' }).toEqual({
      'cache-control': 'no-cache',
      connection: 'keep-alive',
      'content-encoding': 'br',
      'content-length': headers['content-length'],
      'content-security-policy': '',
      'content-type': 'text/html; charset=utf-8',
      date: '',
      etag: expect.stringMatching(/^"[\w-]{22}-br"$/),
      'keep-alive': expect.any(String),
      'referrer-policy': 'no-referrer',
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
      'x-request-id': '',
    });
  });

  test('each encoding has a tag of its own, and it stays', async () => {
    const tags = await Promise.all(['br', 'gzip', 'identity', 'br', 'gzip', ''].map(etagOf));
    expect(new Set(tags).size).toBe(3);
  });

  test.each([
    ['its tag', (tag: string) => tag],
    ['its tag as a proxy weakens it', (tag: string) => `W/${tag}`],
    ['its tag among others', (tag: string) => `"other", W/"another", ${tag}`],
    ['any tag', () => '*'],
  ])('whoever holds %s gets 304 and no body', async (_what, toHeader) => {
    const tag = await etagOf('gzip');
    const { status, headers, body } = await ask({
      headers: { 'accept-encoding': 'gzip', 'if-none-match': toHeader(tag) },
    });
    expect({ status, bytes: body.length, etag: headers.etag }).toEqual({
      status: 304,
      bytes: 0,
      etag: tag,
    });
  });

  test('whoever holds another page, or another encoding, gets this one', async () => {
    for (const tag of ['"other"', await etagOf('br'), '']) {
      const { status } = await ask({
        headers: { 'accept-encoding': 'gzip', 'if-none-match': tag },
      });
      expect(status).toBe(200);
    }
  });

  test('HEAD tells the same without a body', async () => {
    const whole = await ask({ headers: { 'accept-encoding': 'br' } });
    const head = await ask({ method: 'HEAD', headers: { 'accept-encoding': 'br' } });
    expect({ ...head.headers, date: '', 'x-request-id': '' }).toEqual({
      ...whole.headers,
      date: '',
      'x-request-id': '',
    });
    expect([head.status, head.body.length]).toEqual([200, 0]);
  });
});

test('the page runs its own two scripts only, and loads nothing from elsewhere but pictures', async () => {
  const { headers } = await ask();
  expect(String(headers['content-security-policy']).replaceAll(/sha256-[\w+/]{43}=/g, 'hash')).toBe(
    [
      "default-src 'none'",
      "script-src 'hash' 'hash'",
      "worker-src 'self'",
      "style-src 'self' 'unsafe-inline'",
      "connect-src 'self'",
      "img-src 'self' data: https: http://127.0.0.1:* http://localhost:*",
      'font-src data:',
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  );
});

describe('with a router secret', () => {
  const routerSecrets = ['the-secret-of-the-router'];
  const statusOf = async (one: Ask) => (await ask(one)).status;

  test('outside production the page is open, and nothing else', async () => {
    const guarded = await startTestService({ hasPlayground: true, routerSecrets });
    const statuses = await Promise.all([
      statusOf({ url: `${guarded.url}/` }),
      statusOf({ url: `${guarded.url}/?query={x}` }),
      statusOf({ url: (await scriptUrl()).replace(service.url, guarded.url) }),
      statusOf({ method: 'HEAD', url: `${guarded.url}/` }),
      statusOf({ method: 'POST', url: `${guarded.url}/` }),
      statusOf({ url: `${guarded.url}//` }),
      statusOf({ url: `${guarded.url}/graphql?query={__typename}` }),
    ]);
    expect(statuses).toEqual([200, 200, 200, 200, 401, 401, 401]);
    await guarded.close();
  });

  test('the page is as closed as the rest where it is off, and in production', async () => {
    for (const closed of [{ hasPlayground: false }, { isProduction: true }]) {
      const guarded = await startTestService({ hasPlayground: true, routerSecrets, ...closed });
      expect(await statusOf({ url: `${guarded.url}/` })).toBe(401);
      await guarded.close();
    }
  });
});

test('there is no page where the playground is off', async () => {
  const production = await startTestService({ hasPlayground: false });
  expect((await ask({ url: `${production.url}/` })).status).toBe(404);
  await production.close();
});

describe('without the development dependencies', () => {
  const root = join(import.meta.dirname, '../..');
  let folder: string;
  let bare: ServiceProcess;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'badges-bare-'));
    cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
    cpSync(join(root, 'package.json'), join(folder, 'package.json'));
    mkdirSync(join(folder, 'node_modules'));
    for (const name of readdirSync(join(root, 'node_modules'))) {
      if (name === '@graphql-yoga' || name.startsWith('.')) continue;
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    }
    bare = await startServiceProcess({ PLAYGROUND: 'true' }, join(folder, 'dist/main.js'));
  });
  afterAll(async () => {
    await bare.kill();
    rmSync(folder, { recursive: true });
  });

  test('the log and the page say what to install, and the graph is served', async () => {
    const sentence =
      'The playground is not available, because the development package @graphql-yoga/render-graphiql is not installed (npm ci --omit=dev omits it). Install it, or set PLAYGROUND=false.';
    expect(bare.output()).toContain(sentence);
    const { status, body } = await ask({ url: new URL('/', bare.url).href });
    expect([status, body.toString()]).toEqual([404, sentence]);
    expect(await execute(bare.url, '{ __typename }')).toMatchObject({
      data: { __typename: 'Query' },
    });
  });
});
