import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readAnswer, sendRaw, toRequest } from '../identity/raw-request.ts';
import { type TestService, startTestService } from '../support/service.ts';

let service: TestService;
let production: TestService;
beforeAll(async () => {
  service = await startTestService({ hasPlayground: true });
  production = await startTestService({ isProduction: true, hasPlayground: false });
});
afterAll(async () => {
  await service.close();
  await production.close();
});

const QUERY = JSON.stringify({ query: '{ badges { totalCount } }' });
const JSON_TYPE = { 'content-type': 'application/json' };
const anyId: unknown = expect.any(String);

interface Told {
  status: number;
  allow: string | null;
  errors: unknown;
}

async function send(path: string, init: RequestInit, { url } = service): Promise<Told> {
  const response = await fetch(url + path, init);
  const requestId = response.headers.get('x-request-id');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const text = await response.text();
  const { errors } = (text === '' ? {} : JSON.parse(text)) as { errors?: unknown[] };
  for (const error of errors ?? []) expect(error).toMatchObject({ extensions: { requestId } });
  return { status: response.status, allow: response.headers.get('allow'), errors };
}

const refused = (message: string, code = 'BAD_REQUEST') => [
  { message, extensions: { code, requestId: anyId } },
];

describe('a path that is known and takes another method', () => {
  test.each([
    ['PUT', '/graphql', 'GET, POST'],
    ['DELETE', '/graphql/', 'GET, POST'],
    ['OPTIONS', '/graphql?query={__typename}', 'GET, POST'],
    ['POST', '/health/live', 'GET, HEAD'],
    ['PATCH', '/health/ready', 'GET, HEAD'],
  ])('%s %s is told which', async (method, path, allow) => {
    expect(await send(path, { method })).toEqual({
      status: 405,
      allow,
      errors: refused(`Method not allowed. This path accepts ${allow}.`),
    });
  });

  test('in production /graphql takes POST only', async () => {
    for (const method of ['GET', 'PUT']) {
      expect(await send('/graphql', { method }, production)).toEqual({
        status: 405,
        allow: 'POST',
        errors: refused('Method not allowed. This path accepts POST.'),
      });
    }
    expect(await send('/graphql', { method: 'HEAD' }, production)).toMatchObject({ status: 405 });
  });
});

test('a path that is none is told of where GraphQL is', async () => {
  for (const path of ['/nothing', '/graphql/x', '/GraphQL', '/health']) {
    expect(await send(path, { method: 'POST', headers: JSON_TYPE, body: QUERY })).toEqual({
      status: 404,
      allow: null,
      errors: refused('Nothing is served at this path. The GraphQL endpoint is /graphql.'),
    });
  }
});

test.each([
  ['PUT', '/graphql', 405],
  ['PATCH', '/graphql/?x=1', 405],
  ['POST', '/health/ready', 405],
  ['POST', '/nothing', 404],
  ['DELETE', '/', 405],
])('%s %s is %i whatever its body is', async (method, path, status) => {
  for (const [type, body] of [
    ['application/json', '{'],
    ['application/json', ''],
    ['application/xml', '<x/>'],
    ['application/json', 'x'.repeat(2 * 1024 * 1024)],
  ] as const) {
    const answer = await send(path, { method, headers: { 'content-type': type }, body });
    expect(answer.status).toBe(status);
  }
});

test.each([
  ['"__proto__"', '{"__proto__":{"x":1}}'],
  ['"__proto__"', '{"a":[{"\\u005f_proto__":1}]}'],
  ['"prototype" under "constructor"', '{"constructor":{"prototype":{}}}'],
])('the key %s in the variables of a GET is told as what it is', async (key, variables) => {
  const query = new URLSearchParams({ query: '{ __typename }', variables }).toString();
  const headers = { 'apollo-require-preflight': '1' };
  expect(await send(`/graphql?${query}`, { headers })).toEqual({
    status: 400,
    allow: null,
    errors: refused(`The JSON of a request must not contain the key ${key}.`),
  });
  expect(service.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

test('/graphql/ is /graphql', async () => {
  const response = await fetch(`${service.url}/graphql/`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: QUERY,
  });
  expect(await response.json()).toEqual({ data: { badges: { totalCount: 16 } } });
});

test.each([
  ['gzip', gzipSync(QUERY)],
  ['br', Buffer.from(QUERY)],
  ['identity, gzip', gzipSync(QUERY)],
])('a body in %s is refused as what it is', async (encoding, body) => {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { ...JSON_TYPE, 'content-encoding': encoding },
    body: new Uint8Array(body),
  });
  expect([response.status, response.headers.get('accept-encoding'), await response.json()]).toEqual(
    [415, 'identity', { errors: refused('The body must not be compressed.') }],
  );
});

