import type { Answered } from './attempt.ts';
import { cutText } from './json.ts';
import { ProviderError } from './provider-error.ts';
import { headerValues, readJson } from './response.ts';

/** How much of a provider's message reaches a client and our log. */
const MAX_REDACTED_CHARACTERS = 300;
/** How much of a message is searched for secrets. */
const MAX_READ_CHARACTERS = 10_000;
/** This many letters of a secret in a row are redacted too, because a provider may show or cut a part of a key. */
const PIECE_LETTERS = 8;
/** Shorter secrets of others are not redacted: they occur in ordinary words. */
const MIN_LETTERS = 6;
const REDACTED = '[redacted]';

/** `sent`: all that the caller wrote itself. Absent: nothing. */
export type Redact = (text: string, sent?: () => string) => string;

/**
 * Makes a provider's message safe to show: well formed, cut, without control characters, and without `secrets` or parts
 * of them, also in the usual encodings. `redactOthers` removes the secrets of other tenants. What the caller wrote
 * itself stays: a provider that repeats it would otherwise tell the caller which of its guesses are parts of a secret.
 */
export function createRedact(
  secrets: readonly string[],
  redactOthers: Redact = (text) => text,
): Redact {
  const pieces: Pieces = new Map();
  secrets.flatMap(spellings).forEach((spelling) => addPieces(pieces, spelling));
  return (text, sent) => {
    // First, because an invisible character could split a secret.
    const visible = withoutControls(cutText(text, MAX_READ_CHARACTERS).toWellFormed());
    const rest = redactOthers(withoutPieces(visible, pieces, sent), sent);
    return cutText(rest, MAX_REDACTED_CHARACTERS);
  };
}

/**
 * Removes the secrets of all tenants from a text, whole or in part. `secrets` gives the present ones; former ones are
 * remembered. Only the most likely encodings are searched, because this provider was never sent these secrets.
 */
export function createRedactOthers(secrets: () => Iterable<string>): Redact {
  const pieces: Pieces = new Map();
  const known = new Set<string>();
  return (text, sent) => {
    for (const secret of secrets()) {
      if (known.has(secret)) continue;
      known.add(secret);
      if (secret.length < MIN_LETTERS) continue;
      likeItself(secret).forEach((spelling) => addPieces(pieces, spelling));
    }
    return withoutPieces(text, pieces, sent);
  };
}

