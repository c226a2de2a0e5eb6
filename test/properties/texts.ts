import fc from 'fast-check';

/** Where orders of UTF-16 units and of code points part, and what encodings and editors trip over. */
const WHOLE_CHARACTERS = [
  ...['\0', '"', '\\', '/', ' ', '0', 'B', 'a', '\u007f', 'é', 'e\u0301', '\u2028', '\u202e'],
  ...['\ud7ff', '\ue000', '\ufeff', '\uffff', '\u{10000}', '\u{1F3C5}', '\u{10ffff}'],
];
const SURROGATES = ['\ud800', '\udbff', '\udc00', '\udfff'];

/** Unicode text without lone surrogates. */
export const wellFormedText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...WHOLE_CHARACTERS), maxLength: 4 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

/** Whatever a string of JSON can hold: surrogates also stand alone, and the wrong way round. */
export const anyText = fc.oneof(
  wellFormedText,
  fc.string({ unit: fc.constantFrom(...WHOLE_CHARACTERS, ...SURROGATES), maxLength: 6 }),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 8 }),
);
