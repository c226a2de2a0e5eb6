import fc from 'fast-check';

/** Where orders of UTF-16 units and of code points part, and what encodings and editors trip over. */
const WHOLE_CHARACTERS = [
  ...['\0', '"', '\\', '/', ' ', '0', 'B', 'a', '\u007f', 'é', 'e\u0301', '\u2028', '\u202e'],
  ...['\ud7ff', '\ue000', '\ufeff', '\uffff', '\u{10000}', '\u{1F3C5}', '\u{10ffff}'],
];
const SURROGATES = ['\ud800', '\udbff', '\udc00', '\udfff'];

const FIRST_SURROGATE = 0xd800;
const SURROGATE_COUNT = 0x800;
const MAX_INDEX = 0x10ffff - SURROGATE_COUNT;

/**
 * Any code point that is not a surrogate. The same as fast-check's unit `binary`, which takes a second and 80 MB for a
 * table of all of them.
 */
export const anyCharacter = fc.integer({ min: 0, max: MAX_INDEX }).map(
  (index) => String.fromCodePoint(index < FIRST_SURROGATE ? index : index + SURROGATE_COUNT),
  (text) => {
    const [first = '', more] = String(text);
    const point = first.codePointAt(0);
    if (point === undefined || more !== undefined || !first.isWellFormed()) {
      throw new Error('This is not one character');
    }
    return point < FIRST_SURROGATE ? point : point - SURROGATE_COUNT;
  },
);

/** Unicode text without lone surrogates. */
export const wellFormedText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...WHOLE_CHARACTERS), maxLength: 4 }),
  fc.string({ unit: anyCharacter, maxLength: 8 }),
);

/** Whatever a string of JSON can hold: surrogates also stand alone, and the wrong way round. */
export const anyText = fc.oneof(
  wellFormedText,
  fc.string({ unit: fc.constantFrom(...WHOLE_CHARACTERS, ...SURROGATES), maxLength: 6 }),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 8 }),
);
