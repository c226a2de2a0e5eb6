import { withoutSignature } from './field-table.ts';

/*
 * Times as providers write them. An ambiguous text, or one with a day that does not exist, is not read: a wrong date
 * is worse than none.
 */

/** The earliest time, so that a smaller number such as 20240531 is not read as seconds. */
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);

/** ISO 8601 in UTC. Undefined: the value cannot be read. */
export function toInstant(value: unknown): string | undefined {
  if (typeof value === 'number') return ofEpoch(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d{9,13}(\.\d{1,9})?$/.test(text)) return ofEpoch(Number(text));
  return ofParts(text) ?? ofHttpDate(text);
}

/** Seconds or milliseconds. For times of this century the two cannot be confused. */
function ofEpoch(number: number): string | undefined {
  for (const ms of [number, number * 1_000]) {
    if (ms >= EARLIEST && ms < LATEST) return new Date(ms).toISOString();
  }
  return undefined;
}

const DAY = String.raw`(?<year>\d{4})([-/])(?<month>\d{2})\2(?<day>\d{2})`;
const TIME = String.raw`(?<hour>\d{2}):(?<minute>\d{2})(:(?<second>\d{2})([.,](?<fraction>\d{1,30}))?)?`;
const ZONE = String.raw`(Z|UTC|GMT|(?<sign>[+-])(?<zoneHour>\d{2}):?(?<zoneMinute>\d{2})?)`;
const PARTS = new RegExp(`^${DAY}((T| +)${TIME} *${ZONE}?)?$`, 'i');

/** Year first, in digits. UTC if there is no zone. */
function ofParts(text: string): string | undefined {
  const parts = PARTS.exec(text)?.groups;
  if (!parts) return undefined;
  const number = (name: string): number => Number(parts[name] ?? 0);
  const [year, month, day] = [number('year'), number('month'), number('day')];
  const [hour, minute, second] = [number('hour'), number('minute'), number('second')];
  const [zoneHour, zoneMinute] = [number('zoneHour'), number('zoneMinute')];
  const isTime = hour < 24 && minute < 60 && second < 60 && zoneHour < 24 && zoneMinute < 60;
  if (!isTime || !isDay(year, month, day)) return undefined;
  const ms = Number(`${parts.fraction ?? ''}000`.slice(0, 3));
  const zoneMs = (parts.sign === '-' ? -1 : 1) * (zoneHour * 60 + zoneMinute) * 60_000;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, ms);
  const moment = new Date(date.getTime() - zoneMs);
  const isWritable = moment.getUTCFullYear() >= 0 && moment.getUTCFullYear() <= 9999;
  return isWritable ? moment.toISOString() : undefined;
}

function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return day > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** `Fri, 31 May 2024 13:03:26 GMT`, in exactly this format. */
function ofHttpDate(text: string): string | undefined {
  const date = new Date(
    /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/.test(text) ? text : '',
  );
  return !Number.isNaN(date.getTime()) && date.toUTCString() === text
    ? date.toISOString()
    : undefined;
}

/*
 * How a provider may show a value in a different form from the one it was given: its list may truncate or escape long
 * texts, and it may sign the URL of an image at every read.
 */

/** Why a shown text may differ from the stored one. */
type Doubt = 'cut' | 'escaped' | 'signed';

const ELLIPSIS = /\[?(…|\.\.\.)\]?$/;
const ENTITY = /&(amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#x[0-9a-f]{1,6});/i;
/** Shorter texts are rarely truncated. */
const MIN_CUT_CHARACTERS = 40;
/** Lengths at which lists truncate texts, if only the length tells. */
const CUT_LENGTHS = new Set([
  100, 120, 128, 140, 150, 160, 180, 200, 240, 250, 255, 256, 280, 300, 400, 500, 512, 1000, 1024,
]);

/** Undefined: nothing in the text itself raises a doubt. */
export function doubtOf(shown: unknown): Doubt | undefined {
  if (typeof shown !== 'string') return undefined;
  if (withoutSignature(shown) !== shown) return 'signed';
  if (ENTITY.test(shown)) return 'escaped';
  const isCut =
    shown.length >= MIN_CUT_CHARACTERS &&
    (ELLIPSIS.test(shown) || (CUT_LENGTHS.has(shown.length) && NO_SENTENCE_END.test(shown)));
  return isCut ? 'cut' : undefined;
}

/** Whether a shown value is another form of a given one: truncated, escaped, trimmed or signed. */
export function isFormOf(shown: unknown, given: unknown): boolean {
  if (shown === given) return true;
  if (typeof shown !== 'string' || typeof given !== 'string') return false;
  const plain = given.trim();
  return [shown, unescaped(shown)].some(
    (text) =>
      text === given ||
      text === plain ||
      withoutSignature(text) === withoutSignature(given) ||
      isCutOf(text, given) ||
      isCutOf(text, plain),
  );
}

/**
 * Whether a list truncated a text: it marks the cut, or cuts at a usual length, before a space or inside a word. A
 * text that a person shortened ends with a whole word.
 */
function isCutOf(shown: string, given: string): boolean {
  const start = withoutEllipsis(shown);
  const isStart =
    start.length >= MIN_CUT_CHARACTERS && start.length < given.length && given.startsWith(start);
  if (!isStart) return false;
  const isUsual =
    NO_SENTENCE_END.test(start) && [0, 1].some((blanks) => CUT_LENGTHS.has(shown.length + blanks));
  const isInWord = LETTER_AT_END.test(start) && LETTER_AT_START.test(given.slice(start.length));
  return start !== shown || isUsual || isInWord;
}

/** Not the end of a sentence. */
const NO_SENTENCE_END = /[\p{L}\p{N}\s,]$/u;
const LETTER_AT_END = /[\p{L}\p{N}]$/u;
const LETTER_AT_START = /^[\p{L}\p{N}\p{M}]/u;

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
};
const MAX_CODE_POINT = 0x10ffff;

/** The spaces before it are removed separately: one expression for both would take quadratic time. */
function withoutEllipsis(text: string): string {
  const start = text.replace(ELLIPSIS, '');
  return start === text ? text : start.trimEnd();
}

function unescaped(text: string): string {
  return text.replace(new RegExp(ENTITY, 'gi'), (entity, name: string) => {
    if (!name.startsWith('#')) return NAMED[name.toLowerCase()] ?? entity;
    const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
    return code <= MAX_CODE_POINT ? String.fromCodePoint(code) : entity;
  });
}
