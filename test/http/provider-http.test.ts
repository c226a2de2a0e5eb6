import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Pool, buildConnector } from 'undici';
import type { CallBounds, Verdict } from '../../src/http/admission.ts';
import { createPool } from '../../src/http/attempt.ts';
import type { ProviderError } from '../../src/http/provider-error.ts';
import {
  type HttpDeps,
  type OnFault,
  type ProviderHttp,
  createProviderHttp,
} from '../../src/http/provider-http.ts';
import { eventually } from '../state/eventually.ts';
import { createSkippingClock, settled } from '../support/clock.ts';
import { plainHttpDeps } from '../support/http-deps.ts';

type Fault = Parameters<OnFault>[0];

let server: Server | undefined;
let http: ProviderHttp | undefined;
const sockets = new Set<Socket>();
const faults: Fault[] = [];
const waits: Parameters<HttpDeps['onWait']>[0][] = [];
/** What the breaker was told, in its order. */
const verdicts: Verdict[] = [];

afterEach(async () => {
  await http?.close();
  server?.closeAllConnections();
  server?.close();
  sockets.clear();
  faults.length = 0;
  waits.length = 0;
  verdicts.length = 0;
});

function createHttp(baseUrl: string, key: string, rest: Partial<HttpDeps> = {}): ProviderHttp {
  return createProviderHttp({
    provider: { enumValue: 'ACME', title: 'Acme' },
    baseUrl,
    credentials: { 'x-api-key': key },
    routes: [/^(GET|PUT) \/badges(\/1)?$/],
    ...plainHttpDeps,
    attemptTimeoutMs: 800,
    createBreaker: () => ({
      waitMs: () => 0,
      enter: () => (verdict) => void verdicts.push(verdict),
    }),
    onFault: (fault) => faults.push(fault),
    onWait: (wait) => waits.push(wait),
    ...rest,
  });
}

/** A provider that answers as told, and a way to it. Resolves with the requests that arrive. */
async function provider(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  key = 'hidden-key',
): Promise<{ http: ProviderHttp; requests: string[] }> {
  const requests: string[] = [];
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  http = createHttp(`http://127.0.0.1:${port}/prefix`, key);
  return { http, requests };
}

async function failureOf(call: Promise<unknown>): Promise<Partial<ProviderError>> {
  return call.then(
    () => Promise.reject(new Error('the call did not fail')),
    ({ kind, effect, message, provider: name }: ProviderError) => ({
      kind,
      effect,
      message,
      provider: name,
    }),
  );
}

const read = (json: unknown) => json;
const within = (purpose: CallBounds['purpose']): CallBounds => ({
  purpose,
  deadlineAt: Date.now() + 3_000,
});
const list = (over: ProviderHttp) =>
  over.call({ operation: 'listBadges', method: 'GET', path: '/badges' }, within('query'), read);
const write = (over: ProviderHttp) =>
  over.call(
    { operation: 'updateBadge', method: 'PUT', path: '/badges/1', body: { a: 1 } },
    within('write'),
    read,
  );
const json = { 'content-type': 'application/json' };

test('a call carries the prefix, the headers, and asks for an answer in gzip at most', async () => {
  const seen: IncomingMessage['headers'][] = [];
  const { http, requests } = await provider(({ headers }, response) => {
    seen.push(headers);
    response.writeHead(200, json).end('{"ok":true}');
  });

  expect(await list(http)).toEqual({ ok: true });
  expect(requests).toEqual(['GET /prefix/badges']);
  expect(seen[0]).toMatchObject({
    'x-api-key': 'hidden-key',
    'accept-encoding': 'gzip',
    accept: 'application/json',
  });
});

test('a body that drips on is given up at the attempt timeout, and its socket closed', async () => {
  const { http } = await provider((_request, response) => {
    response.writeHead(200, json).write('[');
    const timer = setInterval(() => response.write(' '), 20);
    response.once('close', () => clearInterval(timer));
  });

  expect(await failureOf(list(http))).toMatchObject({ kind: 'timeout', effect: 'unknown' });
  await eventually(() => sockets.size === 0);
});

