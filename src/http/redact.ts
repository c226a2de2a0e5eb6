import { cutText } from './whole-text.ts';

/** How much of a provider's message reaches a client and our log. */
const MAX_CHARACTERS = 300;
/** How much of a message is searched for secrets. What stays of it is short. */
const MAX_READ_CHARACTERS = 10_000;
/** So many letters of a secret in a row are taken away too: a provider may show a part of a key, or cut it. */
const PIECE_LETTERS = 8;
/** A shorter one of others stands in half of all words, and guards nothing. */
const LEAST_LETTERS = 6;
const REDACTED = '[redacted]';

export type Redact = (text: string) => string;

/**
 * Makes a provider's message fit for people: well formed, cut, without control characters, and without our secrets or
 * parts of them, also in the usual encodings. `redactOthers` removes the secrets of others.
 */
export function createRedact(
  secrets: readonly string[],
  redactOthers: Redact = (text) => text,
): Redact {
  const pieces: Pieces = new Map();
  secrets.flatMap(spellings).forEach((spelling) => addPieces(pieces, spelling));
  return (text) => {
    // What cannot be seen goes first: it could part a secret in two.
    const visible = withoutControls(cutText(text, MAX_READ_CHARACTERS).toWellFormed());
    return cutText(redactOthers(withoutPieces(visible, pieces)), MAX_CHARACTERS);
  };
}

/**
 * Takes whatever is a secret of somebody out of a text, whole or in part. `secrets` are those of now, and may become
 * more. A provider that was never sent them has little reason to spell them otherwise.
 */
export function createRedactOthers(secrets: () => Iterable<string>): Redact {
  const pieces: Pieces = new Map();
  const known = new Set<string>();
  return (text) => {
    for (const secret of secrets()) {
      if (known.has(secret)) continue;
      known.add(secret);
      if (secret.length < LEAST_LETTERS) continue;
      likeItself(secret).forEach((spelling) => addPieces(pieces, spelling));
    }
    return withoutPieces(text, pieces);
  };
}

/** Line breaks become blanks; what else is not seen, or turns the order of what is, goes. */
function withoutControls(text: string): string {
  return text
    .replace(/[\t\n\v\f\r\u0085\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim();
}

/** How a secret may be spelled, and in how many characters the letters that must not be seen together. */
interface Spelling {
  text: string;
  size: number;
}

/** What somebody makes of a secret who puts it into JSON, a URL, HTML or a dump. */
function spellings(secret: string): Spelling[] {
  // Of a short one the others would be texts that stand everywhere.
  if (secret.length < PIECE_LETTERS) return likeItself(secret);
  const hex = Buffer.from(secret).toString('hex');
  return [
    ...likeItself(secret),
    { text: secret.replace(/./g, inUnicodeEscape), size: PIECE_LETTERS * 6 },
    { text: hex.replace(/../g, '%$&'), size: PIECE_LETTERS * 3 },
    { text: hex, size: PIECE_LETTERS * 2 },
    ...inBase64(secret).map((text) => ({ text, size: Math.ceil((PIECE_LETTERS * 4) / 3) })),
  ];
}

function likeItself(secret: string): Spelling[] {
  const inJson = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    inJson,
    inJson.replaceAll('/', '\\/'),
    encodeURIComponent(secret.toWellFormed()),
    inHtml(secret),
    secret.replace(/[^A-Za-z0-9]/g, (letter) => `&#${letter.charCodeAt(0)};`),
    secret.replace(/[^A-Za-z0-9]/g, inUnicodeEscape),
  ].map((text) => ({ text, size: PIECE_LETTERS }));
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

/** By their length. Upper and lower case are the same here. */
type Pieces = Map<number, Set<string>>;

function addPieces(pieces: Pieces, { text, size }: Spelling): void {
  const letters = inLowerCase(text);
  const length = Math.min(size, letters.length);
  if (length === 0) return;
  const ofLength = pieces.get(length) ?? new Set();
  pieces.set(length, ofLength);
  for (let at = 0; at + length <= letters.length; at += 1) {
    ofLength.add(letters.slice(at, at + length));
  }
}

function withoutPieces(text: string, pieces: Pieces): string {
  const letters = inLowerCase(text);
  const isHidden = new Uint8Array(text.length);
  for (const [length, ofLength] of pieces) {
    for (let at = 0; at + length <= letters.length; at += 1) {
      if (ofLength.has(letters.slice(at, at + length))) isHidden.fill(1, at, at + length);
    }
  }
  let rest = '';
  isHidden.forEach((hidden, at) => {
    if (!hidden) rest += text[at];
    else if (!isHidden[at - 1]) rest += REDACTED;
  });
  return rest;
}

/** Letter by letter: the length stays. */
function inLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
