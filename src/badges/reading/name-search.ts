import { createSlices } from '../../http/slices.ts';
import { isMarkAt, marksAfter, marksBefore, rowsOfMarks } from './marks.ts';
import { DOT_ABOVE, foldAsWritten, foldText } from './name-folding.ts';
import type { FoldedText } from './name-folding.ts';

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
