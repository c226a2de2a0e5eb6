import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isInvisible } from '../../src/providers/input-checks.ts';
import { numRuns } from '../properties/runs.ts';
import { HALL_OF_FAME, MAJOR, STORED, writesTo } from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ sandbox: STORED });
});
afterAll(() => service.close());

/** Each leaves nothing on a screen, alone and beside the others. */
const INVISIBLE: Readonly<Record<string, string>> = {
  'zero width space': '\u200b',
  'zero width joiner': '\u200d',
  'word joiner': '\u2060',
  'soft hyphen': '\u00ad',
  'byte order mark': '\ufeff',
  'no-break space': '\u00a0',
  'wide space': '\u3000',
  'blank of Braille': '\u2800',
  'filler of Hangul': '\u3164',
  'half-width filler of Hangul': '\uffa0',
  'fillers of Hangul at the beginning and in the middle': '\u115f\u1160',
  'vowel of Khmer that is not seen': '\u17b4',
  'grapheme joiner': '\u034f',
  'mark for right to left': '\u200f',
  'override of direction': '\u202e',
  'variation selector': '\ufe0f',
  'variation selector of another plane': '\u{e0100}',
  'tag letters': '\u{e0041}\u{e0042}',
  'null of musical notes': '\u{1d159}',
  'control character': '\u0085',
  'line separator': '\u2028',
};

const writes = [
  ['create', 'tagMango', 'name', (text: string) => ({ name: text })],
  ['update', 'tagMango', 'name', (text: string) => ({ id: HALL_OF_FAME, name: text })],
  ['create', 'returningAI', 'title', (text: string) => ({ title: text })],
  ['create', 'returningAI', 'action', (text: string) => ({ title: 'New', action: text })],
  [
    'update',
    'returningAI',
    'title',
    (text: string) => ({ id: MAJOR, title: text, hiddenFields: 'OMIT' }),
  ],
  [
    'update',
    'returningAI',
    'action',
    (text: string) => ({ id: MAJOR, action: text, hiddenFields: 'OMIT' }),
  ],
] as const;

describe.each(writes)('%sBadge at %s: a %s', (kind, provider, field, toInput) => {
  async function errorsFor(text: string): Promise<unknown> {
    const type = `${kind === 'create' ? 'Create' : 'Update'}BadgeInput!`;
    const { data } = await service.execute<{ made: { userErrors: unknown } }, object>(
      `mutation ($input: ${type}) {
        made: ${kind}Badge(input: $input, dryRun: true) { userErrors { code fields message } }
      }`,
      { input: { [provider]: toInput(text) } },
    );
    return data.made.userErrors;
  }

  test.each(Object.entries(INVISIBLE))('of %s only is none', async (_what, text) => {
    for (const name of [text, `${text} ${text}`, `\u200b${text}`]) {
      // Some of them are control characters too, which is told beside it.
      expect(await errorsFor(name)).toContainEqual({
        code: 'INVALID_INPUT',
        fields: [['input', provider, field]],
        message: `Field "${field}" must ${name.trim() === '' ? 'not be empty' : 'contain a visible character'}.`,
      });
    }
    expect(writesTo(service.sandbox)).toEqual([]);
  });

  test.each(['👩‍🚀', '\u200bx', '٠', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'é', '—', '\u0301x'])(
    'that can be seen is one, whatever else it has: %s',
    async (text) => {
      expect(await errorsFor(text)).toEqual([]);
    },
  );
});

test('whatever has a letter, a digit or a sign can be seen', () => {
  const hidden = fc.string({ unit: fc.constantFrom(...Object.values(INVISIBLE)), maxLength: 5 });
  const seen = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 });
  fc.assert(
    fc.property(hidden, seen, hidden, (before, letter, after) => {
      expect(isInvisible(before + after)).toBe(true);
      fc.pre(
        /[\p{L}\p{N}\p{P}\p{S}]/u.test(
          letter.replace(/[\u2800\u3164\u115f\u1160\uffa0\u{1d159}]/gu, ''),
        ),
      );
      expect(isInvisible(before + letter + after)).toBe(false);
    }),
    { numRuns },
  );
});
