import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  JsonError,
  MAX_DEPTH,
  MAX_FIELDS,
  MAX_CONTAINERS,
  parseJsonInSlices,
  parseWholeJson,
} from '../../src/http/json.ts';
import { TIMEOUT_MS, numRuns } from './runs.ts';
import { anyCharacter } from './texts.ts';

/** Counts how often others have their turn. */
function createCount() {
  const count = { steps: 0, most: 0 };
  return {
    count,
    spend(steps: number) {
      count.steps += steps;
      count.most = Math.max(count.most, steps);
      return undefined;
    },
  };
}

/** The value, or that there is none, as the engine sees it. */
function expected(text: string): unknown {
  try {
    return { value: parseWholeJson(text) };
  } catch {
    return 'malformed';
  }
}

async function actual(text: string, pieceCharacters: number): Promise<unknown> {
  try {
    return { value: await parseJsonInSlices(text, createCount(), pieceCharacters) };
  } catch (error) {
    if (error instanceof JsonError) return error.kind;
    throw error;
  }
}

const blanks = fc.constantFrom('', '', ' ', '\n\t', '\r  ');
const odd = fc.constantFrom(
  '',
  '',
  '',
  ',',
  ']',
  '}',
  '[',
  '{',
  '"',
  '\\',
  ':',
  '-',
  'nul',
  '"a":',
  '\f',
  '1',
);
const leaf = fc.oneof(
  fc.json({ maxDepth: 0 }),
  fc.constantFrom(
    '"__proto__"',
    '"\\ud83d"',
    '"\\ud83d\\ude00"',
    '"\\\\"',
    '"\\""',
    '"[{,}]"',
    '-0',
    '1e999',
  ),
  fc.string({ unit: anyCharacter }).map((text) => JSON.stringify(text)),
);
const key = fc.oneof(fc.constantFrom('"a"', '"b"', '"1"', '"__proto__"', '"\\ud83d"', '","'), leaf);
/** JSON with blanks and keys that come twice, and with something in between here and there that makes it none. */
const { text } = fc.letrec<{ text: string }>((tie) => {
  const member = fc.tuple(blanks, tie('text'), blanks, odd).map((parts) => parts.join(''));
  const list = fc.array(member, { maxLength: 5 }).map((members) => `[${members.join(',')}]`);
  const field = fc
    .tuple(blanks, key, blanks, member)
    .map(([a, name, b, value]) => `${a}${name}${b}:${value}`);
  const object = fc.array(field, { maxLength: 5 }).map((fields) => `{${fields.join(',')}}`);
  return { text: fc.oneof({ maxDepth: 6, depthSize: 'large' }, leaf, list, object) };
});

describe('JSON that is parsed in slices', () => {
  test(
    'is what it is at once, and refused when it is none, wherever it is cut',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          blanks,
          text,
          odd,
          fc.nat({ max: 20 }),
          async (blank, json, rest, piece) => {
            const whole = blank + json + rest;
            const [left, right] = [await actual(whole, piece), expected(whole)];
            expect(left).toEqual(right);
            // Also the order of keys, and which of them are own ones.
            expect(JSON.stringify(left)).toBe(JSON.stringify(right));
          },
        ),
        { numRuns: numRuns * 10 },
      );
    },
    TIMEOUT_MS,
  );

  test('is cut in pieces of about the same length, however it is nested', async () => {
    const record = `{"id":"a","tags":[${'[],'.repeat(50)}{}],"text":"${'x'.repeat(300)}"}`;
    const records = `[${Array.from({ length: 2_000 }, () => record).join(', ')}]`;
    for (const json of [records, `{"a":{"b":[[1,${records}]]}}`, `[${'[],'.repeat(200_000)}[]]`]) {
      const slices = createCount();
      expect(await parseJsonInSlices(json, slices)).toEqual(JSON.parse(json));
      expect(slices.count.most).toBeLessThan(300_000);
      expect(slices.count.steps).toBeGreaterThan(json.length * 3);
    }
  });

  test('is refused when it is deeper than any answer', async () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect([await actual(nested(MAX_DEPTH), 64), await actual(nested(MAX_DEPTH + 1), 64)]).toEqual([
      { value: JSON.parse(nested(MAX_DEPTH)) as unknown },
      'deep',
    ]);
  });

  test.each(['[]', '{}', '{"a":1}', '[[1,2],{"a":[3]}]'])(
    'is refused when it holds more lists and objects than any answer, each %s',
    async (item) => {
      const inItem = item.match(/[[{]/g)?.length ?? 0;
      // The list itself is one too.
      const most = Math.floor((MAX_CONTAINERS - 1) / inItem);
      const listOf = (items: number) => `[${Array.from({ length: items }, () => item).join(',')}]`;
      expect(await parseJsonInSlices(listOf(most), createCount())).toHaveLength(most);
      expect(await actual(listOf(most + 1), 64)).toBe('many');
    },
  );

  test('has no more fields of a long object than tell that there are too many', async () => {
    const wide = (fields: number) =>
      `[{${Array.from({ length: fields }, (_, index) => `"k${index}":${index}`).join(',')}}]`;
    const [most, more] = [wide(MAX_FIELDS), wide(200_000)];
    expect(await parseJsonInSlices(most, createCount())).toEqual(JSON.parse(most));
    const [object = {}] = (await parseJsonInSlices(more, createCount())) as object[];
    expect(Object.keys(object)).toHaveLength(MAX_FIELDS + 1);
  });
});
