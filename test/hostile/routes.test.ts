import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Verdict } from '../../src/http/admission.ts';
import type { HttpCall } from '../../src/http/attempt.ts';
import {
  type HttpDeps,
  type OnFault,
  type ProviderHttp,
  createProviderHttp,
} from '../../src/http/provider-http.ts';
import { isHttpsUrl } from '../../src/providers/graph-types.ts';
import {
  type ReturningAIClient,
  createReturningAIClient,
} from '../../src/providers/returning-ai/client.ts';
import {
  type TagMangoClient,
  createTagMangoClient,
  toTagMangoClient,
} from '../../src/providers/tag-mango/client.ts';
import { type RawProvider, startRawProvider } from '../support/raw-provider.ts';
import { plainHttpDeps } from '../support/http-deps.ts';

/** The first lines that came to the provider, as they stood on the socket. */
const lines: string[] = [];
const faults: Parameters<OnFault>[0][] = [];
const verdicts: Verdict[] = [];
let provider: RawProvider;
let http: ProviderHttp;
let returningAI: ReturningAIClient;
let tagMango: TagMangoClient;

const deps: HttpDeps = {
  ...plainHttpDeps,
  attemptTimeoutMs: 3_000,
  createBreaker: () => ({
    waitMs: () => 0,
    enter: () => (verdict) => void verdicts.push(verdict),
  }),
  onFault: (fault) => faults.push(fault),
};

beforeAll(async () => {
  provider = await startRawProvider({
    onLine: (line) => lines.push(line),
    answer: () => ({ success: true, meta: { success: true }, body: [], result: {} }),
  });
  const options = { isImageUrl: isHttpsUrl, http: deps };
  http = createProviderHttp({
    ...deps,
    provider: { enumValue: 'ACME', title: 'Acme' },
    baseUrl: `${provider.origin}/prefix/`,
    credentials: {},
    routes: [/^GET \/badges$/, /^PUT \/badges\/[a-z]{1,8}$/],
  });
  returningAI = createReturningAIClient(
    { RETURNING_AI_BASE_URL: `${provider.origin}/api/v1`, RETURNING_AI_API_KEY: 'key' },
    options,
  );
  tagMango = createTagMangoClient(
    {
      TAG_MANGO_BASE_URL: provider.origin,
      TAG_MANGO_API_KEY: 'key',
      TAG_MANGO_WHITELABEL_HOST: 'club.example.com',
    },
    options,
  );
});
afterAll(async () => {
  await Promise.all([http.close(), returningAI.close(), tagMango.close()]);
  await provider.close();
});
beforeEach(() => {
  lines.length = faults.length = verdicts.length = 0;
});

const bounds = () => ({ purpose: 'write', deadlineAt: Date.now() + 3_000 }) as const;
type Asked = Omit<HttpCall, 'operation'>;
const call = (asked: Asked) => http.call({ operation: 'any', ...asked }, bounds(), () => 'read');

const NEVER_SENT = { name: 'ProviderError', kind: 'bad-response', effect: 'not-sent' };

test('a query of TagMango gets its own client, and none of another provider', () => {
  expect(toTagMangoClient(tagMango)).toBe(tagMango);
  expect(() => toTagMangoClient(returningAI)).toThrow('The client belongs to another provider.');
});

describe('the one way to a provider', () => {
  test('sends what is one of its routes, with the prefix before it', async () => {
    await call({ method: 'GET', path: '/badges' });
    await call({ method: 'PUT', path: '/badges/abc', body: {} });
    expect(lines).toEqual(['GET /prefix/badges HTTP/1.1', 'PUT /prefix/badges/abc HTTP/1.1']);
  });

  test.each<[string, Asked]>([
    ['another method', { method: 'DELETE', path: '/badges/abc' }],
    ['a longer path', { method: 'PUT', path: '/badges/abc/award' }],
    ['a path that climbs', { method: 'PUT', path: '/badges/../users' }],
    ['a path that climbs when it is decoded', { method: 'PUT', path: '/badges/%2e%2e' }],
    ['a query', { method: 'GET', path: '/badges?all=1' }],
    ['a fragment', { method: 'GET', path: '/badges#a' }],
    ['a line break', { method: 'PUT', path: '/badges/abc\n' }],
    ['a line of its own', { method: 'GET', path: '/badges HTTP/1.1\r\nHost: evil\r\n\r\n' }],
    ['a letter beyond ASCII', { method: 'PUT', path: '/badges/abç' }],
    ['a lone surrogate', { method: 'PUT', path: '/badges/\ud800' }],
    ['a URL', { method: 'GET', path: 'http://evil.example/badges' }],
    ['another host', { method: 'GET', path: '//evil.example/badges' }],
    ['nothing', { method: 'GET', path: '' }],
  ])('sends nothing for %s, and says so as its own fault', async (_what, asked) => {
    await expect(call(asked)).rejects.toMatchObject({
      ...NEVER_SENT,
      message: 'was not called, because the path is not one of its routes',
      provider: { enumValue: 'ACME' },
    });
    expect(lines).toEqual([]);
    // Neither good nor bad news of the provider; the log has the fault without the path.
    expect(verdicts).toEqual([]);
    expect(faults).toEqual([
      { method: asked.method, path: '(none of the routes)', error: expect.anything() as unknown },
    ]);
  });
});