describe('the operation’s name', () => {
  const ask = async (operationName: unknown, query = '{ badges { totalCount } }') => {
    const body = JSON.stringify({ query, operationName });
    const response = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: JSON_TYPE,
      body,
    });
    return (await response.json()) as unknown;
  };

  test.each(['', null])('%j is as good as none', async (operationName) => {
    expect(await ask(operationName)).toEqual({ data: { badges: { totalCount: 16 } } });
  });

  test('none is too little for a document with several, empty or not', async () => {
    const several = 'query a { __typename } query b { __typename }';
    const refusal = { errors: [{ extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } }] };
    for (const operationName of ['', null, 'c']) {
      expect(await ask(operationName, several)).toMatchObject(refusal);
    }
    expect(await ask('b', several)).toEqual({ data: { __typename: 'Query' } });
  });
});

describe('every error answer has the id of its request:', () => {
  const post = (body: string, headers: Record<string, string> = JSON_TYPE) => ({
    method: 'POST',
    headers,
    body,
  });
  const NO_BODY = 'The body must be a JSON object that has the operation in "query".';
  const NO_JSON = 'The body must be valid JSON.';
  const NO_QUERY = 'A request must have its operation in "query".';
  const NO_BATCH = 'A request must have one operation. Batches are not supported.';
  const NO_TYPE = 'The body must have the content type application/json.';
  const HEADER =
    'A GET request must have the header "apollo-require-preflight" with any value, because links and forms of other pages cannot send it.';
  const ACCEPT =
    'The "accept" header must allow application/json or application/graphql-response+json.';
  test.each<[string, number, RequestInit, string]>([
    ['no JSON', 400, post('{'), NO_JSON],
    ['no body', 400, post(''), NO_JSON],
    ['a list', 400, post('[]'), NO_BATCH],
    ['a batch', 400, post(`[${QUERY}]`), NO_BATCH],
    ['a number', 400, post('1'), NO_BODY],
    ['no members', 400, post('{}'), NO_BODY],
    ['no query', 400, post('{"variables":{}}'), NO_QUERY],
    ['an empty query', 400, post('{"query":""}'), NO_QUERY],
    ['a parsed query', 400, post('{"query":{"kind":"Document"}}'), 'The "query" must be a string.'],
    ['a query that is a number', 400, post('{"query":1}'), 'The "query" must be a string.'],
    ...['"{}"', '[]', '1'].flatMap((value): [string, number, RequestInit, string][] =>
      ['variables', 'extensions'].map((name) => [
        `${name} that are ${value}`,
        400,
        post(`{"query":"{__typename}","${name}":${value}}`),
        `The "${name}" must be a JSON object.`,
      ]),
    ),
    [
      'a name that is no text',
      400,
      post('{"query":"{__typename}","operationName":1}'),
      'The "operationName" must be a string.',
    ],
    [
      'a query that is stored nowhere',
      200,
      post('{"extensions":{"persistedQuery":{"version":1}}}'),
      'PersistedQueryNotSupported',
    ],
    ['a syntax error', 400, post('{"query":"{"}'), 'Syntax Error: Expected Name, found <EOF>.'],
    [
      'a field that is not there',
      400,
      post('{"query":"{ x }"}'),
      'Cannot query field "x" on type "Query".',
    ],
    [
      'a subscription',
      400,
      post('{"query":"subscription { x }"}'),
      'This graph has no subscription type.',
    ],
    [
      'a variable that is wrong',
      400,
      post('{"query":"query($x:Int!){badges(first:$x){totalCount}}"}'),
      'Variable "$x" of required type "Int!" was not provided.',
    ],
    [
      'a form',
      415,
      post('query={__typename}', { 'content-type': 'application/x-www-form-urlencoded' }),
      NO_TYPE,
    ],
    ['plain text', 415, post(QUERY, { 'content-type': 'text/plain' }), NO_TYPE],
    ['no type', 415, post(QUERY, { 'content-type': '' }), NO_TYPE],
    [
      'an accept that nothing meets',
      406,
      post(QUERY, { ...JSON_TYPE, accept: 'image/png' }),
      ACCEPT,
    ],
    ['a GET without its header', 400, { method: 'GET' }, HEADER],
    [
      'a MiB and more',
      413,
      post(JSON.stringify({ query: 'x'.repeat(1024 * 1024) })),
      'A request must have at most 1,048,576 bytes.',
    ],
  ])('%s', async (_what, status, init, message) => {
    const path = init.method === 'GET' ? '/graphql?query={__typename}' : '/graphql';
    const answer = await send(path, init);
    expect(answer.status).toBe(status);
    expect(answer.errors).toMatchObject([
      { message, extensions: { code: expect.stringMatching(/^[A-Z_]+$/) } },
    ]);
  });

  const HOST = ['host', 'localhost'] as const;
  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'The request is not valid HTTP.'],
    [
      'headers that are too large',
      toRequest('GET /health/live HTTP/1.1', [HOST, ['x', 'x'.repeat(20_000)]]),
      431,
      'The request headers are too large.',
    ],
    ['no host', 'GET /health/live HTTP/1.1\r\n\r\n', 400, 'The request must have a host header.'],
    [
      'a host that is none',
      toRequest(
        'POST /graphql HTTP/1.1',
        [
          ['host', 'a b'],
          ['content-type', 'application/json'],
          ['content-length', '2'],
          ['connection', 'close'],
        ],
        '{}',
      ),
      400,
      'The path or the host header of the request is malformed.',
    ],
    [
      'a path that is none',
      toRequest('GET /%zz HTTP/1.1', [HOST, ['connection', 'close']]),
      400,
      'The path of the request is malformed.',
    ],
    [
      'a query of bytes that are not UTF-8',
      toRequest('GET /graphql?query=%ff HTTP/1.1', [HOST, ['connection', 'close']]),
      400,
      'The query of the URL must be percent-encoded UTF-8.',
    ],
  ])('%s', async (_what, bytes, status, message) => {
    const answer = readAnswer(await sendRaw(service.url, bytes));
    const requestId = answer.headers['x-request-id'];
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect({ status: answer.status, body: JSON.parse(answer.body) as unknown }).toEqual({
      status,
      body: {
        errors: [
          {
            message,
            extensions: { code: status === 431 ? 'LIMIT_EXCEEDED' : 'BAD_REQUEST', requestId },
          },
        ],
      },
    });
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });
});

