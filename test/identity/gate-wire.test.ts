import { once } from 'node:events';
import { Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestService, startTestService } from '../support/service.ts';
import { open, readAnswer, sendRaw, toRequest } from './raw-request.ts';

const SECRET = 'of-the-router';
const JSON_HEADERS = [
  ['host', 'badges'],
  ['content-type', 'application/json'],
] as const;
const QUERY = JSON.stringify({ query: '{ badges { totalCount } }' });

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ routerSecrets: [SECRET] });
});
afterAll(() => service.close());

// Whatever a test sent: nobody was asked, and nothing was worth a line.
afterEach(() => {
  const { returningAI, tagMango } = service.sandbox;
  expect([...service.log, ...returningAI.requests, ...tagMango.requests]).toEqual([]);
});

const statusesOf = (raw: string) =>
  [...raw.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

const gzipped = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
const bomb = Buffer.concat([
  Buffer.from(
    toRequest('POST /graphql HTTP/1.1', [
      ...JSON_HEADERS,
      ['content-encoding', 'gzip'],
      ['content-length', String(gzipped.length)],
    ]),
  ),
  gzipped,
]);

describe('without the secret the answer comes at once, and the connection ends, after', () => {
  test.each<[string, string | Buffer]>([
    [
      'a chunked body that never ends',
      toRequest(
        'POST /graphql HTTP/1.1',
        [...JSON_HEADERS, ['transfer-encoding', 'chunked']],
        '5\r\n{"que\r\n',
      ),
    ],
    [
      'a body shorter than its length',
      toRequest('POST /graphql HTTP/1.1', [...JSON_HEADERS, ['content-length', '1000000']], '{'),
    ],
    [
      'a length beyond what is taken',
      toRequest('POST /graphql HTTP/1.1', [...JSON_HEADERS, ['content-length', '99999999999']]),
    ],
    [
      'a wrong type and a wrong charset',
      toRequest('POST /graphql HTTP/1.1', [
        ['host', 'badges'],
        ['content-type', 'application/json; charset=utf-99'],
        ['content-length', '5'],
      ]),
    ],
    ['a compression bomb', bomb],
    [
      'a request to become a WebSocket',
      toRequest('GET /graphql HTTP/1.1', [
        ['host', 'badges'],
        ['connection', 'Upgrade'],
        ['upgrade', 'websocket'],
        ['sec-websocket-version', '13'],
        ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
        ['sec-websocket-protocol', 'graphql-transport-ws'],
      ]),
    ],
    [
      'a request to become HTTP/2',
      toRequest('POST /graphql HTTP/1.1', [
        ...JSON_HEADERS,
        ['connection', 'Upgrade, HTTP2-Settings'],
        ['upgrade', 'h2c'],
        ['http2-settings', 'AAMAAABkAAQAAP__'],
        ['content-length', '1'],
      ]),
    ],
    [
      'a request of the version before',
      toRequest('POST /graphql HTTP/1.0', [...JSON_HEADERS, ['content-length', '9']]),
    ],
    [
      'a request that would override its method and its path',
      toRequest('GET /health HTTP/1.1', [
        ['host', 'badges'],
        ['x-http-method-override', 'POST'],
        ['x-original-url', '/health/live'],
        ['x-rewrite-url', '/health/live'],
        ['x-forwarded-prefix', '/health/live'],
      ]),
    ],
  ])('%s', async (_what, bytes) => {
    const raw = await sendRaw(service.url, bytes);
    const { status, body } = readAnswer(raw);
    expect([status, JSON.parse(body)]).toEqual([
      401,
      {
        errors: [
          {
            message: 'Header "router-authorization" must contain the router\'s secret.',
            extensions: {
              code: 'UNAUTHENTICATED',
              requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
            },
          },
        ],
      },
    ]);
    expect(statusesOf(raw)).toEqual([401]);
  });
});

test('a chunk that is none comes too late to be told of', async () => {
  const raw = await sendRaw(
    service.url,
    toRequest(
      'POST /graphql HTTP/1.1',
      [...JSON_HEADERS, ['transfer-encoding', 'chunked']],
      'zz\r\n',
    ),
  );
  expect(statusesOf(raw)[0]).toBe(401);
});

test.each(['100-continue', 'a lot', '100-continue, a lot', ''])(
  'an expectation without the secret is not met and not told of: %p',
  async (expectation) => {
    const raw = await sendRaw(
      service.url,
      toRequest('POST /graphql HTTP/1.1', [
        ...JSON_HEADERS,
        ['expect', expectation],
        ['content-length', String(QUERY.length)],
      ]),
    );
    expect(statusesOf(raw)).toEqual([401]);
  },
);

test.each([
  ['CONNECT', toRequest('CONNECT /graphql HTTP/1.1', JSON_HEADERS), []],
  ['CONNECT to another host', toRequest('CONNECT tagmango.com:443 HTTP/1.1', JSON_HEADERS), []],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
  ['a target that is none', toRequest('GET \\graphql HTTP/1.1', JSON_HEADERS), [400]],
  [
    'a target in bytes that are no ASCII',
    toRequest('GET \u00ff/graphql HTTP/1.1', JSON_HEADERS),
    [400],
  ],
  ['a method that is none', toRequest('BADGE /graphql HTTP/1.1', JSON_HEADERS), [400]],
  ['no host', 'POST /graphql HTTP/1.1\r\nconnection: close\r\n\r\n', [400]],
  [
    'a path longer than all headers may be',
    toRequest(`GET /${'a'.repeat(20_000)} HTTP/1.1`, JSON_HEADERS),
    [431],
  ],
  [
    'two lengths',
    toRequest('POST /graphql HTTP/1.1', [
      ...JSON_HEADERS,
      ['content-length', '1'],
      ['content-length', '2'],
    ]),
    [400],
  ],
  [
    'a length and chunks',
    toRequest('POST /graphql HTTP/1.1', [
      ...JSON_HEADERS,
      ['content-length', '1'],
      ['transfer-encoding', 'chunked'],
    ]),
    [400],
  ],
])(
  'what Node does not take gets no further, with the secret or without: %s',
  async (_what, bytes, statuses) => {
    const withSecret = bytes.replace('\r\n', `\r\nrouter-authorization: ${SECRET}\r\n`);
    for (const sent of [bytes, withSecret]) {
      const raw = await sendRaw(service.url, sent);
      expect(statusesOf(raw)).toEqual(statuses);
      expect(raw).not.toMatch(/badges|query|graphql/i);
    }
  },
);

describe('on one connection each request shows the secret for itself', () => {
  const health = toRequest('GET /health/live HTTP/1.1', [['host', 'badges']]);
  const withSecret = toRequest('GET /nothing HTTP/1.1', [
    ['host', 'badges'],
    ['router-authorization', SECRET],
  ]);
  const without = toRequest(
    'POST /graphql HTTP/1.1',
    [...JSON_HEADERS, ['content-length', String(QUERY.length)]],
    QUERY,
  );

  test.each([
    ['after the router', [withSecret, without], [404, 401]],
    ['after the router twice', [withSecret, withSecret, without], [404, 404, 401]],
    ['and what comes after a probe is not answered', [health, without], [200]],
    ['nor is it after both', [withSecret, health, withSecret, without], [404, 200]],
    ['and what comes after a refusal is not answered', [without, withSecret, health], [401]],
  ])('%s', async (_what, requests, statuses) => {
    const raw = await sendRaw(service.url, requests.join(''));
    expect(statusesOf(raw)).toEqual(statuses);
  });

  test('a request in the body of another is a body', async () => {
    const inner = toRequest('GET /health/live HTTP/1.1', [['host', 'badges']]);
    const raw = await sendRaw(
      service.url,
      toRequest(
        'POST /graphql HTTP/1.1',
        [...JSON_HEADERS, ['content-length', String(inner.length)]],
        inner,
      ),
    );
    expect(statusesOf(raw)).toEqual([401]);
  });
});

test('a body that goes on and on is not taken in', async () => {
  const socket = await open(service.url);
  socket.write(
    toRequest('POST /graphql HTTP/1.1', [...JSON_HEADERS, ['transfer-encoding', 'chunked']]),
  );
  const chunk = `10000\r\n${' '.repeat(65_536)}\r\n`;
  let sent = 0;
  const pump = (): void => {
    while (socket.writable && socket.write(chunk)) sent += chunk.length;
  };
  socket.on('drain', pump).on('error', () => undefined);
  pump();
  socket.resume();
  await new Promise((resolve) => socket.once('close', resolve));

  expect(sent).toBeLessThan(64 * 1024 * 1024);
});

describe('secrets that are replaced while the service runs', () => {
  const apply = (...routerSecrets: string[]) => {
    const providerValues = service.sandbox.providerValues;
    const tenants = [{ id: 'default', providerValues, requestLimits: {} }];
    expect(service.apply({ tenants, routerSecrets })).toEqual({
      added: [],
      changed: [],
      removed: [],
    });
  };

  test('count for the next request, also on connections that stand', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports: unknown[] = [];
    const ask = async (secret: string): Promise<number | undefined> => {
      const request = httpRequest(`${service.url}/nothing`, {
        agent,
        headers: { 'router-authorization': secret },
      }).end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      ports.push(response.socket.localPort);
      await text(response);
      return response.statusCode;
    };
    try {
      expect(await ask(SECRET)).toBe(404);
      apply('next', SECRET);
      expect([await ask(SECRET), await ask('next')]).toEqual([404, 404]);
      apply('next');
      expect(await ask('next')).toBe(404);
      expect(new Set(ports).size).toBe(1);

      expect(await ask(SECRET)).toBe(401);
      expect(await ask('next')).toBe(404);
      // The refusal ended the connection that stood.
      expect(new Set(ports).size).toBe(2);
    } finally {
      agent.destroy();
      apply(SECRET);
    }
  });
});