/** Replaces line breaks with blanks, and removes other invisible characters and those that change the direction of text. */
function withoutControls(text: string): string {
  return text
    .replace(/[\t\n\v\f\r\u0085\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim();
}

/** One spelling of a secret, and the length in which `PIECE_LETTERS` of its letters are spelled. */
interface Spelling {
  text: string;
  size: number;
}

/** The spellings of a secret in JSON, a URL, HTML or a dump. */
function spellings(secret: string): Spelling[] {
  // Other spellings of a short secret would be too common.
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

/** As part of a longer text: for each offset in a group of three bytes, without the letters that depend on what surrounds it. */
function inBase64(secret: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.from(' '.repeat(before) + secret);
    const whole = Math.floor((bytes.length * 8) / 6);
    const own = bytes.toString('base64').slice(Math.ceil((before * 8) / 6), whole);
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** Lower-case pieces of spellings by their length. */
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

function withoutPieces(text: string, pieces: Pieces, sent?: () => string): string {
  const letters = inLowerCase(text);
  const isHidden = new Uint8Array(text.length);
  for (const [length, ofLength] of pieces) {
    for (let at = 0; at + length <= letters.length; at += 1) {
      if (ofLength.has(letters.slice(at, at + length))) isHidden.fill(1, at, at + length);
    }
  }
  const written = isHidden.includes(1) && sent ? inOneSpelling(sent()) : '';
  let rest = '';
  let at = 0;
  while (at < text.length) {
    const hidden = isHidden[at];
    const next = isHidden.indexOf(hidden ? 0 : 1, at);
    const end = next === -1 ? text.length : next;
    const isShown = !hidden || written.includes(letters.slice(at, end));
    rest += isShown ? text.slice(at, end) : REDACTED;
    at = end;
  }
  return rest;
}

/** As a provider may repeat it. */
function inOneSpelling(sent: string): string {
  return inLowerCase(withoutControls(`${sent}\n${sent.normalize('NFKC')}`));
}

/** ASCII only, so that the length does not change. */
function inLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** A longer body is not a message. */
const MAX_BODY_BYTES = 256 * 1024;
/** Longer texts take too long to compare. */
const MAX_MESSAGE_CHARACTERS = 2_000;
/** An answer may list a problem for each of many records. */
const MAX_DETAILS = 10;

/** The parts of an error body that are searched, in order. */
const PLACES = ['meta', 'error', 'errors', 'body', 'data', 'result', 'response', 'status'];
const MESSAGES = ['message', 'error', 'detail', 'title', 'description', 'error_description'];
const MORE_MESSAGES = ['errorMessage', 'error_message', 'msg', 'reason', 'devMessage', 'errors'];
/** Fields with details: a list, or an object by the names of fields. */
const DETAILS = [
  ...['errors', 'details', 'validationErrors', 'validation_errors', 'fieldErrors', 'field_errors'],
  ...['issues', 'violations', 'invalidParams', 'invalid_params', 'invalid-params', 'reasons'],
];
/** Fields of a detail that name the input field. */
const FIELDS = ['field', 'path', 'property', 'propertyPath', 'param', 'name'];
/** Fields that may contain less than a sentence. */
const NAMES = ['body', 'data', 'result', 'statusMessage', 'statusText', 'type'];

/** The provider's message about a failed request, as it wrote it. Undefined if there is none that can be read. */
export async function findProviderMessage({ head, body }: Answered): Promise<string | undefined> {
  if (body.length === 0 || body.length > MAX_BODY_BYTES) return undefined;
  const type = headerValues(head, 'content-type').join();
  if (/html|xml/i.test(type)) return undefined;
  const json = await tryToRead(body);
  if (json !== undefined) return findIn(json);
  const text = body.toString('utf8');
  // Broken JSON, or not a text.
  return /^\s*[[{"]|[\0\uFFFD]/.test(text) ? undefined : toSentence(text);
}

/** Undefined if the body is not JSON. */
async function tryToRead(body: Buffer): Promise<unknown> {
  try {
    return await readJson(body, { headers: {} });
  } catch (error) {
    if (error instanceof ProviderError) return undefined;
    throw error;
  }
}

function findIn(json: unknown): string | undefined {
  if (typeof json === 'string') return toSentence(json);
  const parts = partsOf(json);
  const found = [MESSAGES, MORE_MESSAGES, NAMES].flatMap((names) =>
    parts.flatMap((part) => names.flatMap((name) => toText(part[name]) ?? [])),
  );
  const [message] = found;
  const details = parts.flatMap((part) =>
    [...DETAILS.map((name) => part[name]), isPart(part.message) ? part.message : undefined]
      .map((value) => (isText(value) ? [value] : value))
      .flatMap(toDetails),
  );
  const added = [...new Set(details)].filter((detail) => !message?.includes(detail)).join('; ');
  if (message === undefined || added === '') return message ?? (added || undefined);
  return `${message}: ${added}`;
}

type Part = Readonly<Record<string, unknown>>;

/** The envelope and the parts directly inside it. */
function partsOf(json: unknown): Part[] {
  if (!isPart(json)) return Array.isArray(json) ? json.slice(0, MAX_DETAILS).filter(isPart) : [];
  const outer = withSmallNames(json);
  const inner = PLACES.map((place) => outer[place]).filter(isPart);
  return [outer.meta, outer, ...inner].filter(isPart).map(withSmallNames);
}

/** Some APIs begin names with a capital letter. */
function withSmallNames(part: Part): Part {
  const entries = Object.entries(part).map(([name, value]) => {
    return [name.charAt(0).toLowerCase() + name.slice(1), value] as const;
  });
  return Object.fromEntries(entries);
}

function isPart(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text, or a list of texts or of objects with one. */
function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return toSentence(value);
  if (!Array.isArray(value)) return undefined;
  const texts = toDetails(value);
  return texts.length === 0 ? undefined : texts.join('; ');
}

/** The details in a list, or in an object with the problems of each field. */
function toDetails(errors: unknown): string[] {
  if (Array.isArray(errors)) {
    return errors.slice(0, MAX_DETAILS).flatMap((error) => toDetail(error) ?? []);
  }
  if (!isPart(errors)) return [];
  return Object.entries(errors)
    .filter(([field]) => !MESSAGES.includes(field))
    .slice(0, MAX_DETAILS)
    .flatMap(([field, problem]) => {
      const text = toText(problem) ?? toSentence(messageOf(problem));
      return text === undefined ? [] : [`${field}: ${text}`];
    });
}

/** The problem, after the name of its field. */
function toDetail(error: unknown): string | undefined {
  const message = toSentence(messageOf(error));
  const field = isPart(error) ? FIELDS.map((name) => error[name]).find(isText) : undefined;
  const isPlain = field !== undefined && PLAIN_FIELD.test(field) && !message?.includes(field);
  return message !== undefined && isPlain ? `${field}: ${message}` : message;
}

const PLAIN_FIELD = /^[\w.[\]-]{1,60}$/;

function messageOf(error: unknown): unknown {
  if (!isPart(error)) return error;
  return [...MESSAGES, ...MORE_MESSAGES].map((name) => error[name]).find(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/** A page for browsers is not a message. */
const MARKUP = /<\s*[!/?a-z][^<>]*>/i;

function toSentence(value: unknown): string | undefined {
  const text = isText(value) ? cutText(value, MAX_MESSAGE_CHARACTERS) : undefined;
  return text === undefined || MARKUP.test(text) ? undefined : text;
}

/** All texts and numbers in a value, however deep. */
export function textsIn(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return Object.values(value).map(textsIn).join('\n');
  return typeof value === 'string' ? value : String(value);
}