test.each([
  ['{"query":"{__typename}","__proto__":{"x":1}}', '__proto__'],
  ['{"query":"{__typename}","variables":{"a":[{"\\u005f_proto__":1}]}}', '__proto__'],
  ['{"query":"{__typename}","constructor":{"prototype":1}}', 'prototype'],
])(
  'a key that would change the prototype of objects is called by its name: %s',
  async (body, key) => {
    const { status, errors } = await send('/graphql', { method: 'POST', headers: JSON_TYPE, body });
    const message = `The JSON of a request must not contain the key "${key}"`;
    expect([status, errors]).toEqual([
      400,
      [
        {
          message: expect.stringContaining(message),
          extensions: { code: 'BAD_REQUEST', requestId: anyId },
        },
      ],
    ]);
  },
);

test('a text that looks like such a key is a text', async () => {
  const { data } = await service.execute(
    'query ($x: BadgeFilter) { badges(filter: $x) { totalCount } }',
    {
      x: { textContains: '"__proto__": {"constructor": {"prototype": 1e999}}, 123456789012345678' },
    },
  );
  expect(data).toEqual({ badges: { totalCount: 0 } });
});

test('no page of another origin is let in, whatever it asks', async () => {
  for (const method of ['OPTIONS', 'POST', 'GET']) {
    const response = await fetch(`${service.url}/graphql`, {
      method,
      headers: {
        ...JSON_TYPE,
        origin: 'https://elsewhere.example',
        'access-control-request-method': 'POST',
      },
      ...(method === 'POST' && { body: QUERY }),
    });
    expect(
      [...response.headers.keys()].filter((name) => name.startsWith('access-control')),
    ).toEqual([]);
  }
});
