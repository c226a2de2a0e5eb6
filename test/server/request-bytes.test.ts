import { isUtf8 } from 'node:buffer';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';
import { anyCharacter } from '../properties/texts.ts';
import { HALL_OF_FAME, resetStandIns, writesTo } from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ sandbox: { tagMango: { requestLimit: Infinity } } });
});
afterAll(() => service.close());
beforeEach(() => resetStandIns(service.sandbox));

const toRename = (name: Buffer) =>
  Buffer.concat([
    Buffer.from(
      `{"query":"mutation($n:String){updateBadge(input:{tagMango:{id:\\"${HALL_OF_FAME}\\",name:$n}}){userErrors{code fields}}}","variables":{"n":"`,
    ),
    name,
    Buffer.from('"}}'),
  ]);

async function send(body: Buffer, type = 'application/json') {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: new Uint8Array(body),
  });
  return { status: response.status, body: (await response.json()) as unknown };
}

const refusal = (status: number, message: string) => ({
  status,
  body: {
    errors: [
      { message, extensions: { code: 'BAD_REQUEST', requestId: expect.any(String) as unknown } },
    ],
  },
});
const notUtf8 = refusal(400, 'The body must be valid UTF-8.');

/** Control characters are UTF-8, and refused for themselves. */
const isDone = (body: unknown) =>
  JSON.stringify(body) === '{"data":{"updateBadge":{"userErrors":[]}}}';
let renames = 0;

describe('bytes that are not UTF-8 are refused, and nothing is written:', () => {
  test.each([
    ['Latin-1', Buffer.from('Zoë', 'latin1')],
    ['UTF-16', Buffer.from('Zoë', 'utf16le')],
    ['a character that is cut', Buffer.from('🏅').subarray(0, 3)],
    ['half of a pair in UTF-8', Buffer.from([0xed, 0xa0, 0xbd])],
    ['a letter in more bytes than it needs', Buffer.from([0xc1, 0x81])],
    ['a byte that UTF-8 never has', Buffer.from([0xff])],
  ])('%s', async (_what, name) => {
    // Two of them are UTF-8 all the same, and control characters that JSON may not have.
    const answer = await send(toRename(name));
    expect(answer).toEqual(isUtf8(name) ? refusal(400, 'The body must be valid JSON.') : notUtf8);
    expect(writesTo(service.sandbox)).toEqual([]);
  });

  test(
    'whatever they are',
    async () => {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 6 }),
        fc.string({ unit: anyCharacter, maxLength: 3 }).chain((text) => {
          const whole = Buffer.from(text);
          return fc.nat(whole.length).map((end) => whole.subarray(0, end));
        }),
      );
      await fc.assert(
        fc.asyncProperty(bytes, async (inside) => {
          // Another one each time, or it would be no change.
          renames += 1;
          const name = Buffer.concat([Buffer.from(`${renames}`), inside, Buffer.from('a')]);
          service.sandbox.tagMango.requests.length = 0;
          const answer = await send(toRename(name));
          const sent = writesTo(service.sandbox).map(({ body }) => body);
          if (!isUtf8(name)) expect([answer, sent]).toEqual([notUtf8, []]);
          else if (isDone(answer.body))
            expect(sent).toEqual([{ name: JSON.parse(`"${name.toString()}"`) as unknown }]);
          else expect(sent).toEqual([]);
        }),
        { numRuns },
      );
    },
    TIMEOUT_MS,
  );
});

describe('the charset', () => {
  test.each([
    'application/json; charset=iso-8859-1',
    'application/json;charset="utf-16"',
    'application/json; charset=utf-8; charset=latin1',
    'application/json; CharSet = windows-1252',
    'application/json; charset=""',
  ])('of %s is none that is spoken here', async (type) => {
    expect(await send(toRename(Buffer.from('New')), type)).toEqual(
      refusal(415, 'The body must be UTF-8, but its content type names a different charset.'),
    );
    expect(writesTo(service.sandbox)).toEqual([]);
  });

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF8',
    'Application/JSON; Charset="Utf-8"',
  ])('of %s is', async (type) => {
    const { status } = await send(toRename(Buffer.from(`Zoë ${type.length}`)), type);
    expect([status, writesTo(service.sandbox).length]).toEqual([200, 1]);
  });
});

test('a byte order mark before the JSON says nothing', async () => {
  const marked = Buffer.concat([Buffer.from('\ufeff'), toRename(Buffer.from('Marked'))]);
  expect((await send(marked)).status).toBe(200);
  expect(writesTo(service.sandbox)).toHaveLength(1);
});
