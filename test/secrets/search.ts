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

/** Every marker that stands in an output: whole or in part, as it is, backwards or in other letters, such as base64. */
export function findMarkers(outputs: readonly Output[], markers: readonly Marker[]): Finding[] {
  const pieces = toPieces(markers);
  return outputs.flatMap(({ from, text }) => {
    const found = new Map<string, Finding>();
    for (const { marker, excerpt } of decodings(text).flatMap((each) => searchOne(each, pieces))) {
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

function searchOne(
  text: string,
  pieces: ReadonlyMap<string, string>,
): Pick<Finding, 'marker' | 'excerpt'>[] {
  const found: Pick<Finding, 'marker' | 'excerpt'>[] = [];
  for (const { 0: run, index } of text.toLowerCase().matchAll(/[a-z0-9]{8,}/g)) {
    for (let at = 0; at + PIECE_LETTERS <= run.length; at += 1) {
      const marker = pieces.get(run.slice(at, at + PIECE_LETTERS));
      if (marker === undefined) continue;
      found.push({ marker, excerpt: text.slice(Math.max(0, index - 60), index + 60) });
      break;
    }
  }
  return found;
}
