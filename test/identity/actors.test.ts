import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSubject, readActor } from '../../src/server/identity/token.ts';
import { numRuns } from '../properties/runs.ts';
import { anyText } from '../properties/texts.ts';
import { sendOperation } from '../support/graphql-client.ts';
import { HALL_OF_FAME, resetStandIns, writesTo } from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ freshSeconds: 0 });
});
afterAll(() => service.close());
beforeEach(() => resetStandIns(service.sandbox));

/** A header's bytes, as both `fetch` and Node write and read them: one letter for each. */
const toHeader = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

async function askAs(header: string | undefined, query: string): Promise<unknown> {
  const headers = {
    'x-request-id': 'asked-1',
    ...(header !== undefined && { 'x-badges-actor': header }),
  };
  const { status, text } = await sendOperation(`${service.url}/graphql`, { query }, { headers });
  expect(status).toBe(200);
  return JSON.parse(text) as unknown;
}

let renames = 0;
const rename = () => {
  renames += 1;
  const input = `{ tagMango: { id: "${HALL_OF_FAME}", name: "Name ${renames}" } }`;
  return `mutation { updateBadge(input: ${input}) { userErrors { code } } }`;
};
const READ = '{ badges { totalCount } }';
const HISTORY = `{ badgeHistory(provider: TAG_MANGO, id: "${HALL_OF_FAME}", first: 1) { nodes { caller } } }`;

describe('the router may call a caller by', () => {
  test.each([
    ['a name with a space and umlauts', 'Zoë Müller-Lüdenscheidt'],
    ['a name in another script', 'आदित्य शर्मा'],
    ['a name in Persian, with a joiner within', 'علی\u200cرضا'],
    ['a name in Japanese, with the wide space', '山田　太郎'],
    ['an emoji of several parts', '👩‍🚀'],
    ['200 characters', '🏅'.repeat(200)],
    ['an address', 'ada@example.com'],
    ['what tokens have', 'auth0|5f7c8ec7c33c6c004bbafe82'],
  ])('%s, and records have it whole', async (_what, actor) => {
    expect(await askAs(toHeader(actor), rename())).toEqual({
      data: { updateBadge: { userErrors: [] } },
    });
    expect(await askAs(undefined, HISTORY)).toEqual({
      data: { badgeHistory: { nodes: [{ caller: actor }] } },
    });
  });
});

test.each([
  ['none', undefined],
  ['an empty one', ''],
  ['blanks', '  '],
])('%s is anonymous', async (_what, header) => {
  expect(await askAs(header, rename())).toEqual({ data: { updateBadge: { userErrors: [] } } });
  expect(await askAs(header, HISTORY)).toEqual({
    data: { badgeHistory: { nodes: [{ caller: 'anonymous' }] } },
  });
});

describe('a name that cannot be used costs reads nothing, and changes nothing:', () => {
  test.each([
    ['201 characters', toHeader('ü'.repeat(201))],
    ['bytes that are not UTF-8', 'Zo\u00eb'],
    ['half a character', Buffer.from([0xed, 0xa0, 0xbd]).toString('latin1')],
    ['nothing that can be seen', toHeader('\u200b\u3164\u2800')],
    ['a mark that turns what follows', toHeader('ada\u202eecila')],
    ['a break of lines', toHeader('ada\u2028bob')],
    ['a letter that is not seen', toHeader('a\u200bda')],
    ['a control character', toHeader('ada\u0085')],
  ])('%s', async (_what, header) => {
    expect(await askAs(header, READ)).toEqual({ data: { badges: { totalCount: 3 } } });
    expect(await askAs(header, rename())).toEqual({
      data: null,
      errors: [
        {
          message: 'Header "x-badges-actor" must be 1 to 200 visible UTF-8 characters.',
          locations: [{ line: 1, column: 12 }],
          path: ['updateBadge'],
          extensions: { code: 'BAD_REQUEST', requestId: 'asked-1' },
        },
      ],
    });
    expect(writesTo(service.sandbox)).toEqual([]);
  });
});

test('a header is read as the text that was written, or not at all', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const read = readActor(toHeader(text));
      expect(read === undefined || read === text.toWellFormed()).toBe(true);
      const isPlain = /^[\x21-\x7e\u00c0-\u00d6\p{Extended_Pictographic}]+$/u.test(text);
      expect(isPlain && read === undefined).toBe(false);
    }),
    { numRuns },
  );
});

test('the subject of a token may have as many characters as OpenID Connect lets it', () => {
  expect([isSubject('Zoë Müller'), isSubject('x'.repeat(255))]).toEqual([true, true]);
  expect(['', ' ', 'x'.repeat(256), 'a\nb', 'a\ud83d'].map(isSubject)).toEqual(
    [1, 2, 3, 4, 5].map(() => false),
  );
});
