import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { readAnswer, sendRaw, toRequest } from './raw-request.ts';

const BODY = JSON.stringify({ query: '{ badges { totalCount } }' });

/** What a browser sends whose page has the name of another host and the address of this machine. */
async function ask(
  url: string,
  hosts: readonly string[],
  line = 'POST /graphql HTTP/1.1',
  origins: readonly string[] = [],
) {
  const isPost = line.startsWith('POST');
  const answer = await sendRaw(
    url,
    toRequest(
      line,
      [
        ...hosts.map((host) => ['host', host] as const),
        ...origins.map((origin) => ['origin', origin] as const),
        ['connection', 'close'],
        ['x-request-id', 'asked-1'],
        ['content-type', 'application/json'],
        ['content-length', String(isPost ? BODY.length : 0)],
      ],
      isPost ? BODY : '',
    ),
  );
  return readAnswer(answer);
}

const statusOf = async (...request: Parameters<typeof ask>) => (await ask(...request)).status;

const OWN = [
  'localhost',
  'LOCALHOST:4001',
  'localhost.',
  'localhost.:80',
  '127.0.0.1',
  '127.0.0.1:65535',
  '127.8.9.1',
  '[::1]',
  '[::1]:4001',
  '[0:0:0:0:0:0:0:1]',
];
/** In which no host can be read, so that the answer is 400. */
const UNREADABLE = [
  'localhost@evil.example',
  'evil.example@localhost',
  'localhost#.evil.example',
  'localhost/evil.example',
  'localhost\\evil.example',
  'localhost evil.example',
  'localhost,evil.example',
  '',
];
const OTHERS = [
  'evil.example',
  'evil.example:4001',
  'localhost.evil.example',
  'evil-localhost',
  'evil.localhost',
  '127.0.0.1.evil.example',
  '127.0.0.1.nip.io',
  '10.0.0.1',
  '0.0.0.0',
  '[::]',
  '[::ffff:7f00:1]',
];

describe('without a router secret', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({
      hasPlayground: true,
      allowedHosts: ['Badges.internal', '10.0.0.7', '[::7]'],
    });
  });
  afterAll(() => service.close());

  test.each(OWN)('the name %p of this machine is served', async (host) => {
    expect(await statusOf(service.url, [host])).toBe(200);
  });

  test.each(OTHERS)('the name %p is not served', async (host) => {
    service.sandbox.tagMango.requests.length = 0;
    expect(await ask(service.url, [host])).toMatchObject({
      status: 403,
      body: JSON.stringify({
        errors: [
          {
            message:
              'Without a router secret, only host names of this machine such as localhost are accepted. Set ROUTER_SECRET, or add the host name to ALLOWED_HOSTS.',
            extensions: { code: 'FORBIDDEN', requestId: 'asked-1' },
          },
        ],
      }),
    });
    expect(service.sandbox.tagMango.requests).toEqual([]);
  });

  test.each(UNREADABLE)('%p is no name', async (host) => {
    expect(await statusOf(service.url, [host])).toBe(400);
  });

  test.each(['badges.internal', 'BADGES.INTERNAL:4001', '10.0.0.7:1', '[::7]:4001'])(
    'the name %p of the settings is served',
    async (host) => expect(await statusOf(service.url, [host])).toBe(200),
  );

  test('neither is another name beside a good one, nor a request of old HTTP without any', async () => {
    expect(await statusOf(service.url, ['localhost', 'evil.example'])).toBe(403);
    expect(await statusOf(service.url, ['evil.example', 'localhost'])).toBe(403);
    expect(await statusOf(service.url, [], 'POST /graphql HTTP/1.0')).toBe(400);
  });

  test.each([
    ['http://localhost:4001', 200],
    ['HTTP://LOCALHOST', 200],
    ['http://[::1]:4001', 200],
    ['https://badges.internal', 200],
    ['', 200],
    ['http://evil.example', 403],
    ['https://localhost.evil.example:4001', 403],
    ['http://0.0.0.0:4001', 403],
    ['http://localhost@evil.example', 400],
  ])(
    'a request whose target is the whole URL of %p is served for that name only',
    async (url, status) => {
      const line = `POST ${url}/graphql HTTP/1.1`;
      expect(await statusOf(service.url, ['localhost'], line)).toBe(status);
    },
  );

  test('a good name in a whole URL makes no other name in the header good', async () => {
    const line = 'POST http://localhost/graphql HTTP/1.1';
    expect(await statusOf(service.url, ['evil.example'], line)).toBe(403);
  });

  test('the playground and unknown paths are not served under other names either, but health is', async () => {
    const get = (path: string) => statusOf(service.url, ['evil.example'], `GET ${path} HTTP/1.1`);
    expect(await Promise.all(['/', '/nothing', '/health/live', '/health/ready'].map(get))).toEqual([
      403, 403, 200, 200,
    ]);
  });

  test(
    'no name is served by chance',
    async () => {
      const part = fc.constantFrom(...OWN, '@', '.', ':', '[', ']', '%', '#', '/', '1', 'evil');
      const header = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
      const isOwn = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|\[0:0:0:0:0:0:0:1\])\.?(:\d*)?$/i;
      await fc.assert(
        fc.asyncProperty(header, async (host) => {
          fc.pre(!isOwn.test(host));
          expect([400, 403]).toContain(await statusOf(service.url, [host]));
        }),
        { numRuns },
      );
    },
    TIMEOUT_MS,
  );
});

test('the name that HOST gives is served', async () => {
  const service = await startTestService({ host: '127.0.0.1', allowedHosts: [] });
  expect(await statusOf(service.url, ['127.0.0.1'])).toBe(200);
  await service.close();
});

test('with a router secret the name does not matter, until the secret is gone', async () => {
  const service = await startTestService({ routerSecrets: ['the-secret-of-the-router'] });
  expect(await statusOf(service.url, ['evil.example'])).toBe(401);
  const { providerValues } = service.sandbox;
  const tenants = [{ id: 'default', providerValues, requestLimits: {} }];
  service.apply({ tenants, routerSecrets: [] });
  expect(await statusOf(service.url, ['evil.example'])).toBe(403);
  expect(await statusOf(service.url, ['localhost'])).toBe(200);
  await service.close();
});

describe('the switches of the sandbox', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.close());

  test.each(['returningAI', 'tagMango'] as const)('of %s answer to own names only', async (of) => {
    const { origin } = service.sandbox[of];
    const line = 'GET /_sandbox/faults HTTP/1.1';
    for (const host of [...OTHERS, ...UNREADABLE]) {
      expect([host, await statusOf(origin, [host], line)]).toEqual([host, 403]);
    }
    expect(await statusOf(origin, [], 'DELETE /_sandbox/faults/all HTTP/1.0')).toBe(403);
    expect(await statusOf(origin, ['localhost'], line)).toBe(200);
    expect(await statusOf(origin, ['localhost', 'evil.example'], line)).toBe(403);
    const whole = 'GET http://evil.example/_sandbox/faults HTTP/1.1';
    expect(await statusOf(origin, ['localhost'], whole)).toBe(403);
    expect(await statusOf(origin, ['localhost'], line, ['http://evil.example'])).toBe(403);
    expect(await statusOf(origin, ['evil.example'], 'DELETE /_sandbox/faults/all HTTP/1.1')).toBe(
      403,
    );
  });
});
