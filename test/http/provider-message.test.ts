import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CallPurpose } from '../../src/http/admission.ts';
import { type FaultKind, ProviderError } from '../../src/http/provider-error.ts';
import {
  type OnFault,
  type ProviderHttp,
  createProviderHttp,
} from '../../src/http/provider-http.ts';
import { createRedactOthers } from '../../src/http/provider-text.ts';
import { numRuns } from '../properties/runs.ts';
import { anyCharacter } from '../properties/texts.ts';
import { plainHttpDeps } from '../support/http-deps.ts';

/** What a provider says of a write that failed, as operators and clients are shown it. */

const KEY = 'key-of-this-client-abcdef';
const OTHER_KEY = 'tmk_0123456789abcdef.of-another-tenant';

let server: Server;
let http: ProviderHttp;
let next: { status: number; type: string | null; body: string };
const faults: Parameters<OnFault>[0][] = [];

beforeAll(async () => {
  server = createServer((_request, response) => {
    const { status, type, body } = next;
    const headers = { 'retry-after': '0', ...(type !== null && { 'content-type': type }) };
    response.writeHead(status, headers).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  http = createProviderHttp({
    provider: { enumValue: 'ACME', title: 'Acme' },
    baseUrl: `http://127.0.0.1:${port}`,
    credentials: { 'x-api-key': KEY },
    headers: { 'x-host': 'acme.example', 'x-offset': '500' },
    routes: [/^(GET|PUT|POST) \/badges$/],
    ...plainHttpDeps,
    attemptTimeoutMs: 2_000,
    onFault: (fault) => faults.push(fault),
    redactOthers: createRedactOthers(() => [OTHER_KEY, 'short']),
  });
});
afterAll(async () => {
  await http.close();
  server.close();
});
beforeEach(() => void (faults.length = 0));

async function fail(
  purpose: CallPurpose = 'write',
  kind: FaultKind = 'rejected',
  body?: object,
): Promise<ProviderError> {
  const method = purpose === 'write' ? 'PUT' : 'POST';
  const bounds = { purpose, deadlineAt: Date.now() + 10_000 };
  const call = { operation: 'any', method, path: '/badges', ...(body && { body }) } as const;
  const error = await http
    .call(call, bounds, () => {
      throw new ProviderError('refused', { kind, effect: 'refused' });
    })
    .catch((thrown: unknown) => thrown);
  if (error instanceof ProviderError) return error;
  throw new Error('the call did not fail');
}

function answer(
  body: unknown,
  { status = 400, type = 'application/json' }: { status?: number; type?: string | null } = {},
) {
  next = { status, type, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

const SAID = 'pointsThreshold must be at least 500 for your plan';

describe('is found', () => {
  test.each([
    ['in meta', { meta: { message: SAID, success: false } }, SAID],
    ['as a message', { message: SAID, success: false }, SAID],
    ['under a name with a capital', { Message: SAID }, SAID],
    ['under two such names', { Error: { Message: SAID } }, SAID],
    ['by field as the message', { message: { plan: SAID } }, `plan: ${SAID}`],
    [
      'as a detail with its field',
      { message: 'Validation failed', details: [{ field: 'tier', message: SAID }] },
      `Validation failed: tier: ${SAID}`,
    ],
    ['as a text of details', { message: 'No', details: SAID }, `No: ${SAID}`],
    [
      'as details of an error',
      { error: { code: 400, message: 'No', details: [{ reason: SAID }] } },
      `No: ${SAID}`,
    ],
    ['as a problem of a field', { fieldErrors: { plan: [SAID] } }, `plan: ${SAID}`],
    ['as an issue', { issues: [{ message: SAID }] }, SAID],
    ['as a violation', { violations: [{ propertyPath: 'tier', message: SAID }] }, `tier: ${SAID}`],
    [
      'as an invalid parameter',
      { title: 'Bad Request', 'invalid-params': [{ name: 'tier', reason: SAID }] },
      `Bad Request: tier: ${SAID}`,
    ],
    ['before a name of the status', { statusCode: 400, message: SAID, error: 'Bad Request' }, SAID],
    ['in a list of messages', { message: ['a is wrong', 'b too'] }, 'a is wrong; b too'],
    ['as an error', { error: SAID }, SAID],
    ['in an error', { error: { message: SAID, code: 1 } }, SAID],
    ['in a list of errors', { errors: [{ message: SAID }] }, SAID],
    ['in a list of texts', { errors: ['a is wrong', 'b too'] }, 'a is wrong; b too'],
    ['by fields', { errors: { name: ['is taken'], a: 'b' } }, 'name: is taken; a: b'],
    [
      'in parts',
      { message: 'Validation failed', errors: [{ message: SAID }, { message: SAID }] },
      `Validation failed: ${SAID}`,
    ],
    ['as a detail', { type: 'about:blank', title: 'No', detail: SAID }, SAID],
    ['as a title', { title: SAID }, SAID],
    ['in a description', { error_description: SAID }, SAID],
    ['as the result', { success: false, result: SAID }, SAID],
    ['in a body', { success: false, body: { message: SAID } }, SAID],
    ['as a JSON text', JSON.stringify(SAID), SAID],
    ['in a list', [{ message: SAID }], SAID],
  ])('%s', async (_where, body, expected) => {
    answer(body);
    expect((await fail()).providerMessage).toBe(expected);
  });

  test.each([
    ['text', 'text/plain; charset=utf-8'],
    ['text without a type', null],
    ['text that is called JSON', 'application/json'],
  ])('in %s', async (_what, type) => {
    answer(SAID, { type });
    expect((await fail()).providerMessage).toBe(SAID);
  });

  test.each([200, 201, 400, 404, 409, 422, 429, 500, 503])('under %i', async (status) => {
    answer({ message: SAID }, { status });
    expect((await fail()).providerMessage).toBe(SAID);
    expect(faults).toMatchObject([{ providerMessage: SAID }]);
  });
});

test.each([
  ['a page', '<!doctype html><title>502</title>', 'text/html'],
  ['a page that is called text', '<html><body>502 Bad Gateway</body></html>', 'text/plain'],
  ['a page in JSON', { message: '<h1>502</h1>' }, 'application/json'],
  ['XML', '<?xml version="1.0"?><e>x</e>', 'application/xml'],
  ['broken JSON', '{"message":"x', 'application/json'],
  ['no text at all', '\u0000\u0001\u0002', 'text/plain'],
  ['nothing', '', 'application/json'],
  ['blanks', { message: '  ', error: '' }, 'application/json'],
  ['no message', { code: 400, success: false }, 'application/json'],
])('%s is no message', async (_what, body, type) => {
  answer(body, { type });
  expect((await fail()).providerMessage).toBeUndefined();
});

test.each(['query', 'prepare', 'settle'] as const)(
  'for a %s there is none, neither shown nor logged: it may repeat whom it was asked for',
  async (purpose) => {
    answer({ message: 'ada@example.com is unknown' });
    expect((await fail(purpose)).providerMessage).toBeUndefined();
    expect(faults[0]).not.toHaveProperty('providerMessage');
  },
);

test.each([401, 403, 200])(
  'for rejected credentials there is none, neither shown nor logged, under %i',
  async (status) => {
    answer({ message: 'Invalid token', success: false, code: 401 }, { status });
    const error = await fail('write', 'auth-failed');
    expect(error).toMatchObject({ kind: 'auth-failed', providerMessage: undefined });
    expect(faults).toMatchObject([{ error: { kind: 'auth-failed' } }]);
    expect(faults[0]).not.toHaveProperty('providerMessage');
  },
);

describe('shows no secret:', () => {
  test.each([
    ['the key of the client', KEY],
    ['a part of it', KEY.slice(3, 14)],
    ['the key of another tenant', OTHER_KEY],
    ['a part of that', OTHER_KEY.slice(6, 20)],
    ['it in other letters', OTHER_KEY.toUpperCase()],
    ['it with a character in it that is not seen', OTHER_KEY.replace('tmk', 'tm\u200bk')],
  ])('%s', async (_what, secret) => {
    answer({ message: `No such key: ${secret}.` });
    const error = await fail();
    expect(error.providerMessage).toMatch(/^No such key: .*\[redacted\].*$/);
    for (const text of [error.providerMessage, faults[0]?.providerMessage]) {
      expect(text?.toLowerCase()).not.toContain(secret.slice(0, 8).toLowerCase());
      expect(text?.toLowerCase()).not.toContain(secret.slice(-8).toLowerCase());
    }
  });

  describe('a provider that repeats what the caller wrote tells it of no guess whether it is a part of a secret:', () => {
    const PARTS = [KEY.slice(0, 8), KEY, OTHER_KEY.slice(6, 20), OTHER_KEY];
    test.each([
      ['as it is', (text: string) => text],
      ['in capitals', (text: string) => text.toUpperCase()],
      ['without a character that is not seen', (text: string) => text.replace('\u200b', '')],
      ['in the usual form of its letters', (text: string) => text.normalize('NFKC')],
    ])('%s', async (_how, repeat) => {
      const guesses = PARTS.flatMap((part) => [part, `${part.slice(0, -1)}#`]).map((guess, at) =>
        at === 0 ? `\uff4b${guess.slice(1)}\u200b` : guess,
      );
      for (const guess of guesses) {
        answer({ message: `The name ${repeat(guess)} is taken.` });
        const { providerMessage } = await fail('write', 'rejected', { nested: [{ name: guess }] });
        expect(providerMessage).toBe(`The name ${repeat(guess).replace('\u200b', '')} is taken.`);
      }
    });

    test('more of a secret than the caller wrote is hidden as a whole', async () => {
      for (const secret of [KEY, OTHER_KEY]) {
        answer({ message: `No such key: ${secret}.` });
        const sent = { name: secret.slice(0, -1), description: secret.slice(1) };
        const { providerMessage } = await fail('write', 'rejected', sent);
        expect(providerMessage).toBe('No such key: [redacted].');
      }
    });
  });

  test('what is sent along and is no secret stays', async () => {
    answer({ message: 'acme.example takes 500 at most, in short' });
    expect((await fail()).providerMessage).toBe('acme.example takes 500 at most, in short');
  });
});

test('any text comes out well formed, bounded, visible, and in its order', async () => {
  const character = fc.oneof(
    fc.constantFrom('\u202e', '\u2066', '\u200f', '\0', '\n', '\r', '\u001b', '\u2028', '\ud800'),
    fc.constantFrom('a', 'ß', '🏅', ' ', '<', '&'),
    anyCharacter,
  );
  const text = fc.array(character, { maxLength: 400 }).map((characters) => characters.join(''));
  await fc.assert(
    fc.asyncProperty(text, async (said) => {
      answer({ message: said });
      const { providerMessage = '' } = await fail();
      expect(providerMessage.length).toBeLessThanOrEqual(300);
      expect(providerMessage.isWellFormed()).toBe(true);
      expect(providerMessage).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
    { numRuns },
  );
}, 120_000);

test('300 characters are cut between two of them', async () => {
  answer({ message: `${'x'.repeat(299)}🏅 and more` });
  expect((await fail()).providerMessage).toBe('x'.repeat(299));
});
