import { createSlices, cutText } from '../../http/json.ts';

/** Combining marks: characters that belong to the letter before them, such as accents and signs of vowels. */

/** Beyond it there are only variation selectors, which normalization leaves where they are. */
const TABLE_SIZE = 0x20000;
const MARK = /\p{M}/u;
let table: Uint8Array | undefined;

/** By code point: a test by the regular expression takes fifty times as long. Made when it is first asked for. */
function markTable(): Uint8Array {
  if (table) return table;
  const made = new Uint8Array(TABLE_SIZE);
  for (let code = 0; code < TABLE_SIZE; code += 1) {
    if (MARK.test(String.fromCodePoint(code))) made[code] = 1;
  }
  table = made;
  return made;
}

export function isMarkAt(text: string, at: number): boolean {
  return markTable()[text.codePointAt(at) ?? 0] === 1;
}

/** UTF-16 units of the character there. */
export function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** The marks that begin there, up to the next letter. */
export function marksAfter(text: string, start: number): string[] {
  const marks: string[] = [];
  for (let at = start; at < text.length && isMarkAt(text, at); at += widthAt(text, at)) {
    marks.push(text.slice(at, at + widthAt(text, at)));
  }
  return marks;
}

/** The marks that end there, in their order. */
export function marksBefore(text: string, end: number): string[] {
  const marks: string[] = [];
  for (let at = startBefore(text, end); at >= 0 && isMarkAt(text, at); at = startBefore(text, at)) {
    marks.push(text.slice(at, at + widthAt(text, at)));
  }
  return marks.reverse();
}

/** Where the character begins that ends there; -1 at the beginning. */
function startBefore(text: string, end: number): number {
  const isPair = end > 1 && widthAt(text, end - 2) === 2;
  return end - (isPair ? 2 : 1);
}

/** All marks, by the letter that they belong to. */
export function rowsOfMarks(text: string): string[][] {
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
 * A name, or a part that is looked for, as it is compared: without case and composition. Canonical caseless matching of
 * the Unicode standard, with what people expect beside it: final sigma, and İ and ı, are σ and i.
 */
export interface FoldedText {
  text: string;
  /** Whether marks follow each other, which normalization may have put into another order than they were written in. */
  hasMarksInRow: boolean;
  /** The same with all marks where they were written. Undefined: there is no need for it. */
  asWritten: string | undefined;
}

/** Of a name. What comes later finds it no more; names that are written here are a tenth as long. */
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

/** Upper case turns this mark into a letter. */
const IOTA_BELOW = '\u0345';

/** Character by character, and so without an order of marks. */
export function foldAsWritten(text: string): string {
  return foldCase(Array.from(text, (character) => character.normalize('NFD')).join(''));
}

/** Each part of a text is folded as it is within the whole: only Σ hangs on its neighbours. */
function foldCase(text: string): string {
  return withoutDots(text.toLowerCase().toUpperCase().replaceAll('Σ', 'σ').toLowerCase());
}

/** More marks in a row are no writing, and would take time that grows with their square to be put into order. */
const MAX_MARKS = 30;

/** Cut within rows of marks that are too long, and nowhere else. */
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

export const DOT_ABOVE = '\u0307';

/** Lower case makes i with a dot of İ, and ı has none: whether there is one says nothing. */
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

/** Finds those whose name holds a text. Each name is folded once, when it is looked at first. */
export type NameSearch = <Named extends { readonly name: string }>(
  all: readonly Named[],
  wanted: string,
) => Promise<readonly Named[]>;

/** To fold a character takes as long as to look at so many, and to look for a text in it as at a few. */
const FOLDING_WEIGHT = 40;
const LOOKING_WEIGHT = 3;

export function createNameSearch(): NameSearch {
  const folded = new WeakMap<object, FoldedText>();
  return async <Named extends { readonly name: string }>(all: readonly Named[], wanted: string) => {
    const isFound = toNameTest(wanted);
    const found: Named[] = [];
    const slices = createSlices();
    for (const each of all) {
      const known = folded.get(each);
      const name = known ?? foldText(each.name);
      if (!known) folded.set(each, name);
      if (isFound(name)) found.push(each);
      await slices.spend(name.text.length * (known ? LOOKING_WEIGHT : FOLDING_WEIGHT));
    }
    return found;
  };
}

/** Whether a name holds the text, wherever that begins and ends, also between a letter and its marks. */
export function toNameTest(wanted: string): (name: FoldedText) => boolean {
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
  /** Marks at the beginning, whose letter is not asked for. */
  before: readonly string[];
  core: string;
  /** Marks at the end: the letter before them may have more. */
  after: readonly string[];
}

function toParts(text: string): Parts {
  const characters = [...text];
  const start = characters.findIndex((character) => !isMarkAt(character, 0));
  const end = characters.findLastIndex((character) => !isMarkAt(character, 0)) + 1;
  const before = start === -1 ? characters : characters.slice(0, start);
  return {
    // The letter may be an i, whose dot says nothing.
    before: before.filter((mark) => mark !== DOT_ABOVE),
    core: characters.slice(before.length, end).join(''),
    after: characters.slice(Math.max(before.length, end)),
  };
}

/** Marks of one letter are in an order of their own, in which those that are looked for may have others between them. */
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

/** Every place where the text ends in the name, found in one walk also where both repeat themselves (Knuth, Morris, Pratt). */
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

/** For each beginning of the text, the length of the longest shorter one with which it also ends. */
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
