import { createSlices } from '../../http/json.ts';
import {
  DOT_ABOVE,
  type FoldedText,
  foldAsWritten,
  foldText,
  isMarkAt,
  marksAfter,
  marksBefore,
  rowsOfMarks,
} from './folding.ts';

/** What a search looks at. */
export interface Searched {
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

  return async <Item extends { readonly badge: Searched }>(
    all: readonly Item[],
    wanted: string,
  ) => {
    const isFound = toTextTest(wanted);
    const slices = createSlices();
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
