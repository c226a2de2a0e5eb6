import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { PRESET_NAMES, type PresetName } from '../../src/sandbox/faults.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type ExchangeRequest, readContract } from '../support/contract.ts';
import { MAJOR_ID, returningAIRequests, tagMangoRequests } from './requests.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => {
  sandbox.returningAI.faults.clear();
  sandbox.tagMango.faults.clear();
});
afterAll(() => sandbox.close());

interface Shown {
  status: number;
  headers: Headers;
  text: string;
}

async function ask(
  origin: string,
  { method, path, headers, body }: ExchangeRequest,
): Promise<Shown> {
  const response = await fetch(origin + path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
    redirect: 'manual',
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** How far the answer's `Retry-After` lies after its own `Date`, in milliseconds. */
function retryAfterDate(headers: Headers): number {
  return Date.parse(headers.get('retry-after') ?? '') - Date.parse(headers.get('date') ?? '');
}

function minutesAhead(headers: Headers): number {
  return Math.round((Date.parse(headers.get('date') ?? '') - Date.now()) / 60_000);
}

const REFUSAL = 'the provider’s own error body';
const JSON_TYPE = 'application/json';
const REAL_TYPE = 'application/json; charset=utf-8';
const PAGE_TYPE = 'text/html; charset=utf-8';

type Expected = [
  status: number,
  type: string | null,
  body: string | RegExp,
  also?: (headers: Headers) => void,
];

function redirect(status: number): Expected {
  return [status, JSON_TYPE, '', (headers) => expect(headers.get('location')).toBe('/_sandbox')];
}

/** Every preset: its status, its type, its body, and what else is to be seen. */
const EXPECTED: Readonly<Record<PresetName, Expected>> = {
  html: [200, PAGE_TYPE, /^<!doctype html>/],
  'text-json': [200, 'text/plain', '[]'],
  empty: [200, JSON_TYPE, ''],
  'no-content': [204, null, ''],
  'malformed-json': [200, JSON_TYPE, '{"success": true, "res'],
  'refused-inside': [200, JSON_TYPE, REFUSAL],
  'too-many': [429, JSON_TYPE, REFUSAL, (headers) => expect(headers.get('retry-after')).toBe('1')],
  'too-many-date': [
    429,
    JSON_TYPE,
    REFUSAL,
    (headers) => expect(retryAfterDate(headers)).toBe(2_000),
  ],
  'too-many-silent': [
    429,
    JSON_TYPE,
    REFUSAL,
    (headers) => expect(headers.has('retry-after')).toBe(false),
  ],
  'too-many-negative': [
    429,
    JSON_TYPE,
    REFUSAL,
    (headers) => expect(headers.get('retry-after')).toBe('-5'),
  ],
  'too-many-absurd': [
    429,
    JSON_TYPE,
    REFUSAL,
    (headers) => expect(headers.get('retry-after')).toBe('999999999'),
  ],
  'server-error': [500, JSON_TYPE, REFUSAL],
  'bad-gateway': [502, PAGE_TYPE, /Bad Gateway/],
  unavailable: [503, PAGE_TYPE, /Service Unavailable/],
  'gateway-timeout': [504, PAGE_TYPE, /Gateway Timeout/],
  'bad-request': [400, JSON_TYPE, REFUSAL],
  unauthorized: [401, JSON_TYPE, REFUSAL],
  forbidden: [403, JSON_TYPE, REFUSAL],
  'not-found': [404, JSON_TYPE, REFUSAL],
  conflict: [409, JSON_TYPE, REFUSAL],
  unprocessable: [422, JSON_TYPE, REFUSAL],
  moved: redirect(301),
  found: redirect(302),
  'see-other': redirect(303),
  'temporary-redirect': redirect(307),
  'permanent-redirect': redirect(308),
  'clock-ahead': [
    200,
    REAL_TYPE,
    /Thirty-Day|Century/,
    (headers) => expect(minutesAhead(headers)).toBe(10),
  ],
  'clock-behind': [
    200,
    REAL_TYPE,
    /Thirty-Day|Century/,
    (headers) => expect(minutesAhead(headers)).toBe(-10),
  ],
};

const ERROR_BODY = {
  returningAI: expect.objectContaining({
    meta: expect.objectContaining({ success: false }) as object,
  }),
  tagMango: expect.objectContaining({ success: false }),
} as const;

describe.each([
  ['returningAI', returningAIRequests.list],
  ['tagMango', tagMangoRequests.list],
] as const)('%s', (key, list) => {
  test.each(PRESET_NAMES)('shows %s', async (name) => {
    const [status, type, body, also] = EXPECTED[name];
    sandbox[key].faults.set('listBadges', { name });
    const shown = await ask(sandbox[key].origin, list);

    expect([shown.status, shown.headers.get('content-type')]).toEqual([status, type]);
    if (body === REFUSAL) expect(JSON.parse(shown.text)).toEqual(ERROR_BODY[key]);
    else if (body instanceof RegExp) expect(shown.text).toMatch(body);
    else expect(shown.text).toBe(body);
    also?.(shown.headers);
  });
});

describe('by the contract of its provider', () => {
  const folder = new URL('../../src/providers/', import.meta.url);
  const contracts = {
    returningAI: readContract(new URL('returning-ai/contract.yaml', folder)),
    tagMango: readContract(new URL('tag-mango/contract.yaml', folder)),
  };

  test.each([
    ['tagMango', 'too-many', tagMangoRequests.list],
    ['tagMango', 'too-many-silent', tagMangoRequests.update],
    ['tagMango', 'server-error', tagMangoRequests.lookup],
    ['tagMango', 'unauthorized', tagMangoRequests.list],
    ['tagMango', 'forbidden', tagMangoRequests.list],
    ['tagMango', 'bad-request', tagMangoRequests.create],
    ['tagMango', 'not-found', tagMangoRequests.update],
    ['returningAI', 'server-error', returningAIRequests.list],
    ['returningAI', 'bad-request', returningAIRequests.update],
    ['returningAI', 'conflict', returningAIRequests.update],
    ['returningAI', 'not-found', returningAIRequests.info],
  ] as const)('%s may answer as %s does', async (key, name, request) => {
    sandbox[key].faults.set('*', { name });
    const { status, headers, text } = await ask(sandbox[key].origin, request);

    const answer = {
      status,
      contentType: headers.get('content-type'),
      body: JSON.parse(text) as unknown,
    };
    expect(contracts[key].problemsOf({ request, answer })).toEqual([]);
  });
});

test('a name takes times and isApplied, as any fault does', async () => {
  const { faults, origin, badges } = sandbox.returningAI;
  faults.set('updateBadge', { name: 'unavailable', isApplied: true, times: 1 });
  const { update } = returningAIRequests;

  expect(faults.entries()).toEqual({
    updateBadge: { name: 'unavailable', isApplied: true, times: 1 },
  });
  expect((await ask(origin, update)).status).toBe(503);
  expect(badges.get(MAJOR_ID)?.title).toBe('Renamed');
  expect((await ask(origin, update)).status).toBe(200);
});

test.each(['moved', 'found', 'see-other', 'temporary-redirect', 'permanent-redirect'] as const)(
  'a write that is answered with %s can take effect before',
  async (name) => {
    for (const [key, { create }] of [
      ['returningAI', returningAIRequests],
      ['tagMango', tagMangoRequests],
    ] as const) {
      const { faults, origin, badges } = sandbox[key];
      const before = badges.size;
      faults.set('createBadge', { name, isApplied: true });

      expect((await ask(origin, create)).status).toBe(EXPECTED[name][0]);
      expect(badges.size).toBe(before + 1);
    }
  },
);

test('a name without isApplied leaves a write undone', async () => {
  const { faults, origin, badges } = sandbox.returningAI;
  faults.set('createBadge', { name: 'unavailable' });
  const before = badges.size;

  expect((await ask(origin, returningAIRequests.create)).status).toBe(503);
  expect(badges.size).toBe(before);
});

test('whoever follows the move finds an answer, which a caller must not', async () => {
  sandbox.returningAI.faults.set('listBadges', { name: 'moved' });
  const { path, headers } = returningAIRequests.list;
  const response = await fetch(sandbox.returningAI.origin + path, { headers });

  expect([response.status, new URL(response.url).pathname]).toEqual([200, '/_sandbox']);
});
