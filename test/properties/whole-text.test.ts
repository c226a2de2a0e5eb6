import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutText, parseWholeJson, toWholeJson } from '../../src/http/json.ts';
import { anyJson } from './json-texts.ts';
import { numRuns } from './runs.ts';
import { anyText, wellFormedText } from './texts.ts';

/** Every way in which JSON can spell a unit, and escapes that look like one. */
const anySpelling = fc
  .array(
    fc.oneof(
      fc.constantFrom('\\\\', '\\\\ud83d', '\\n', '\\"', '\\/', '\\u0041', 'ud83d', '\\ufffd'),
      fc.constantFrom('\\ud83d', '\\uD83D', '\\udfc5', '\\uDfC5', '\\uD800', '\\udfff'),
      wellFormedText.map((text) => JSON.stringify(text).slice(1, -1)),
      anyText.map((text) => JSON.stringify(text).slice(1, -1)),
      fc.nat(0xffff).map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`),
    ),
    { maxLength: 8 },
  )
  .map((parts) => `"${parts.join('')}"`);

test('a JSON text becomes whole in every string, and stays as it is in all else', () => {
  fc.assert(
    fc.property(fc.oneof(anySpelling, anyJson), (json) => {
      const whole = toWholeJson(json);
      const values = flatten(JSON.parse(whole));
      const before = flatten(JSON.parse(json));
      // Two names that differ in a half character only are one name now.
      fc.pre(values.length === before.length);
      expect(values).toEqual(before.map(toWell));
      expect(flatten(parseWholeJson(json))).toEqual(values);
      expect(toWholeJson(whole)).toBe(whole);
    }),
    { numRuns },
  );
});

test('a text without half characters is the same JSON text as before, byte for byte', () => {
  fc.assert(
    fc.property(fc.array(wellFormedText), (texts) => {
      const json = JSON.stringify(texts);
      expect(toWholeJson(json)).toBe(json);
    }),
    { numRuns },
  );
});

test('what is no JSON does not become JSON', () => {
  for (const json of ['"\\ud8zz"', '"\\ud83"', '"\\ud83d', '"\\ud8 0"', '\\ud83d', '"\\u d83d"']) {
    expect(() => parseWholeJson(json)).toThrow(SyntaxError);
  }
});

test('a cut is at a whole character, and takes no more than it must', () => {
  fc.assert(
    fc.property(wellFormedText, fc.nat(10), (text, most) => {
      const cut = cutText(text, most);
      expect(cut.isWellFormed()).toBe(true);
      expect(text.startsWith(cut)).toBe(true);
      expect(cut.length).toBeLessThanOrEqual(most);
      const next = String.fromCodePoint(text.codePointAt(cut.length) ?? 0);
      expect(cut === text || cut.length + next.length > most).toBe(true);
    }),
    { numRuns },
  );
});

/** Names and values in their order, without calling itself: JSON may be nested deeper than functions can be. */
function flatten(json: unknown): unknown[] {
  const flat: unknown[] = [];
  const left: unknown[] = [json];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== 'object' || value === null) flat.push(value);
    else
      left.push(
        ...Object.entries(value as Record<string, unknown>)
          .flat()
          .toReversed(),
      );
  }
  return flat;
}

function toWell(value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}
