import { decodings } from './decodings.ts';
import type { Marker } from './markers.ts';

/** Something that left the process. */
export interface Output {
  /** How it left. */
  from: string;
  text: string;
}

export interface Finding {
  marker: string;
  from: string;
  /** What stands there, as it was read. */
  excerpt: string;
}

/** So many letters of a marker in a row are no accident. */
const PIECE_LETTERS = 8;
const BEGINNING_LETTERS = 4;
/** Letters and digits as a number. */
const DIGITS = 36;

/** Every marker that stands in an output: whole or in part, as it is, backwards or in other letters, such as base64. */
export function findMarkers(outputs: readonly Output[], markers: readonly Marker[]): Finding[] {
  const pieces = toPieces(markers);
  const beginnings = toBeginnings(pieces);
  return outputs.flatMap(({ from, text }) => {
    const found = new Map<string, Finding>();
    for (const { marker, excerpt } of decodings(text).flatMap((each) =>
      searchOne(each, pieces, beginnings),
    )) {
      if (!found.has(marker)) found.set(marker, { marker, from, excerpt });
    }
    return [...found.values()];
  });
}

function toPieces(markers: readonly Marker[]): Map<string, string> {
  return new Map(
    markers.flatMap(({ name, core }) =>
      Array.from({ length: core.length - PIECE_LETTERS + 1 }, (_, at) => {
        const piece = core.slice(at, at + PIECE_LETTERS);
        return [piece, [...piece].reverse().join('')].map((each) => [each, name] as const);
      }).flat(),
    ),
  );
}

/** Which letters a piece begins with, so that only few places of a text are looked up. */
function toBeginnings(pieces: ReadonlyMap<string, string>): Uint8Array {
  const beginnings = new Uint8Array(DIGITS ** BEGINNING_LETTERS);
  for (const piece of pieces.keys()) {
    beginnings[Number.parseInt(piece.slice(0, BEGINNING_LETTERS), DIGITS)] = 1;
  }
  return beginnings;
}

/** The value of a letter or a digit in base 36; -1 for all others. */
function toDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 122 ? code - 87 : -1;
}

/** Only the first marker of each run of letters and digits. */
function searchOne(
  text: string,
  pieces: ReadonlyMap<string, string>,
  beginnings: Uint8Array,
): Pick<Finding, 'marker' | 'excerpt'>[] {
  const found: Pick<Finding, 'marker' | 'excerpt'>[] = [];
  const lower = text.toLowerCase();
  let begin = 0;
  let last = 0;
  let isFound = false;
  for (let at = 0; at < lower.length; at += 1) {
    const digit = toDigit(lower.charCodeAt(at));
    if (digit < 0) {
      begin = at + 1;
      isFound = false;
      continue;
    }
    last = (last * DIGITS + digit) % beginnings.length;
    const from = at + 1 - BEGINNING_LETTERS;
    if (isFound || from < begin || beginnings[last] === 0) continue;
    const marker = pieces.get(lower.slice(from, from + PIECE_LETTERS));
    if (marker === undefined) continue;
    found.push({ marker, excerpt: text.slice(Math.max(0, begin - 60), begin + 60) });
    isFound = true;
  }
  return found;
}
