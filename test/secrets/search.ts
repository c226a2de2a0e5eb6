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

type Found = Pick<Finding, 'marker' | 'excerpt'>;

/** So many letters of a marker in a row are no accident. */
const PIECE_LETTERS = 8;

/**
 * A stretch of letters in which a marker may stand in any encoding. What separates two stretches is a part of no
 * encoding, so each of them can be read alone. Most stand in the outputs many times, and are read once.
 */
const STRETCH = /[\w+/\\%&#;"-]{8,}/g;

/** How many letters around it a finding shows. */
const CONTEXT_LETTERS = 60;

/** Every marker that stands in an output: whole or in part, as it is, backwards or in other letters, such as base64. */
export function findMarkers(outputs: readonly Output[], markers: readonly Marker[]): Finding[] {
  const pieces = toPieces(markers);
  const read = new Map<string, Found[]>();
  function searchOnce(stretch: string): Found[] {
    const known = read.get(stretch);
    if (known) return known;
    const found = decodings(stretch).flatMap((each) => searchOne(each, pieces));
    read.set(stretch, found);
    return found;
  }

  return outputs.flatMap(({ from, text }) => {
    const found = new Map<string, Finding>();
    for (const stretch of new Set(text.match(STRETCH))) {
      for (const { marker, excerpt } of searchOnce(stretch)) {
        if (found.has(marker)) continue;
        const at = text.indexOf(stretch);
        const before = text.slice(Math.max(0, at - CONTEXT_LETTERS), at);
        found.set(marker, { marker, from, excerpt: before + excerpt });
      }
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

function searchOne(text: string, pieces: ReadonlyMap<string, string>): Found[] {
  const found: Found[] = [];
  for (const { 0: run, index } of text.toLowerCase().matchAll(/[a-z0-9]{8,}/g)) {
    for (let at = 0; at + PIECE_LETTERS <= run.length; at += 1) {
      const marker = pieces.get(run.slice(at, at + PIECE_LETTERS));
      if (marker === undefined) continue;
      found.push({
        marker,
        excerpt: text.slice(Math.max(0, index - CONTEXT_LETTERS), index + CONTEXT_LETTERS),
      });
      break;
    }
  }
  return found;
}
