import { pick } from '../support/random.ts';
import type { PoolOptions } from './requests.ts';

type Random = () => number;

const chance = (random: Random, share: number): boolean => random() < share;

/** Types that a caller accepts; the service has two of them. */
const ACCEPTS = [
  'application/json',
  '*/*',
  'application/graphql-response+json, application/json;q=0.9',
  'application/json;q=0.1, application/graphql-response+json',
  'text/html',
  'application/json; charset=utf-8',
  'APPLICATION/JSON',
  'application/json;q=0',
  'application/json;q=0, */*',
  'multipart/mixed;deferSpec=20220824, application/json',
  'application/graphql-response+json',
  'text/event-stream',
  'x'.repeat(1_500),
  '',
];
const TYPES = [
  'application/json; charset=utf-8',
  'text/plain',
  'application/json; charset=latin1',
  'application/JSON',
  'application/json;charset=UTF-8',
  'application/json; charset="utf-8"',
  'application/json ; charset=utf-8',
  "application/json; charset='utf-8'",
  'application/json; charset="utf-8',
  'application/json; charset=utf8',
  'application/json; charset=',
  'application/json;',
  'application/json; a=b; charset=utf-8',
  'application/json; charset=utf-8, text/plain',
  'application/json, text/plain',
  'application/json; a="; charset=latin1"',
  'application/graphql-response+json',
  'application/x-www-form-urlencoded',
  '',
];
const ENCODINGS = ['gzip', 'gzip;q=0', 'identity;q=0, *;q=0', 'br;q=1.0, gzip;q=0.8, *;q=0.1', ''];
/** Of these, most mean nothing to the service. */
const OTHERS: readonly (readonly [string, string])[] = [
  ['Cookie', 'a=b; c="d"'],
  ['Origin', 'null'],
  ['Range', 'bytes=0-1'],
  ['If-None-Match', '*'],
  ['If-Modified-Since', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  ['X-Http-Method-Override', 'GET'],
  ['X-Forwarded-Host', 'else:where'],
  ['X-Apollo-Operation-Name', 'A'],
  ['Apollo-Require-Preflight', '1'],
  ['TE', 'trailers'],
  ['Trailer', 'x-end'],
  ['Keep-Alive', 'timeout=1'],
  ['Traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  ['X-Empty', ''],
  ['X-Long', 'x'.repeat(9_000)],
];
const HOSTS = [
  'localhost',
  'localhost.',
  '127.0.0.1:4001',
  'LOCALHOST:1',
  '[::1]:80',
  '127.0.0.1:x',
  'localhost:99999',
  'a@localhost',
  ':x@localhost',
  '1.2.3.4.5',
  '[',
  'xn--a',
  '',
];

export function toMessage(body: Buffer, options: PoolOptions): Buffer {
  const { random, authorizations, secret } = options;
  const isPlain = chance(random, 0.92);
  const odd = (share: number): boolean => !isPlain && chance(random, share);
  const headers: [string, string][] = [
    ['Host', odd(0.2) ? pick(HOSTS, random) : 'localhost'],
    ['Content-Type', odd(0.15) ? pick(TYPES, random) : 'application/json'],
  ];
  if (secret !== undefined) headers.push(['Router-Authorization', odd(0.05) ? 'no' : secret]);
  if (authorizations && !odd(0.05)) headers.push(['Authorization', pick(authorizations, random)]);
  if (authorizations && odd(0.05)) headers.push(['authorization', pick(authorizations, random)]);
  if (chance(random, 0.5))
    headers.push(['Accept', odd(0.5) ? pick(ACCEPTS, random) : 'application/json']);
  if (chance(random, 0.3)) headers.push(['x-badges-tenant', pick(['default', 'second'], random)]);
  if (odd(0.1))
    headers.push(['x-badges-tenant', pick(['', 'nobody', 'default', 'second'], random)]);
  if (odd(0.15))
    headers.push(['X-Badges-Actor', pick(['ada', 'ada, bob', '', '\x7f', 'é'], random)]);
  if (odd(0.04)) headers.push(['x-badges-actor', 'bob']);
  if (odd(0.08)) headers.push(['x-badges-actor', 'ada'], ['x-badges-actor', 'bob']);
  if (odd(0.04)) headers.push(['Content-Encoding', pick(['gzip', 'identity', ''], random)]);
  if (odd(0.05)) headers.push(['Host', pick(HOSTS, random)]);
  if (odd(0.05)) headers.push(['content-type', pick(['application/json', ...TYPES], random)]);
  if (odd(0.05)) headers.push(['accept', pick(ACCEPTS, random)]);
  if (chance(random, 0.1)) headers.push(['Accept-Encoding', pick(ENCODINGS, random)]);
  if (chance(random, 0.05)) headers.push([...pick(OTHERS, random)]);
  if (odd(0.05)) headers.push(['Connection', pick(['close', 'keep-alive', 'upgrade'], random)]);
  if (odd(0.03)) headers.push(['Upgrade', 'h2c']);
  if (odd(0.03)) headers.push(['Expect', '100-continue']);
  if (chance(random, 0.8))
    headers.push(['X-Request-Id', pick(['r-1', 'r:2', odd(0.3) ? 'no id' : 'r.3'], random)]);
  const isChunked = odd(0.06);
  headers.push(
    isChunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(body.length)],
  );
  // What the parser rejects ends the connection.
  if (odd(0.02)) headers.push(['Content-Length', String(body.length)]);
  const method = odd(0.03) ? pick(['PUT', 'GET', 'OPTIONS', 'QUERY'], random) : 'POST';
  const path = odd(0.06) ? pick(PATHS, random) : '/graphql';
  const version = odd(0.03) ? '1.0' : '1.1';
  const lines = headers
    .map(([name, value]) => `${inCase(name, random)}:${pick(SPACES, random)}${value}\r\n`)
    .join('');
  const head = Buffer.from(`${method} ${path} HTTP/${version}\r\n${lines}\r\n`, 'latin1');
  return Buffer.concat([head, isChunked ? toChunks(body, random) : body]);
}

const PATHS = [
  '/graphql/',
  '/graphql?a=%ff',
  '/graphql?x=1',
  '/graphql?',
  '/graphql?query=%7B__typename%7D',
  '/graphql#x',
  '/GraphQL',
  '/graphq%6c',
  'http://localhost/graphql',
  '/',
  '//graphql',
];
const SPACES = [' ', ' ', ' ', ' ', ' ', ' ', '', '  ', '\t'];

/** Names of headers are the same in every case. */
function inCase(name: string, random: Random): string {
  if (chance(random, 0.9)) return name;
  return chance(random, 0.5) ? name.toLowerCase() : name.toUpperCase();
}

function toChunks(body: Buffer, random: Random): Buffer {
  const at = Math.floor(random() * body.length);
  const parts = [body.subarray(0, at), body.subarray(at)].filter(({ length }) => length > 0);
  return Buffer.concat([
    ...parts.flatMap((part) => [
      Buffer.from(`${part.length.toString(16)}\r\n`),
      part,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(pick(['0\r\n\r\n', '0\r\n\r\n', '0;a=b\r\n\r\n', '0\r\nx-end: 1\r\n\r\n'], random)),
  ]);
}
