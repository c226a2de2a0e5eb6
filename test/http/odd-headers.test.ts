import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ProviderError } from '../../src/http/provider-error.ts';
import { type ProviderHttp, createProviderHttp } from '../../src/http/provider-http.ts';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { plainHttpDeps } from '../support/http-deps.ts';

/** Answers of JSON in UTF-8 whose headers say so in odd ways, over a real socket. */

type Header = string | string[] | undefined;

interface Answer {
  headers: Record<string, string | string[]>;
  body: Buffer;
}

const VALUE = { title: 'Größe', list: ['🏅', 'ß'.repeat(50)] };
const TEXT = Buffer.from(JSON.stringify(VALUE));

let server: Server;
let http: ProviderHttp;
let next: Answer;
beforeAll(async () => {
  server = createServer((_request, response) => {
    response.writeHead(200, next.headers).end(next.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  http = createProviderHttp({
    provider: { enumValue: 'ACME', title: 'Acme' },
    baseUrl: `http://127.0.0.1:${port}`,
    credentials: {},
    routes: [/^PUT \/badges$/],
    ...plainHttpDeps,
    attemptTimeoutMs: 5_000,
  });
});
afterAll(async () => {
  await http.close();
  server.close();
});

/** Undefined: the answer was refused. */
async function read(answer: Answer): Promise<unknown> {
  next = answer;
  const bounds = { purpose: 'write', deadlineAt: Date.now() + 20_000 } as const;
  try {
    return await http.call(
      { operation: 'updateBadge', method: 'PUT', path: '/badges' },
      bounds,
      (json) => json,
    );
  } catch (error) {
    if (error instanceof ProviderError) return undefined;
    throw error;
  }
}

const anyCase = (text: string) =>
  fc.constantFrom(text, text.toUpperCase(), text.charAt(0).toUpperCase() + text.slice(1));
const oneOf = (...texts: string[]) => fc.constantFrom(...texts).chain(anyCase);

const charset = fc
  .tuple(
    oneOf('utf-8', 'utf8', 'us-ascii', 'ascii'),
    fc.constantFrom('', '"', "'"),
    fc.constantFrom(';charset=', '; charset=', '; CHARSET = ', '; profile=x; charset='),
  )
  .map(([name, quote, key]) => `${key}${quote}${name}${quote}`);
const parameters = fc.oneof(charset, fc.constantFrom('', ';', '; boundary=x', '; charset='));
const jsonType = oneOf(
  'application/json',
  'text/json',
  'text/x-json',
  'application/problem+json',
  'application/vnd.api+json',
  'application/hal+json',
);
const mediaType = fc.tuple(jsonType, parameters).map(([type, rest]) => type + rest);
const otherType = fc.constantFrom('text/html', 'text/plain; charset=utf-8', 'application/xml');

/** As one header, as several lines, as one line of several. */
const contentType: fc.Arbitrary<Header> = fc.oneof(
  mediaType,
  fc.constantFrom<Header>(undefined, ''),
  fc.array(mediaType, { minLength: 2, maxLength: 3 }),
  fc.array(mediaType, { minLength: 2, maxLength: 3 }).map((types) => types.join(', ')),
  mediaType.map((type) => [type, type]),
  fc.tuple(mediaType, otherType),
  fc.tuple(otherType, mediaType),
);

const encoding = fc.oneof(
  fc.record({
    header: fc.constantFrom<Header>(undefined, '', ' ', 'Identity', ['identity', 'identity']),
    body: fc.constant(TEXT),
  }),
  fc.record({
    header: fc.oneof(
      oneOf('gzip', 'x-gzip', 'gzip ', 'gzip, identity'),
      fc.constantFrom<Header>(['gzip', 'gzip'], ['gzip', ''], ['x-gzip', 'gzip']),
    ),
    body: fc
      .constantFrom('', '\n', '\r\n', ' ', '\0\0\0\0', '<!-- cached -->', '\n\n\n', 'x'.repeat(200))
      .map((after) => Buffer.concat([gzipSync(TEXT), Buffer.from(after)])),
  }),
);

test(
  'JSON in UTF-8 is read, however its headers say that it is that',
  async () => {
    await fc.assert(
      fc.asyncProperty(contentType, encoding, async (type, { header, body }) => {
        const headers = {
          ...(type !== undefined && { 'content-type': type }),
          ...(header !== undefined && { 'content-encoding': header }),
        };
        expect(await read({ headers, body })).toEqual(VALUE);
      }),
      { numRuns },
    );
  },
  TIMEOUT_MS,
);

test(
  'anything that claims another encoding is refused, whatever stands beside the claim',
  async () => {
    const other = fc.constantFrom('iso-8859-1', 'latin1', 'windows-1252', 'utf-16', 'utf-7', 'x');
    const claim = fc.tuple(jsonType, other).map(([type, name]) => `${type}; charset=${name}`);
    const claims = fc.oneof(claim, fc.tuple(claim, mediaType), fc.tuple(mediaType, claim));
    await fc.assert(
      fc.asyncProperty(claims, async (type) => {
        expect(await read({ headers: { 'content-type': type }, body: TEXT })).toBeUndefined();
      }),
      { numRuns },
    );
  },
  TIMEOUT_MS,
);

test.each([
  ['a type that is not JSON', { 'content-type': 'text/html' }, TEXT],
  ['types none of which is JSON', { 'content-type': ['text/html', 'text/plain'] }, TEXT],
  ['a page without a type', {}, Buffer.from('<!doctype html><title>Sign in</title>')],
  ['Latin-1 that is called ASCII', { 'content-type': 'text/json; charset=us-ascii' }, latin1()],
  ['Latin-1 without a type', {}, latin1()],
  ['an encoding that was not asked for', { 'content-encoding': 'br' }, TEXT],
  ['gzip in another encoding', { 'content-encoding': 'gzip, br' }, gzipSync(TEXT)],
  ['text that is called gzip', { 'content-encoding': 'x-gzip' }, TEXT],
  [
    'gzip whose checksum is wrong',
    { 'content-encoding': 'gzip' },
    Buffer.concat([gzipSync(TEXT).subarray(0, -8), Buffer.from('\n'.repeat(10))]),
  ],
])('%s is refused', async (_what, headers, body) => {
  const type = { 'content-type': 'application/json', ...headers };
  const isUntyped = Object.keys(headers).length === 0;
  expect(await read({ headers: isUntyped ? {} : type, body })).toBeUndefined();
});

function latin1(): Buffer {
  return Buffer.from('{"title":"Größe"}', 'latin1');
}

test('an empty body that is called gzip is an answer without a body', async () => {
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  expect(await read({ headers, body: Buffer.alloc(0) })).toBeUndefined();
});
