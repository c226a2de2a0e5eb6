import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { foldText, toTextTest } from '../../src/badges/reading/text-search.ts';
import { numRuns } from './runs.ts';
import { wellFormedText } from './texts.ts';

const isIn = (part: string, name: string) => toTextTest(part)(foldText(name));

test.each([
  ['ΟΔΟΣ', 'ΟΔΟΣΗΜΑΝΣΗ'],
  ['οδος', 'ΟΔΟΣΗΜΑΝΣΗ'],
  ['ΟΔΟΣ', 'η οδός'.normalize('NFD').replace('\u0301', '')],
  ['istanbul', 'İstanbul Star'],
  ['İSTANBUL', 'istanbul star'],
  ['ISTANBUL', 'ıstanbul'],
  ['strasse', 'Straße'],
  ['STRASSE', 'straße'],
  ['straße', 'STRASSE'],
  ['ẞ', 'strasse'],
  ['fi', 'ﬁre'],
  ['FIRE', 'ﬁre'],
  ['é', 'cafe\u0301'],
  ['CAFÉ', 'café'],
  ['Å', 'a\u030angstrom'],
  ['e', 'é'],
  ['\u0301', 'é'],
  ['a\u0301', 'a\u0301\u0323'],
  ['\u1ea1\u0301', 'a\u0301\u0323\u0323'],
  ['각', '\u1100\u1161\u11a8'],
  ['ᾳ', 'ΑΙ'],
  ['ა', 'Ა'],
  ['Ꭰ', 'ꭰ'],
  ['🏅', 'First 🏅'],
])('%j is in %j', (part, name) => {
  expect(isIn(part, name)).toBe(true);
});

test.each([
  ['é', 'e'],
  ['cafés', 'cafes'],
  ['cafes', 'cafés'],
  ['n', 'm'],
  ['ab', 'a b'],
  ['कि', 'का'],
  ['ss', 's'],
  ['각', '\u1100\u1161'],
  ['\u0323', 'é'],
])('%j is not in %j', (part, name) => {
  expect(isIn(part, name)).toBe(false);
});

/** What case, composition and the order of marks make hard. */
const LETTERS = [
  ...['a', 'E', 'i', 'I', 'İ', 'ı', 'j', 'ß', 'ẞ', 'ſ', 'ﬁ', 'ŉ', 'ǅ', 'ǰ', 'K', 'Å', 'µ', 'Ω'],
  ...['Σ', 'σ', 'ς', 'ΐ', 'ὒ', 'Ἑ', 'և', 'ﬓ', 'ა', 'Ა', 'Ꭰ', 'ꭰ', 'ᲀ', 'ꙋ', 'ё', 'Й'],
  ...[
    'ệ',
    'Ộ',
    'ṩ',
    'ẛ',
    'Ǖ',
    'क',
    'क़',
    'ी',
    'ि',
    '़',
    '्',
    'ก',
    'ำ',
    '각',
    'ᄀ',
    'ᅡ',
    'ᆨ',
    'が',
    'か',
  ],
  ...[
    '🏅',
    '👩‍🚀',
    '🏽',
    '\u200d',
    '𝓐',
    '\u{1d15e}',
    '\u{110ab}',
    '\u0f73',
    '\u0344',
    ' ',
    '1',
    "'",
    '.',
  ],
];
/** In upper case the iota below becomes a letter, behind which no mark may follow. */
const IOTAS = ['ᾳ', 'ᾼ', 'ᾴ', 'ῷ', 'α', 'ι', 'Ι'];
const MARKS = [
  ...['\u0301', '\u0300', '\u0308', '\u0307', '\u0323', '\u0331', '\u0327', '\u0302', '\u030a'],
  ...['\u05b0', '\u3099', '\u093c', '\u0334', '\u034f', '\u{1d165}', '\u20d2'],
];
const PLAIN = LETTERS.filter((letter) => !/^\p{M}/u.test(letter));
const anyName = fc.oneof(
  fc.string({
    unit: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...LETTERS) },
      { weight: 2, arbitrary: fc.constantFrom(...MARKS) },
    ),
    minLength: 1,
    maxLength: 10,
  }),
  fc.string({ unit: fc.constantFrom(...IOTAS, ...PLAIN), minLength: 1, maxLength: 10 }),
  wellFormedText.filter((text) => text !== '' && !text.normalize('NFD').includes('\u0345')),
);

const FORMS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => text.toLowerCase(),
  (text) => text.normalize('NFC'),
  (text) => text.normalize('NFD'),
];
const anyForms = fc.array(fc.constantFrom(...FORMS), { maxLength: 3 });
const inForms = (text: string, forms: readonly ((text: string) => string)[]) =>
  forms.reduce((formed, toForm) => toForm(formed), text);

/** Between any two characters. */
const anyPartOf = (name: string) => {
  const characters = [...name];
  return fc
    .tuple(fc.nat(characters.length - 1), fc.nat(characters.length))
    .map(([start, length]) => characters.slice(start, start + length + 1).join(''));
};

test('every part of a name finds it, both in any case and composition', () => {
  fc.assert(
    fc.property(
      anyName.chain((name) => fc.tuple(fc.constant(name), anyPartOf(name))),
      anyForms,
      anyForms,
      ([name, part], formsOfName, formsOfPart) => {
        expect(isIn(inForms(part, formsOfPart), name)).toBe(true);
        const formed = inForms(name, formsOfName);
        expect(isIn(formed, name)).toBe(true);
        expect(isIn(name, formed)).toBe(true);
      },
    ),
    { numRuns },
  );
});

test('every letter finds itself, in upper and lower case, composed and not', () => {
  const lost: string[] = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const letter = String.fromCodePoint(code);
    if (FORMS.every((toForm) => toForm(letter) === letter)) continue;
    const isFound = FORMS.every(
      (toForm) => isIn(toForm(letter), letter) && isIn(letter, toForm(letter)),
    );
    if (!isFound) lost.push(code.toString(16));
  }
  expect(lost).toEqual([]);
});

test('what is found has the same letters, marks aside', () => {
  const bare = (text: string) => foldText(text).text.replace(/\p{M}/gu, '');
  fc.assert(
    fc.property(anyName, anyName, (part, name) => {
      if (isIn(part, name)) expect(bare(name)).toContain(bare(part));
    }),
    { numRuns },
  );
});

test('a row of marks without end finds itself, and each part that is written as it is', () => {
  const marks = fc.array(fc.constantFrom(...MARKS), { minLength: 31, maxLength: 200 });
  fc.assert(
    fc.property(
      marks
        .map((row) => `Aé${row.join('')}B`)
        .chain((name) => fc.tuple(fc.constant(name), anyPartOf(name))),
      ([name, part]) => {
        for (const formed of [part, part.toUpperCase(), part.toLowerCase()]) {
          expect(isIn(formed, name)).toBe(true);
        }
      },
    ),
    { numRuns: Math.ceil(numRuns / 4) },
  );
});
