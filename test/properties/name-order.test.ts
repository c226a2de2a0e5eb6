import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isValueOf, orderKey } from '../../src/badges/reading/badge-index.ts';
import type { BadgeFields } from '../../src/providers/badge-list.ts';
import { numRuns } from './runs.ts';
import { anyText } from './texts.ts';

const keyOf = (name: string): string =>
  orderKey('NAME', { name, provider: 'TAG_MANGO', id: 'a' } as BadgeFields)[0];

/** Written down, so that a server with another version of Unicode that orders otherwise is noticed. */
test.each([
  ['Éclair', 'eclair'],
  ['e\u0301clair', 'eclair'],
  ['STRASSE', 'strasse'],
  ['Straße', 'strasse'],
  ['İstanbul', 'istanbul'],
  ['ISTANBUL', 'istanbul'],
  ['ıstanbul', 'istanbul'],
  ['ΟΔΌΣ', 'οδοσ'],
  ['οδός', 'οδοσ'],
  ['Ёлка', 'елка'],
  ['Øre', 'ore'],
  ['Łódź', 'lodz'],
  ['Æsir', 'aesir'],
  ['Ｆｕｌｌ', 'full'],
  ['ﬁre', 'fire'],
  ['がく', 'かく'],
  ['שָׁלוֹם', 'שלום'],
  ['كِتَاب', 'كتاب'],
  ['Zero\u200bwidth', 'zerowidth'],
  ['  Two   spaces ', 'two spaces'],
  ['🏅 Medal', '🏅 medal'],
  ['की', 'की'],
])('%j is ordered as %j', (name, key) => {
  expect(keyOf(name)).toBe(key.normalize('NFKD').replace(/[\u0301\u0308]/g, ''));
});

test('what is another word for a reader stays apart', () => {
  for (const [a, b] of [
    ['कि', 'का'],
    ['กา', 'กี'],
    ['resume', 'resumes'],
    ['각', '가'],
    ['1', '10'],
  ] as const) {
    expect(keyOf(a)).not.toBe(keyOf(b));
  }
});

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz', ...'äéîõüçñåšžýøłæœ', 'ß', 'ß', '1', '9', ' '];
const ACCENTS = ['\u0300', '\u0301', '\u0302', '\u0303', '\u0308', '\u030a', '\u0327', '\u0323'];
const word = fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 1, maxLength: 12 });
const FORMS: readonly ((text: string) => string)[] = [
  (text) => text.toUpperCase(),
  (text) => text.toLowerCase(),
  (text) => text.normalize('NFC'),
  (text) => text.normalize('NFD'),
  (text) => text.normalize('NFKD'),
];

test('neither case nor composition nor accents separate a word from itself', () => {
  const accented = fc.array(fc.tuple(fc.nat(12), fc.constantFrom(...ACCENTS)), { maxLength: 5 });
  const forms = fc.array(fc.constantFrom(...FORMS), { maxLength: 4 });
  fc.assert(
    fc.property(word, accented, forms, (name, marks, toForms) => {
      const letters = [...name];
      for (const [at, mark] of marks) if (/\p{L}/u.test(letters[at] ?? '')) letters[at] += mark;
      const formed = toForms.reduce((text, toForm) => toForm(text), letters.join(''));
      expect(keyOf(formed)).toBe(keyOf(name));
    }),
    { numRuns },
  );
});

test('words of letters are ordered as a dictionary without a language orders them', () => {
  const plain = fc.string({
    unit: fc.constantFrom(...'abcxyzABCXYZäéîõüçñåšžÉÜÑØøŁłßæœ'),
    minLength: 1,
    maxLength: 6,
  });
  const { compare } = new Intl.Collator('en', { sensitivity: 'base' });
  fc.assert(
    fc.property(plain, plain, (a, b) => {
      const [left, right] = [keyOf(a), keyOf(b)];
      expect(Math.sign(left < right ? -1 : Number(left > right))).toBe(Math.sign(compare(a, b)));
    }),
    { numRuns },
  );
});

test('a key of whatever name is its own key, short, and well formed for a well-formed name', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 400 }), (text, times) => {
      const name = text.repeat(times).slice(0, 5_000);
      const key = keyOf(name);
      expect(keyOf(key)).toBe(key);
      expect(key.length).toBeLessThanOrEqual(1_000);
      if (name.isWellFormed()) expect(key.isWellFormed()).toBe(true);
    }),
    { numRuns },
  );
});

test('a long name has a key that a cursor may have, wherever it is cut', () => {
  const piece = fc.constantFrom('x', ' ', '  ', 'é', 'ﬁ', '🏅', '\u200b');
  fc.assert(
    fc.property(fc.integer({ min: 985, max: 1_005 }), fc.array(piece), (length, pieces) => {
      const key = keyOf('x'.repeat(length) + pieces.join('') + 'y'.repeat(20));
      expect(isValueOf('NAME', key)).toBe(true);
      expect(keyOf(key)).toBe(key);
    }),
    { numRuns },
  );
});
