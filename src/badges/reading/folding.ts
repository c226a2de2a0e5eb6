import { cutText } from '../../http/json.ts';

// "Marks" are combining marks: characters that belong to the preceding letter, such as accents and vowel signs.

/** All marks with higher code points are variation selectors, which normalization does not reorder. */
const TABLE_SIZE = 0x20000;
const MARK = /\p{M}/u;
let table: Uint8Array | undefined;

/** One entry for each code point, created at the first use. Testing the regular expression takes fifty times as long. */
function markTable(): Uint8Array {
  if (table) return table;
  const made = new Uint8Array(TABLE_SIZE);
  for (let code = 0; code < TABLE_SIZE; code += 1) {
    if (MARK.test(String.fromCodePoint(code))) made[code] = 1;
  }
  table = made;
  return made;
}

function isMarkAt(text: string, at: number): boolean {
  return markTable()[text.codePointAt(at) ?? 0] === 1;
}

/** Number of UTF-16 units of the character at this index. */
function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** The marks from this index up to the next letter. */
function marksAfter(text: string, start: number): string[] {
  const marks: string[] = [];
  for (let at = start; at < text.length && isMarkAt(text, at); at += widthAt(text, at)) {
    marks.push(text.slice(at, at + widthAt(text, at)));
  }
  return marks;
}

/** The marks that end at this index, in their order. */
function marksBefore(text: string, end: number): string[] {
  const marks: string[] = [];
  for (let at = startBefore(text, end); at >= 0 && isMarkAt(text, at); at = startBefore(text, at)) {
    marks.push(text.slice(at, at + widthAt(text, at)));
  }
  return marks.reverse();
}

/** The index of the character that ends at this index. -1 at the start of the text. */
function startBefore(text: string, end: number): number {
  const isPair = end > 1 && widthAt(text, end - 2) === 2;
  return end - (isPair ? 2 : 1);
}

/** All sequences of marks, one for each letter with marks. */
function rowsOfMarks(text: string): string[][] {
  const rows: string[][] = [];
  for (let at = 0; at < text.length;) {
    const row = marksAfter(text, at);
    if (row.length > 0) rows.push(row);
    const width = row.join('').length;
    at += width > 0 ? width : widthAt(text, at);
  }
  return rows;
}

/**
 * A text, folded for comparison: canonical caseless matching of the Unicode standard, which ignores
 * case and composition. In addition, final sigma equals σ, and İ and ı equal i.
 */
interface FoldedText {
  text: string;
  /** Whether a letter has several marks, which normalization may have reordered. */
  hasMarksInRow: boolean;
  /** The same text with its marks in the original order. Undefined if that makes no difference. */
  asWritten: string | undefined;
}

/** Texts are searched up to this many UTF-16 units, the longest description that this service writes. */
const MAX_CHARACTERS = 10_000;
const ONLY_ASCII = /^[\0-\x7f]*$/;

export function foldText(given: string): FoldedText {
  const text = cutText(given, MAX_CHARACTERS);
  if (ONLY_ASCII.test(text)) {
    return { text: text.toLowerCase(), hasMarksInRow: false, asWritten: undefined };
  }
  const pieces = toPieces(text);
  const normalized = pieces.map((piece) => piece.normalize('NFD')).join('');
  const folded = foldCase(normalized);
  const isOrderLost = pieces.length > 1 || normalized.includes(IOTA_BELOW);
  return {
    text: folded,
    hasMarksInRow: hasMarksInRow(folded),
    asWritten: isOrderLost ? foldAsWritten(text) : undefined,
  };
}

/** The upper case of this mark is a letter. */
const IOTA_BELOW = '\u0345';

/** Folds each character separately, which keeps the order of marks. */
function foldAsWritten(text: string): string {
  return foldCase(Array.from(text, (character) => character.normalize('NFD')).join(''));
}

/** Folding a part gives the same result as within the whole text. Only Σ depends on its neighbors, and is replaced. */
function foldCase(text: string): string {
  return withoutDots(text.toLowerCase().toUpperCase().replaceAll('Σ', 'σ').toLowerCase());
}

/** No writing system has longer sequences of marks. Normalizing takes quadratic time in their length. */
const MAX_MARKS = 30;

/** Splits the text only within sequences of marks that are too long. */
function toPieces(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let marks = 0;
  for (let at = 0; at < text.length; at += widthAt(text, at)) {
    marks = isMarkAt(text, at) ? marks + 1 : 0;
    if (marks <= MAX_MARKS) continue;
    pieces.push(text.slice(start, at));
    start = at;
    marks = 1;
  }
  pieces.push(text.slice(start));
  return pieces;
}

function hasMarksInRow(text: string): boolean {
  let isAfterMark = false;
  for (let at = 0; at < text.length; at += widthAt(text, at)) {
    const isMark = isMarkAt(text, at);
    if (isMark && isAfterMark) return true;
    isAfterMark = isMark;
  }
  return false;
}

const DOT_ABOVE = '\u0307';

/** The lower case of İ is i with a dot, and ı has no dot: the dot above an i is ignored. */
function withoutDots(text: string): string {
  if (!text.includes(DOT_ABOVE)) return text;
  const kept: string[] = [];
  let isAfterI = false;
  for (const character of text) {
    if (!isMarkAt(character, 0)) isAfterI = character === 'i';
    if (!isAfterI || character !== DOT_ABOVE) kept.push(character);
  }
  return kept.join('');
}

/**
 * Marks that change no letter into another for a reader: accents, points of Hebrew and Arabic, voicing of kana. The
 * ranges are fixed, so that servers with different versions of Unicode agree. Vowel signs of other scripts are letters.
 */
const ACCENTS =
  /[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f]/g;
/** Characters that nobody sees: fillers, joiners, marks of direction and variation selectors. */
const UNSEEN =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]/g;
/** Letters with a stroke, and two in one, which have no accent that could be taken off. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ...{ æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ħ: 'h', ŧ: 't', ƀ: 'b' },
  ...{ ɨ: 'i', ʉ: 'u', ƶ: 'z', ɇ: 'e', ɉ: 'j', ɍ: 'r', ɏ: 'y', ǥ: 'g', ƚ: 'l' },
};
const STROKED = new RegExp(`[${Object.keys(PLAIN_LETTERS).join('')}]`, 'g');

/** A name without what does not separate words for a reader: case, accents, and what cannot be seen. */
export function foldForOrder(name: string): string {
  // Without accents first: normalizing takes quadratic time in the length of a sequence of marks.
  const bare = toPieces(withoutAccents(name)).map((piece) => piece.normalize('NFKD'));
  const folded = withoutAccents(foldCase(withoutAccents(bare.join('')))).normalize('NFKD');
  return folded.replace(STROKED, (letter) => PLAIN_LETTERS[letter] ?? letter);
}

function withoutAccents(text: string): string {
  return text.replace(ACCENTS, '').replace(UNSEEN, '');
}
