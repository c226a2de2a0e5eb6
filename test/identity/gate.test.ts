import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sendOperation } from '../support/graphql-client.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { type Headers, NAME, NEW, OLD, WRONG_CREDENTIALS } from './credentials.ts';
import { readAnswer, sendRaw, toRequest } from './raw-request.ts';

let service: TestService;
beforeAll(async () => {
  // In production the playground is as closed as everything else, even where it is on.
  const options = { isProduction: true, hasPlayground: true, freshSeconds: 0 };
  service = await startTestService({ routerSecrets: [NEW, OLD], ...options });
});
afterAll(() => service.close());

const calls = () => [...service.sandbox.returningAI.requests, ...service.sandbox.tagMango.requests];
afterEach(() => {
  for (const standIn of [service.sandbox.returningAI, service.sandbox.tagMango]) {
    standIn.requests.length = 0;
  }
  service.log.length = 0;
});

const METHODS = [
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'],
  ...['QUERY', 'PROPFIND', 'REPORT', 'PURGE', 'M-SEARCH', 'SEARCH', 'LINK'],
];
const QUERY = encodeURIComponent('{ badges { totalCount } }');
const HEALTH = ['/health/live', '/health/ready', '/health/live?from=probe', '/health/ready?'];
const TARGETS = [
  '/graphql',
  `/graphql?query=${QUERY}`,
  `/graphql?${NAME}=${NEW}`,
  '/graphql/',
  '//graphql',
  '/graphql#x',
  '/graphql;x',
  '/GraphQL',
  '/%67raphql',
  '/graphql%2f',
  '/graphql%00',
  '/./graphql',
  '/',
  '//',
  '/?',
  '/nothing-here',
  '/%',
  '/%zz',
  '/%c0%ae',
  '//health/live',
  '/health//live',
  '/health/live/',
  '/health/live/..',
  '/health/live/../graphql',
  '/health/live/../../graphql?x=1',
  '/health/live/%2e%2e/graphql',
  '/health/live%2f..%2f..%2fgraphql',
  '/health/live%3fx',
  '/health/live;/graphql',
  '/health/live#/graphql',
  '/health/live&x=1',
  '/health%2flive',
  '/%68ealth/live',
  '/Health/Live',
  '/health',
  '/health/',
  '/health/startup',
  '/graphql?/health/live',
  '/x?/health/ready',
  `/${'a'.repeat(8_000)}`,
  `/health/live${'/'.repeat(4_000)}`,
  'http://127.0.0.1/graphql',
  'http://127.0.0.1/health/live',
  'https://elsewhere.example/health/ready',
  'file:///health/live',
  '*',
];

/** Broken, so that whoever parses it says 400. */
const BODY = '{"query": "{ badges';

function send(method: string, target: string, credentials: Headers): Promise<string> {
  return sendRaw(
    service.url,
    toRequest(
      `${method} ${target} HTTP/1.1`,
      [
        ['host', 'badges'],
        ['connection', 'close'],
        ['x-request-id', 'asked-1'],
        ['content-type', 'application/json'],
        ['content-length', String(BODY.length)],
        ...credentials,
      ],
      BODY,
    ),
  );
}

const REFUSAL = JSON.stringify({
  errors: [
    {
      message: 'Header "router-authorization" must contain the router\'s secret.',
      extensions: { code: 'UNAUTHENTICATED', requestId: 'asked-1' },
    },
  ],
});
const toRefusal = (method: string) => ({
  status: 401,
  headers: {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': 'asked-1',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(REFUSAL.length),
    connection: 'close',
    date: expect.any(String) as unknown,
  },
  body: method === 'HEAD' ? '' : REFUSAL,
});

const isOpen = (method: string, target: string) =>
  ['GET', 'HEAD'].includes(method) && HEALTH.includes(target);
const everyRequest = METHODS.flatMap((method) =>
  [...TARGETS, ...HEALTH].map((target) => ({ method, target })),
);

describe.each(WRONG_CREDENTIALS)('with %s', (_what, credentials) => {
  test('every method on every target gets the same 401, and nothing of it is read', async () => {
    const shut = everyRequest.filter(({ method, target }) => !isOpen(method, target));
    const answers: object[] = [];
    for (const { method, target } of shut) {
      answers.push({ method, target, ...readAnswer(await send(method, target, credentials)) });
    }

    // One comparison of all is much faster than hundreds of them.
    expect(answers).toEqual(shut.map((one) => ({ ...one, ...toRefusal(one.method) })));
    expect(shut.length).toBeGreaterThan(500);
    expect(calls()).toEqual([]);
    expect(service.log).toEqual([]);
  });

  test('GET and HEAD of the health paths answer', async () => {
    for (const { method, target } of everyRequest.filter((one) => isOpen(one.method, one.target))) {
      const { status, body } = readAnswer(await send(method, target, credentials));
      const word = target.slice('/health/'.length).replace(/\?.*/, '');
      const expected = method === 'HEAD' ? '' : JSON.stringify({ status: word });
      expect({ method, target, status, body }).toEqual({
        method,
        target,
        status: 200,
        body: expected,
      });
    }
  });
});

describe.each([
  ['the new secret', [[NAME, NEW]]],
  ['the old secret', [[NAME, OLD]]],
  ['a secret under the name in capitals', [[NAME.toUpperCase(), NEW]]],
] as const)('with %s', (_what, credentials) => {
  test('a body is parsed, and a query on /graphql is answered', async () => {
    expect(readAnswer(await send('POST', '/graphql', credentials)).status).toBe(400);

    const { text } = await sendOperation(
      `${service.url}/graphql`,
      { query: '{ badges { totalCount } }' },
      { headers: Object.fromEntries(credentials) },
    );
    expect(JSON.parse(text)).toEqual({ data: { badges: { totalCount: 16 } } });
    expect(calls()).not.toEqual([]);
  });

  test('no path and no method is refused for want of a secret', async () => {
    const refused: object[] = [];
    for (const { method, target } of everyRequest) {
      const { status, body } = readAnswer(await send(method, target, credentials));
      const isRefused = status === 401 || body.includes('UNAUTHENTICATED');
      if (isRefused) refused.push({ method, target, status });
    }
    expect(refused).toEqual([]);
  });
});

test('without secrets in the settings whoever reaches the port is taken for the router', async () => {
  const open = await startTestService();
  try {
    const { data } = await open.execute('{ badges { totalCount } }');
    expect(data).toEqual({ badges: { totalCount: 16 } });
  } finally {
    await open.close();
  }
});
