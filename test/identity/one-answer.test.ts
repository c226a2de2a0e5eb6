import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { anyCharacter } from '../properties/texts.ts';
import { type TestService, startTestService } from '../support/service.ts';
import { sendRaw, toRequest } from './raw-request.ts';

const SECRET = 'of-the-router';
const HOST = ['host', 'badges'] as const;
const QUERY = JSON.stringify({ query: '{ badges { totalCount } }' });
const asRouter = toRequest(
  'POST /graphql HTTP/1.1',
  [
    HOST,
    ['router-authorization', SECRET],
    ['content-type', 'application/json'],
    ['content-length', String(QUERY.length)],
  ],
  QUERY,
);
const probe = toRequest('GET /health/live HTTP/1.1', [HOST]);

let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    routerSecrets: [SECRET],
    hasPlayground: false,
    freshSeconds: 0,
  });
});
afterAll(() => service.close());
beforeEach(() => {
  for (const { requests } of [service.sandbox.returningAI, service.sandbox.tagMango]) {
    requests.length = 0;
  }
});
const calls = () => [...service.sandbox.returningAI.requests, ...service.sandbox.tagMango.requests];
const statusesOf = (raw: string) =>
  [...raw.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

describe('of requests that come in one piece without the secret only the first is answered:', () => {
  test.each([
    ['probes', probe, 200],
    ['requests of a stranger', toRequest('GET /graphql HTTP/1.1', [HOST]), 401],
    ['the shortest requests there are', 'GET / HTTP/1.0\r\n\r\n', 401],
    [
      'requests that wait for a 100',
      toRequest('POST / HTTP/1.1', [HOST, ['expect', '100-continue']]),
      401,
    ],
  ])('20,000 %s', async (_what, request, status) => {
    const raw = await sendRaw(service.url, request.repeat(20_000));
    expect(statusesOf(raw)).toEqual([status]);
  });
});

const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'M-SEARCH');
const target = fc.constantFrom('/graphql', '/', '/health/live', '/health/ready?x', '/nothing', '*');
const version = fc.constantFrom('1.0', '1.1');
const header = fc.constantFrom<(readonly [string, string])[]>(
  ['expect', '100-continue'],
  ['expect', 'a lot'],
  ['connection', 'upgrade'],
  ['connection', 'keep-alive'],
  ['connection', 'close, te'],
  ['upgrade', 'websocket'],
  ['transfer-encoding', 'chunked'],
  ['content-length', '7'],
  ['trailer', 'router-authorization'],
  ['te', 'trailers'],
  ['content-encoding', 'gzip'],
  ['router-authorization', 'wrong'],
  ['x-router-authorization', SECRET],
);
const head = fc
  .record({ method, target, version, headers: fc.array(header, { maxLength: 5 }) })
  .map((of) => ({
    ...of,
    text: toRequest(`${of.method} ${of.target} HTTP/${of.version}`, [HOST, ...of.headers]),
  }));
/** What a parser that goes on after the first head would stumble over, or do. */
const rest = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        asRouter,
        probe,
        `0\r\nrouter-authorization: ${SECRET}\r\n\r\n`,
        `5;x=${'e'.repeat(20_000)}\r\nabcde\r\n0\r\n\r\n`,
        'zz\r\n',
        '\r\n\r\n',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        'x'.repeat(300_000),
      ),
      fc.string({ unit: anyCharacter, maxLength: 40 }),
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''));

test(
  'whatever head a stranger sends, and whatever comes behind it: one answer, and nothing is done',
  async () => {
    await fc.assert(
      fc.asyncProperty(head, rest, async ({ method: verb, target: path, headers, text }, more) => {
        const raw = await sendRaw(service.url, text + more);
        const isHealth = ['GET', 'HEAD'].includes(verb) && path.startsWith('/health/');
        const names = headers.map(([name]) => name);
        // Two ways to tell a body, or two lengths, are no HTTP: the parser itself says so.
        const isTwofold =
          names.filter((name) => name === 'content-length').length > 1 ||
          (names.includes('content-length') && names.includes('transfer-encoding')) ||
          names.filter((name) => name === 'transfer-encoding').length > 1;
        const statuses = statusesOf(raw);
        if (isTwofold) expect([[400], [isHealth ? 200 : 401]]).toContainEqual(statuses);
        else expect(statuses).toEqual([isHealth ? 200 : 401]);
        expect(calls()).toEqual([]);
      }),
      { numRuns },
    );
  },
  TIMEOUT_MS,
);

describe('with the secret', () => {
  test('a 100 is told before the body is sent', async () => {
    const request = asRouter.replace('host:', 'expect: 100-continue\r\nhost:');
    expect(statusesOf(await sendRaw(service.url, request + probe))).toEqual([100, 200, 200]);
  });

  test('another expectation is refused as every request is', async () => {
    const request = asRouter.replace('host:', 'expect: a lot\r\nhost:');
    const raw = await sendRaw(service.url, request);
    expect(statusesOf(raw)).toEqual([417]);
    expect(raw).toContain('"message":"The only supported expectation is 100-continue."');
  });

  test('a probe behind a request that takes its time is answered after it', async () => {
    service.sandbox.tagMango.faults.set('listBadges', { kind: 'delay', ms: 300 });
    const raw = await sendRaw(service.url, asRouter + probe + asRouter);
    service.sandbox.tagMango.faults.clear('listBadges');
    expect(raw).toMatch(/"totalCount":16.*"status":"live"}$/s);
    expect(statusesOf(raw)).toEqual([200, 200]);
  });

  test('bytes that are no HTTP do not get their answer in the place of a request before', async () => {
    service.sandbox.tagMango.faults.set('listBadges', { kind: 'delay', ms: 300 });
    const raw = await sendRaw(service.url, `${asRouter}nonsense\r\n\r\n`);
    service.sandbox.tagMango.faults.clear('listBadges');
    expect(raw).toBe('');
  });
});
