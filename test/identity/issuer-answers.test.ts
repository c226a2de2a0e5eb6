import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type TestService, startTestService } from '../support/service.ts';
import {
  type Issuer,
  type SignToken,
  createSigner,
  createSigningKey,
  startIssuer,
} from '../support/tokens.ts';
import { ANSWERED, type Answered, ask } from './ask.ts';

const MIB = 1024 * 1024;
const MARKER = 'planted-by-the-issuer';

const key = await createSigningKey('first');
const KEYS = JSON.stringify({ keys: [key.publicJwk] });

let now: number;
let issuer: Issuer;
let sign: SignToken;
let service: TestService;
beforeEach(async () => {
  now = 1_800_000_000_000;
  issuer = await startIssuer([key]);
  sign = createSigner(issuer, () => now);
  service = await startTestService({ now: () => now, tokens: issuer.settings });
});
afterEach(async () => {
  await service.close();
  await issuer.close();
});

const askNow = async (): Promise<Answered> =>
  ask(`${service.url}/graphql`, { token: await sign(key) });

async function drainOrClose(response: ServerResponse): Promise<void> {
  const isOver = new AbortController();
  const events = ['drain', 'close'].map((name) => once(response, name, isOver));
  await Promise.race(events);
  isOver.abort();
  await Promise.allSettled(events);
}

/** Writes as long as somebody reads, up to 150 MiB. */
async function flood(response: ServerResponse, chunk: Buffer): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  for (let sent = 0; sent < 150 * MIB && !response.destroyed; sent += chunk.length) {
    const isTaken = response.write(chunk);
    await (isTaken ? setImmediate() : drainOrClose(response));
  }
  response.end();
}

const inJson = (body: string | Buffer, headers: object = {}) => {
  return (response: ServerResponse) =>
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);
};
const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

const refused: readonly (readonly [string, (response: ServerResponse) => unknown])[] = [
  ['150 MiB of blanks', (response) => flood(response, Buffer.alloc(MIB / 16, ' '))],
  [
    '150 MiB of keys',
    (response) => flood(response, Buffer.from(`{"keys":[${'{},'.repeat(2 ** 16)}`)),
  ],
  ['more than 1 MiB', inJson(`${KEYS}${' '.repeat(MIB)}`)],
  [
    'more than 1 MiB once decoded',
    inJson(gzipSync(`${KEYS}${' '.repeat(MIB)}`), { 'content-encoding': 'gzip' }),
  ],
  [
    '150 MiB of blanks in 150 KiB',
    inJson(gzipSync(Buffer.alloc(150 * MIB, ' ')), { 'content-encoding': 'gzip' }),
  ],
  ['another encoding than was asked for', inJson(KEYS, { 'content-encoding': 'br' })],
  ['more levels than any set of keys', inJson(`{"keys":[${KEYS.slice(9, -2)}],"x":${deep(100)}}`)],
  ['a page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(KEYS)],
  ['keys with a status of an error', (response) => response.writeHead(500).end(KEYS)],
  ['keys with another status of success', (response) => response.writeHead(203).end(KEYS)],
  ['no body', (response) => response.writeHead(200).end()],
  ['no set', inJson(`[${KEYS}]`)],
  ['broken JSON', inJson(KEYS.slice(0, -1))],
  [
    'bytes that are no UTF-8',
    inJson(
      Buffer.concat([Buffer.from('{"x":"'), Buffer.of(0xff), Buffer.from(`",${KEYS.slice(1)}`)]),
    ),
  ],
];

describe('what an issuer answers is not taken', () => {
  test.each(refused)('that holds %s', async (_what, published) => {
    issuer.published = published;
    const before = process.memoryUsage().rss;
    expect(await askNow()).toMatchObject({ status: 503 });
    expect((process.memoryUsage().rss - before) / MIB).toBeLessThan(64);
  });

  test('that comes byte by byte, and a token waits three seconds at most', async () => {
    issuer.published = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
    };
    const since = performance.now();
    expect(await askNow()).toMatchObject({ status: 503 });
    expect(performance.now() - since).toBeLessThan(4_500);
  });
});

test.each([
  ['as the type of sets of keys', inJson(KEYS, { 'content-type': 'application/jwk-set+json' })],
  ['as JSON in UTF-8', inJson(KEYS, { 'content-type': 'application/json; charset=utf-8' })],
  ['as no type at all', (response: ServerResponse) => response.writeHead(200).end(KEYS)],
  ['in gzip', inJson(gzipSync(KEYS), { 'content-encoding': 'gzip' })],
  ['with 1,000 KiB of other things', inJson(`${KEYS}${' '.repeat(1_000 * 1024)}`)],
])('keys are taken that come %s', async (_what, published) => {
  issuer.published = published;
  expect(await askNow()).toEqual(ANSWERED);
  expect(service.log).toEqual([]);
});

/** Everywhere that an issuer may write. */
const wordy: readonly (readonly [string, (response: ServerResponse) => unknown])[] = [
  ['as broken JSON', inJson(`{"keys":[{"kid":"${MARKER}"`)],
  ['as a page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(MARKER)],
  ['as a type', (response) => response.writeHead(200, { 'content-type': MARKER }).end(KEYS)],
  ['as an encoding', inJson(KEYS, { 'content-encoding': MARKER })],
  ['as a place', (response) => response.writeHead(302, { location: `/${MARKER}` }).end()],
  ['as a status', (response) => response.writeHead(500, MARKER).end(MARKER)],
  ['as no HTTP', (response) => response.socket?.end(`HTTP/1.1 ${MARKER}\r\n\r\n`)],
  [
    'as a header that is none',
    (response) => response.socket?.end(`HTTP/1.1 200 OK\r\n${MARKER}\r\n\r\n`),
  ],
  [
    'as a length that is none',
    (response) => response.socket?.end(`HTTP/1.1 200 OK\r\ncontent-length: ${MARKER}\r\n\r\n`),
  ],
  ['in gzip that is none', inJson(MARKER, { 'content-encoding': 'gzip' })],
  ['as keys that are none', inJson(JSON.stringify({ keys: [MARKER] }))],
  ...['kty', 'kid', 'alg', 'crv', 'use', 'x'].map(
    (name) =>
      [
        `as a key’s ${name}`,
        inJson(
          JSON.stringify({
            keys: [{ ...key.publicJwk, kid: `other-${MARKER}`, [name]: MARKER, y: 'AA' }],
          }),
        ),
      ] as const,
  ),
];

test.each(wordy)(
  'what an issuer writes %s is in no line of the log and in no answer',
  async (_what, published) => {
    issuer.published = published;
    const answer = await askNow();
    expect([401, 503]).toContain(answer.status);
    expect(service.log).toHaveLength(1);
    expect(JSON.stringify([service.log, answer])).not.toContain(MARKER);
  },
);
