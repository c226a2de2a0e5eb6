import { cutText } from '../../http/whole-text.ts';
import { isMarkAt, widthAt } from './marks.ts';

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
const MOST_CHARACTERS = 10_000;
const ONLY_ASCII = /^[\0-\x7f]*$/;

export function foldText(given: string): FoldedText {
  const text = cutText(given, MOST_CHARACTERS);
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
const MOST_MARKS = 30;

/** Cut within rows of marks that are too long, and nowhere else. */
function toPieces(text: string): string[] {
  const pieces: string[] = [];
  let start = 0;
  let marks = 0;
  for (let at = 0; at < text.length; at += widthAt(text, at)) {
    marks = isMarkAt(text, at) ? marks + 1 : 0;
    if (marks <= MOST_MARKS) continue;
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
