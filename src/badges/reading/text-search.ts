import { createSlices, cutText } from '../../http/json.ts';

// "Marks" are combining marks: characters that belong to the preceding letter, such as accents and vowel signs.

/** What a search looks at. */
interface Searched {
  readonly name: string;
  readonly description: string | null;
}

/** Finds the badges whose name or description contains a text. Each text is folded once. */
export type TextSearch = <Item extends { readonly badge: Searched }>(
  all: readonly Item[],
  wanted: string,
) => Promise<readonly Item[]>;

/** Cost for each character in steps: of folding a text, and of searching a folded one. */
const FOLDING_WEIGHT = 40;
const SEARCHING_WEIGHT = 3;

export function createTextSearch(): TextSearch {
  const names = new WeakMap<Searched, FoldedText>();
  const descriptions = new WeakMap<Searched, FoldedText>();
  const ofThisList = {};

  return async <Item extends { readonly badge: Searched }>(
    all: readonly Item[],
    wanted: string,
  ) => {
    const isFound = toTextTest(wanted);
    const slices = createSlices(ofThisList);
    /** Also returns the promise of a turn for others, if the work was long. */
    function look(known: WeakMap<Searched, FoldedText>, badge: Searched, read: () => string) {
      const before = known.get(badge);
      const folded = before ?? foldText(read());
      if (!before) known.set(badge, folded);
      const turn = slices.spend(folded.text.length * (before ? SEARCHING_WEIGHT : FOLDING_WEIGHT));
      return { isMatch: isFound(folded), turn };
    }
    const found: Item[] = [];
    for (const item of all) {
      const { badge } = item;
      const inName = look(names, badge, () => badge.name);
      if (inName.turn) await inName.turn;
      if (inName.isMatch) {
        found.push(item);
        continue;
      }
      const inDescription = look(descriptions, badge, () => badge.description ?? '');
      if (inDescription.turn) await inDescription.turn;
      if (inDescription.isMatch) found.push(item);
    }
    return found;
  };
}

/** Whether a folded text contains the wanted one. A match may start or end between a letter and its marks. */
export function toTextTest(wanted: string): (name: FoldedText) => boolean {
  const { text } = foldText(wanted);
  const parts = toParts(text);
  const withoutDots = [...parts.before, parts.core, ...parts.after].join('');
  const forms = [...new Set([text, withoutDots, foldAsWritten(wanted)])];
  const hasOpenEnds = parts.before.length > 0 || parts.after.length > 0;
  return (name) =>
    forms.some((form) => name.text.includes(form) || name.asWritten?.includes(form)) ||
    (hasOpenEnds && name.hasMarksInRow && holdsParts(name.text, parts));
}

interface Parts {
  /** Leading marks, which match marks of any letter. */
  before: readonly string[];
  core: string;
  /** Trailing marks. Their letter may have more marks in the name. */
  after: readonly string[];
}

function toParts(text: string): Parts {
  const characters = [...text];
  const start = characters.findIndex((character) => !isMarkAt(character, 0));
  const end = characters.findLastIndex((character) => !isMarkAt(character, 0)) + 1;
  const before = start === -1 ? characters : characters.slice(0, start);
  return {
    // The letter may be an i, whose dot is ignored.
    before: before.filter((mark) => mark !== DOT_ABOVE),
    core: characters.slice(before.length, end).join(''),
    after: characters.slice(Math.max(before.length, end)),
  };
}

/** Normalization sorts the marks of a letter, so the marks of the search text may have others between them. */
function holdsParts(name: string, { before, core, after }: Parts): boolean {
  if (core === '') return rowsOfMarks(name).some((row) => holdsInOrder(row, before));
  for (const end of endsOf(core, name)) {
    if (after.length > 0 && !isMarkAt(name, end)) continue;
    const isHeld =
      holdsInOrder(marksAfter(name, end), after) &&
      holdsInOrder(marksBefore(name, end - core.length), before);
    if (isHeld) return true;
  }
  return false;
}

/** Every index at which an occurrence of the text ends, in linear time by the algorithm of Knuth, Morris and Pratt. */
function* endsOf(text: string, name: string): Generator<number> {
  const borders = bordersOf(text);
  let matched = 0;
  for (let at = 0; at < name.length; at += 1) {
    matched = longestBorder(text, borders, { matched, next: name.charCodeAt(at) });
    if (matched < text.length) continue;
    yield at + 1;
    matched = borders[matched - 1] ?? 0;
  }
}

/** For each prefix of the text, the length of its longest proper prefix that is also a suffix. */
function bordersOf(text: string): number[] {
  const borders = [0];
  for (let at = 1; at < text.length; at += 1) {
    const matched = borders[at - 1] ?? 0;
    borders.push(longestBorder(text, borders, { matched, next: text.charCodeAt(at) }));
  }
  return borders;
}

function longestBorder(
  text: string,
  borders: readonly number[],
  { matched, next }: { matched: number; next: number },
): number {
  let length = matched;
  while (length > 0 && text.charCodeAt(length) !== next) length = borders[length - 1] ?? 0;
  return text.charCodeAt(length) === next ? length + 1 : 0;
}

function holdsInOrder(row: readonly string[], wanted: readonly string[]): boolean {
  let found = 0;
  for (const mark of row) if (mark === wanted[found]) found += 1;
  return found === wanted.length;
}

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

/** All characters within these ranges of code points, both ends included. */
function toClass(ranges: readonly (readonly [number, number])[]): RegExp {
  const toText = (code: number) => `\\u${code.toString(16).padStart(4, '0')}`;
  return new RegExp(
    `[${ranges.map(([from, to]) => `${toText(from)}-${toText(to)}`).join('')}]`,
    'g',
  );
}

/**
 * Marks that change no letter into another for a reader: accents, points of Hebrew and Arabic, voicing of kana. The
 * ranges are fixed, so that servers with different versions of Unicode agree. Vowel signs of other scripts are letters.
 */
const ACCENTS = toClass([
  [0x300, 0x36f],
  [0x483, 0x487],
  [0x591, 0x5bd],
  [0x5bf, 0x5bf],
  [0x5c1, 0x5c1],
  [0x5c2, 0x5c2],
  [0x5c4, 0x5c4],
  [0x5c5, 0x5c5],
  [0x5c7, 0x5c7],
  [0x610, 0x61a],
  [0x64b, 0x65f],
  [0x670, 0x670],
  [0x6d6, 0x6dc],
  [0x6df, 0x6e4],
  [0x6e7, 0x6e7],
  [0x6e8, 0x6e8],
  [0x6ea, 0x6ed],
  [0x711, 0x711],
  [0x730, 0x74a],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x20d0, 0x20ff],
  [0x3099, 0x3099],
  [0x309a, 0x309a],
  [0xfe20, 0xfe2f],
]);
/** Characters that nobody sees: fillers, joiners, marks of direction and variation selectors. */
const UNSEEN = toClass([
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x115f],
  [0x1160, 0x1160],
  [0x17b4, 0x17b4],
  [0x17b5, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
]);
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