test('an answer in chunks of one byte takes no more memory than another', async () => {
  setFlagsFromString('--expose_gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const content = '0123456789'.repeat(30_000);
  const chunks = Array.from(`"${content}`, (character) => `1\r\n${character}\r\n`).join('');
  let taken = 0;
  await provider(({ socket }, response) => {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    response.writeHead(200, { ...json, 'transfer-encoding': 'chunked' }).flushHeaders();
    const measure = (): void => {
      collectGarbage();
      taken = process.memoryUsage().heapUsed - before;
      response.end('"');
    };
    socket.write(chunks, () => setTimeout(measure, 100));
  });
  const { port } = server?.address() as AddressInfo;
  await http?.close();
  http = createHttp(`http://127.0.0.1:${port}`, 'key', { attemptTimeoutMs: 5_000 });
  const bounds: CallBounds = { purpose: 'query', deadlineAt: Date.now() + 5_000 };
  const call = { operation: 'listBadges', method: 'GET', path: '/badges' } as const;
  expect((await http.call(call, bounds, read)) === content).toBe(true);
  expect(taken).toBeLessThan(10 * content.length);
});

const countTimers = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('the timeout of a call ends with its answer', async () => {
  const CALLS = 20;
  const { http } = await provider((_request, response) => response.end('[]'));
  await list(http);
  const before = countTimers();
  for (let call = 0; call < CALLS; call += 1) await list(http);
  expect(countTimers() - before).toBeLessThan(CALLS / 2);
});

describe('answers that come before the answer itself, such as early hints,', () => {
  const hint = (response: ServerResponse): void => {
    response.writeProcessing();
    response.writeEarlyHints({ link: '</a.css>; rel=preload' });
  };

  test('are passed over', async () => {
    const { http } = await provider((_request, response) => {
      hint(response);
      setTimeout(() => response.writeHead(200, json).end('["a"]'), 20);
    });
    expect(await list(http)).toEqual(['a']);
  });

  test('are no answer if nothing follows', async () => {
    const { http } = await provider((_request, response) => {
      hint(response);
      setTimeout(() => response.destroy(), 20);
    });
    const message = 'dropped the connection before it responded';
    expect(await failureOf(write(http))).toMatchObject({
      kind: 'unavailable',
      effect: 'unknown',
      message: expect.stringContaining(message),
    });
  });
});

test.each([
  ['a read', list],
  ['a write', write],
])('%s that is not connected in time was not sent, and is not sent later', async (_what, call) => {
  const CONNECT_MS = 400;
  const { http: known, requests } = await provider((_request, response) => response.end('[]'));
  await known.close();
  const { port } = server?.address() as AddressInfo;
  let connected = 0;
  const connectNow = buildConnector({});
  http = createHttp(`http://127.0.0.1:${port}/prefix`, 'key', {
    attemptTimeoutMs: CONNECT_MS / 2,
    connect: (origin) =>
      new Pool(origin, {
        connect: (options, callback) =>
          void setTimeout(() => {
            connected += 1;
            connectNow(options, callback);
          }, CONNECT_MS),
      }),
  });
  expect(await failureOf(call(http))).toMatchObject({ kind: 'timeout', effect: 'not-sent' });
  await eventually(() => connected > 0);
  await pause(100);
  expect(requests).toEqual([]);
});

test('the refusal of a proxy whose body drips on ends the call, and its socket closes', async () => {
  await provider((_request, response) => {
    response.writeHead(407).write('x');
    const timer = setInterval(() => response.write('x'), 20);
    response.once('close', () => clearInterval(timer));
  });
  const { port } = server?.address() as AddressInfo;
  const proxy = `http://127.0.0.1:${port}`;
  await http?.close();
  http = createHttp('http://plain.example', 'key', {
    connect: (origin) => createPool(origin, { http: proxy, https: proxy, except: '' }),
  });
  expect(await failureOf(write(http))).toMatchObject({ kind: 'unavailable', effect: 'unknown' });
  await eventually(() => sockets.size === 0);
});

test('headers that never come are given up at the attempt timeout', async () => {
  const { http } = await provider(() => undefined);
  expect(await failureOf(write(http))).toMatchObject({ kind: 'timeout', effect: 'unknown' });
});

test.each(['query', 'write'] as const)(
  'a fault of ours in reading the answer to a %s comes as it was thrown, and tells nothing of the provider',
  async (purpose) => {
    const { http, requests } = await provider((_request, response) => {
      response.writeHead(200, json).end('{}');
    });
    const bug = new TypeError('x is not a function');
    const call = http.call(
      { operation: 'updateBadge', method: 'PUT', path: '/badges/1', body: {} },
      within(purpose),
      () => {
        throw bug;
      },
    );
    await expect(call).rejects.toBe(bug);
    expect(requests).toHaveLength(1);
    expect([faults, verdicts]).toEqual([[], ['nothing']]);
  },
);

test('a request that cannot be made for a fault of ours is not the provider’s, and leaves no timeout', async () => {
  const { http, requests } = await provider((_request, response) => response.end());
  const before = countTimers();
  const call = http.call(
    { operation: 'updateBadge', method: 'PUT', path: '/badges/1', body: { endless: 1n } },
    within('write'),
    read,
  );
  await expect(call).rejects.toMatchObject({ name: 'TypeError' });
  expect(countTimers()).toBe(before);
  expect([requests, faults, verdicts]).toEqual([[], [], ['nothing']]);
});

test('a redirect is not followed', async () => {
  const { http, requests } = await provider((_request, response) => {
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  expect(await failureOf(list(http))).toMatchObject({ kind: 'bad-response', effect: 'unknown' });
  expect(requests).toEqual(['GET /prefix/badges']);
  expect(verdicts).toEqual(['good']);
});

test('a write whose socket is reset is sent once, and its effect is unknown', async () => {
  const { http, requests } = await provider(({ socket }) => socket.resetAndDestroy());
  expect(await failureOf(write(http))).toMatchObject({ kind: 'unavailable', effect: 'unknown' });
  expect(requests).toEqual(['PUT /prefix/badges/1']);
});

test('a body that breaks off is a bad response', async () => {
  const { http } = await provider((_request, response) => {
    response.writeHead(200, { ...json, 'content-length': '100' }).write('[', () => {
      response.socket?.destroy();
    });
  });
  expect(await failureOf(write(http))).toMatchObject({ kind: 'bad-response', effect: 'unknown' });
});

test('a write to nobody was not sent', async () => {
  const { http } = await provider(() => undefined);
  server?.close();
  expect(await failureOf(write(http))).toEqual({
    kind: 'unavailable',
    effect: 'not-sent',
    message: 'could not be reached',
    provider: { enumValue: 'ACME', title: 'Acme' },
  });
});

test.each([
  ['whose name cannot be resolved', () => 'http://nowhere.invalid'],
  ['that speaks no TLS', (port: number) => `https://127.0.0.1:${port}`],
])('a write to a provider %s was not sent', async (_name, toUrl) => {
  const { requests } = await provider((_request, response) => response.end());
  const { port } = server?.address() as AddressInfo;
  await http?.close();
  http = createHttp(toUrl(port), 'hidden-key');
  expect(await failureOf(write(http))).toMatchObject({ kind: 'unavailable', effect: 'not-sent' });
  expect(requests).toEqual([]);
});

describe('Retry-After', () => {
  test.each([
    ['2', 2_000],
    ['0', 0],
    ['3600', 10_000],
    ['-1', 10_000],
    ['soon', 10_000],
    [undefined, 10_000],
  ])('%s means %i ms', async (retryAfter, expected) => {
    const { http } = await provider((_request, response) => {
      response.writeHead(429, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end();
    });
    const error: unknown = await list(http).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      kind: 'rate-limited',
      effect: 'refused',
      retryAfterMs: expected,
    });
  });
});

test('a fault is told with the provider’s message, cut and without our key', async () => {
  const { http } = await provider((_request, response) => {
    response.writeHead(500, json).end(`your key hidden-key ${'x'.repeat(1_000)}`);
  });
  await failureOf(write(http));

  expect(faults).toEqual([
    {
      method: 'PUT',
      path: '/badges/1',
      error: expect.anything(),
      providerMessage: expect.any(String),
      attempt: {
        provider: { enumValue: 'ACME', title: 'Acme' },
        operation: 'updateBadge',
        method: 'PUT',
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/prefix\/badges\/1$/),
        purpose: 'write',
        attempt: 1,
        isStarted: true,
        status: 500,
        waitedMs: expect.any(Number),
        durationMs: expect.any(Number),
        outcome: 'unavailable',
      },
    },
  ]);
  expect(faults[0]?.providerMessage).toMatch(/^your key \[redacted\] x+$/);
  expect(faults[0]?.providerMessage?.length).toBe(300);
});

describe('an answer of JSON', () => {
  const answer = (body: Buffer | string, type = 'application/json') =>
    provider((_request, response) => {
      response.writeHead(200, { 'content-type': type }).end(body);
    });

  test.each([
    ['UTF-8', 'application/json; charset=UTF-8', '{"title":"Größe"}'],
    ['UTF-8 with a byte order mark', 'application/json', '\uFEFF{"title":"Größe"}'],
    ['another JSON type', 'application/problem+json', '{"title":"Größe"}'],
  ])('is read in %s', async (_name, type, body) => {
    const { http } = await answer(body, type);
    expect(await list(http)).toEqual({ title: 'Größe' });
  });

  test.each([
    ['declared as Latin-1', 'application/json; charset=iso-8859-1', Buffer.from('{"a":"b"}')],
    ['that is Latin-1 without saying so', 'application/json', Buffer.from('{"a":"ö"}', 'latin1')],
    ['declared as HTML', 'text/html', Buffer.from('{"a":"b"}')],
    ['of more than 5 MiB', 'application/json', Buffer.from(`{"a":"${'x'.repeat(5 << 20)}"}`)],
  ])('%s is refused: what is misread would be written back', async (_name, type, body) => {
    const { http } = await answer(body, type);
    expect(await failureOf(list(http))).toMatchObject({ kind: 'bad-response' });
  });
});

test.each([
  ['as it is', 'abc/def+ghi=='],
  ['in JSON of some servers', 'abc\\/def+ghi=='],
  ['in a URL', 'abc%2Fdef%2Bghi%3D%3D'],
  ['with Unicode escapes', 'abc\\u002fdef\\u002bghi\\u003d\\u003d'],
])('our key never reaches the log when a provider echoes it %s', async (_name, echoed) => {
  const { http } = await provider((_request, response) => {
    response.writeHead(400, json).end(JSON.stringify({ message: `bad key ${echoed}` }));
  }, 'abc/def+ghi==');
  await failureOf(write(http));
  expect(faults[0]?.providerMessage).toBe('bad key [redacted]');
});

describe('an answer in gzip', () => {
  const inGzip = { ...json, 'content-encoding': 'gzip' };
  const whole = gzipSync(JSON.stringify({ title: 'Größe', pad: 'x'.repeat(10_000) }));

  test('is read', async () => {
    const { http } = await provider((_request, response) => {
      response.writeHead(200, inGzip).end(whole);
    });
    expect(await list(http)).toMatchObject({ title: 'Größe' });
    expect(verdicts).toEqual(['good']);
  });

  test('that inflates beyond 5 MiB is refused once, and its connection closed', async () => {
    const bomb = gzipSync(Buffer.alloc(20 << 20, ' '));
    const { http, requests } = await provider((_request, response) => {
      response.writeHead(200, inGzip).end(bomb);
    });
    expect(await failureOf(list(http))).toMatchObject({
      kind: 'bad-response',
      effect: 'unknown',
      message: 'returned more than 5242880 bytes',
    });
    expect(requests).toHaveLength(1);
    expect(verdicts).toEqual(['failed']);
  });

  test('that goes on for ever is read no further than 5 MiB', async () => {
    const { http } = await provider((_request, response) => {
      response.writeHead(200, inGzip);
      // Stored, not compressed: as long on the wire as it is once decoded.
      const stored = gzipSync(Buffer.alloc(1 << 20, 'x'), { level: 0 });
      const timer = setInterval(() => response.write(stored), 5);
      response.on('error', () => undefined).once('close', () => clearInterval(timer));
    });
    expect(await failureOf(list(http))).toMatchObject({ kind: 'bad-response' });
    await eventually(() => sockets.size === 0);
  });

  test.each([
    ['ends too early', whole.subarray(0, -20), whole.length],
    ['is complete for HTTP and broken off for gzip', whole.subarray(0, -20), undefined],
  ])('that %s is a bad response, and asked for again', async (_name, part, length) => {
    const { http, requests } = await provider((_request, response) => {
      response.writeHead(200, { ...inGzip, 'content-length': length ?? part.length });
      response.write(part, () => response.end());
      if (length !== undefined) response.socket?.end();
    });
    expect(await failureOf(list(http))).toMatchObject({
      kind: 'bad-response',
      effect: 'unknown',
      message: 'dropped the connection in the middle of its response',
    });
    expect(requests).toHaveLength(3);
    expect(verdicts).toEqual(['failed', 'failed', 'failed']);
  });

  test('that is none is a bad response', async () => {
    const { http } = await provider((_request, response) => {
      response.writeHead(200, inGzip).end('{"title":"Größe"}');
    });
    expect(await failureOf(list(http))).toMatchObject({ kind: 'bad-response' });
  });
});

test.each([
  ['is no gzip', { ...json, 'content-encoding': 'gzip' }, 'Service Unavailable'],
  ['is too large', json, 'x'.repeat(6 << 20)],
])('a 503 whose body %s is still a 503', async (_name, headers, body) => {
  const { http } = await provider((_request, response) => {
    response.writeHead(503, headers).end(body);
  });
  expect(await failureOf(write(http))).toMatchObject({
    kind: 'unavailable',
    effect: 'unknown',
    message: 'returned the error status 503',
  });
  expect(faults[0]?.providerMessage).toBeUndefined();
});

// Its body is not read, and an error of it must not end the process.
test.each([200, 503])(
  'a %i in an encoding that nobody asked for is a fault like any other',
  async (status) => {
    const { http } = await provider((_request, response) => {
      response.writeHead(status, { ...json, 'content-encoding': 'br' }).end('x');
    });
    expect(await failureOf(write(http))).toMatchObject({
      kind: status === 200 ? 'bad-response' : 'unavailable',
    });
    await settled();
  },
);

test('a 503 whose body breaks off is still a 503', async () => {
  const { http } = await provider((_request, response) => {
    response.writeHead(503, { 'content-length': '100' }).write('x', () => {
      response.socket?.resetAndDestroy();
    });
  });
  expect(await failureOf(write(http))).toMatchObject({ message: 'returned the error status 503' });
});

test('a call that waits for its turn is told of, with how long, and one that hardly does is not', async () => {
  await provider((_request, response) => response.writeHead(200, json).end('{}'));
  const { port } = server?.address() as AddressInfo;
  await http?.close();
  const clock = createSkippingClock();
  const left = [0, 450, 0, 40];
  http = createHttp(`http://127.0.0.1:${port}`, 'hidden-key', {
    clock,
    budget: { take: async () => left.pop() ?? 0, block: async () => undefined },
  });
  await list(http);
  expect(waits).toEqual([]);
  await write(http);
  expect(waits).toEqual([{ purpose: 'write', waitedMs: expect.any(Number) }]);
  expect(waits[0]?.waitedMs).toBeGreaterThanOrEqual(450);
});

describe('the breaker hears', () => {
  test('that an answer took more than half of its time', async () => {
    const clock = createSkippingClock();
    await provider((_request, response) => {
      clock.skip(401);
      response.writeHead(200, json).end('{}');
    });
    const { port } = server?.address() as AddressInfo;
    await http?.close();
    http = createHttp(`http://127.0.0.1:${port}`, 'hidden-key', { clock });
    await list(http);
    expect(verdicts).toEqual(['slow']);
  });

  test.each([
    [400, 'good'],
    [401, 'good'],
    [404, 'good'],
    [429, 'nothing'],
    [204, 'good'],
  ] as const)('of a write that is answered with %i: %s', async (status, verdict) => {
    const { http } = await provider((_request, response) => {
      response.writeHead(status, { 'retry-after': '0' }).end();
    });
    await write(http).catch(() => undefined);
    expect(verdicts).toEqual([verdict]);
  });

  // toVerdict takes every answer without a body for a good one, a 500 too.
  test('of a 500 without a body: failed', async () => {
    const { http } = await provider((_request, response) => {
      response.writeHead(500).end();
    });
    await failureOf(write(http));
    expect(verdicts).toEqual(['failed']);
  });

  test('nothing of a call that had less time than others, and failed at a whole one', async () => {
    const { http } = await provider(() => undefined);
    const bounds: CallBounds = { purpose: 'query', deadlineAt: Date.now() + 200 };
    const call = http.call(
      { operation: 'listBadges', method: 'GET', path: '/badges' },
      bounds,
      read,
    );
    expect(await failureOf(call)).toMatchObject({ kind: 'timeout' });
    expect(verdicts).toEqual(['nothing']);

    await failureOf(write(http));
    expect(verdicts).toEqual(['nothing', 'failed']);
  });
});

test('half a character in a body leaves as U+FFFD: no UTF-8 could hold it, and many parsers refuse its escape', async () => {
  const bodies: string[] = [];
  const { http: way } = await provider((request, response) => {
    void text(request).then((body) => {
      bodies.push(body);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  const body = { name: 'Cut \ud83d', '\udfc5': ['\\ud83d', '🏅'] };
  await way.call(
    { operation: 'updateBadge', method: 'PUT', path: '/badges/1', body },
    { purpose: 'write', deadlineAt: Date.now() + 5_000 },
    () => null,
  );
  expect(bodies).toEqual(['{"name":"Cut \ufffd","\ufffd":["\\\\ud83d","🏅"]}']);
});