/** Past every check of the graph. */
const BAD_IDS = [
  ...[
    '',
    '.',
    '..',
    '../users',
    '%2e%2e',
    '%252e',
    'a/b',
    'a%2fb',
    'a\\b',
    'a?b',
    'a#b',
    'a;b',
    'a b',
  ],
  ...['a\0', 'a\r\nHost: evil', 'ａ', 'é', '\ud800', 'a'.repeat(65), 'http://evil.example', 'a@b'],
];

describe.each([
  ['updateBadge of Returning.AI', (id: string) => returningAI.updateBadge(id, {}, bounds())],
  ['deleteBadge of Returning.AI', (id: string) => returningAI.deleteBadge(id, bounds())],
  [
    'awardBadge of Returning.AI',
    (id: string) => returningAI.awardBadge({ id, memberId: '1' }, {}, bounds()),
  ],
  [
    'removeBadge of Returning.AI',
    (id: string) => returningAI.removeBadge({ id, memberId: '1' }, {}, bounds()),
  ],
  ['updateBadge of TagMango', (id: string) => tagMango.updateBadge(id, {}, bounds())],
  ['assignBadges of TagMango', (id: string) => tagMango.assignBadges(id, {}, bounds())],
])('the client’s %s', (_name, send) => {
  test.each(BAD_IDS)('rejects %j, and sends nothing', async (id) => {
    await expect(send(id)).rejects.toMatchObject(NEVER_SENT);
    expect(lines).toEqual([]);
  });
});

test('an id of the alphabet stands in the path as it is, also where it has a meaning in JavaScript', async () => {
  for (const id of ['__proto__', 'constructor', '-', 'Z'.repeat(64)]) {
    await returningAI.deleteBadge(id, bounds());
  }
  await tagMango.assignBadges('0123456789abcdefABCDEF00', {}, bounds());
  expect(lines).toEqual([
    'DELETE /api/v1/badges/__proto__ HTTP/1.1',
    'DELETE /api/v1/badges/constructor HTTP/1.1',
    'DELETE /api/v1/badges/- HTTP/1.1',
    `DELETE /api/v1/badges/${'Z'.repeat(64)} HTTP/1.1`,
    'PATCH /api/v1/external/gamification/badges/0123456789abcdefABCDEF00/assign HTTP/1.1',
  ]);
});

test.each([
  [
    'an e-mail with all that a query gives a meaning',
    { email: "a+b&phone=1#x/../?'@c", phone: null },
  ],
  ['a lone surrogate, which no e-mail has', { email: '\ud800@b', phone: null }],
  ['a line break', { email: 'a\r\nHost: evil@b', phone: null }],
])('a look-up by %s stays one line and one value', async (_what, by) => {
  // What the answer holds is no member.
  await expect(tagMango.findMember(by, bounds())).rejects.toMatchObject({ kind: 'bad-response' });
  expect(lines).toEqual([
    expect.stringMatching(/^GET \/api\/v1\/external\/users\/lookup\?email=[\w.*+%-]+ HTTP\/1\.1$/),
  ]);
});

test.each([
  ['no phone', { email: null, phone: '' }],
  ['a phone with letters', { email: null, phone: '12a4' }],
  ['neither', { email: null, phone: null }],
])('a look-up by %s is not sent', async (_what, by) => {
  await expect(tagMango.findMember(by, bounds())).rejects.toMatchObject(NEVER_SENT);
  expect(lines).toEqual([]);
});
