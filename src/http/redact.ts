import { cutText } from './whole-text.ts';

/** How much of a provider's text may reach our log. */
const MAX_LOGGED_CHARACTERS = 300;
/** How much of it is looked at: an answer can be megabytes, and what stays of it is short. */
const MAX_READ_CHARACTERS = 10_000;
/** So many letters of a secret in a row are taken away too: a provider may show a part of a key, or cut it. */
const PIECE_LETTERS = 8;
const REDACTED = '[redacted]';

/** Makes a provider's text fit for our log: cut, and without our secrets or parts of them, also where they come back in other letters. */
export function createRedact(secrets: readonly string[]): (text: string) => string {
  const pieces = toPieces(secrets.flatMap(spellings));
  return (text) =>
    cutText(withoutPieces(cutText(text, MAX_READ_CHARACTERS), pieces), MAX_LOGGED_CHARACTERS);
}

/** How a secret may be spelled, and in how many characters the letters that must not be seen together. */
interface Spelling {
  text: string;
  size: number;
}

/** What somebody makes of a secret who puts it into JSON, a URL, HTML or a dump. */
function spellings(secret: string): Spelling[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  const likeItself = [
    secret,
    inJson,
    inJson.replaceAll('/', '\\/'),
    encodeURIComponent(secret),
    inHtml(secret),
    secret.replace(/[^A-Za-z0-9]/g, (letter) => `&#${letter.charCodeAt(0)};`),
    secret.replace(/[^A-Za-z0-9]/g, inUnicodeEscape),
  ].map((text) => ({ text, size: PIECE_LETTERS }));
  // Of a short one these would be texts that stand everywhere.
  if (secret.length < PIECE_LETTERS) return likeItself;
  const hex = Buffer.from(secret).toString('hex');
  return [
    ...likeItself,
    { text: secret.replace(/./g, inUnicodeEscape), size: PIECE_LETTERS * 6 },
    { text: hex.replace(/../g, '%$&'), size: PIECE_LETTERS * 3 },
    { text: hex, size: PIECE_LETTERS * 2 },
    ...inBase64(secret).map((text) => ({ text, size: Math.ceil((PIECE_LETTERS * 4) / 3) })),
  ];
}

function inHtml(secret: string): string {
  return secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function inUnicodeEscape(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** As a part of a longer text: by where it begins in a group of three bytes, without what its neighbours decide. */
function inBase64(secret: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.from(' '.repeat(before) + secret);
    const whole = Math.floor((bytes.length * 8) / 6);
    const own = bytes.toString('base64').slice(Math.ceil((before * 8) / 6), whole);
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

type Pieces = ReadonlyMap<number, ReadonlySet<string>>;

/** By their length. Upper and lower case are the same here. */
function toPieces(all: readonly Spelling[]): Pieces {
  const pieces = new Map<number, Set<string>>();
  for (const { text, size } of all) {
    const letters = inLowerCase(text);
    const length = Math.min(size, letters.length);
    if (length === 0) continue;
    const ofLength = pieces.get(length) ?? new Set();
    pieces.set(length, ofLength);
    for (let at = 0; at + length <= letters.length; at += 1) {
      ofLength.add(letters.slice(at, at + length));
    }
  }
  return pieces;
}

function withoutPieces(text: string, pieces: Pieces): string {
  const letters = inLowerCase(text);
  let rest = '';
  let at = 0;
  while (at < text.length) {
    let end = endOfPiece(letters, at, pieces);
    if (end === at) {
      rest += text[at];
      at += 1;
      continue;
    }
    // The next piece may begin within this one.
    for (let next = at + 1; next <= end; next += 1) {
      end = Math.max(end, endOfPiece(letters, next, pieces));
    }
    rest += REDACTED;
    at = end;
  }
  return rest;
}

/** Where the longest piece ends that begins here; the same place if there is none. */
function endOfPiece(letters: string, at: number, pieces: Pieces): number {
  let end = at;
  for (const [length, ofLength] of pieces) {
    if (ofLength.has(letters.slice(at, at + length))) end = Math.max(end, at + length);
  }
  return end;
}

/** Letter by letter: the length stays. */
function inLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
