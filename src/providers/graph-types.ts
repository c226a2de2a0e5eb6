import { domainToUnicode } from 'node:url';
import { GraphQLScalarType, Kind } from 'graphql';
import { GraphQLDateTime, GraphQLJSON } from 'graphql-scalars';
import { registerEnumType } from 'type-graphql';
import { isLoopbackHost } from '../http/hosts.ts';

/** Whether a URL may be shown to a client or written as an image. */
export type UrlRule = (url: string) => boolean;

/** The rule for production. */
export const isHttpsUrl: UrlRule = (url) => hasProtocol(url, 'https:');

/** The rule outside production, which also accepts plain http to this machine, where the sandbox serves its images. */
export const isHttpsOrLoopbackUrl: UrlRule = (url) => isHttpsUrl(url) || isLoopbackHttpUrl(url);

/** Plain http that never leaves this machine. */
export function isLoopbackHttpUrl(url: string): boolean {
  return hasProtocol(url, 'http:') && isLoopbackHost(new URL(url).hostname);
}

/**
 * Characters that end an attribute in a page, look like its end, or invisibly change how the rest is read. Besides the
 * quotation marks of all scripts, these are free-standing apostrophes, accents and primes. U+FFFD replaces lost
 * letters.
 */
const UNSAFE = new RegExp(
  [
    String.raw`[\s\\<>\p{Quotation_Mark}\x60\xb4\u02b9-\u02bd\u02c8\u02ca\u02cb\u02ee\u055a\u05f3\u05f4`,
    String.raw`\u1fbd-\u1fbf\u1fef\u1ffd\u1ffe\u2032-\u2037\u2057\uff40\ufffd`,
    String.raw`\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]`,
  ].join(''),
  'u',
);
/**
 * Checks the text as it is written, because parsers accept more than browsers do in an attribute. The host follows the
 * two slashes directly, without credentials, and consists of letters and digits.
 */
const PLAIN_URL = /^https?:\/\/(\[[\da-f:.]+\]|[\p{L}\p{M}\p{N}._-]+)(:\d{1,5})?([/?#].*)?$/iu;
/** Servers reject longer request lines. Signed URLs reach a quarter of this. */
export const MAX_URL_CHARACTERS = 8_000;
const MAX_HOST_CHARACTERS = 255;

function hasProtocol(url: string, protocol: string): boolean {
  if (url.length > MAX_URL_CHARACTERS || UNSAFE.test(url)) return false;
  const [, host] = PLAIN_URL.exec(url) ?? [];
  // Host names are shorter, and parsing a longer one can take long.
  if (host === undefined || host.length > MAX_HOST_CHARACTERS || !URL.canParse(url)) return false;
  const parsed = new URL(url);
  return parsed.protocol === protocol && isSameHost(host, parsed.hostname);
}

/** Whether browsers go to the host that a reader sees: parsers also read `0x7f.1` and full-width letters as a host. */
function isSameHost(written: string, read: string): boolean {
  const host = written.toLowerCase().normalize('NFC');
  return host.startsWith('[') || host === read || host === domainToUnicode(read);
}

export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTime.toConfig(),
  description: 'A moment in UTC as RFC 3339 writes it, such as 2007-12-03T10:15:30.000Z.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
});

export const AnyJson = new GraphQLScalarType({
  ...GraphQLJSON.toConfig(),
  description: 'Any JSON value: a text, a number, a boolean, null, a list or an object.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
});

/** Only for output: image inputs are strings, so that a wrong one is a user error at its field. */
export const HttpsUrl = new GraphQLScalarType<string, string>({
  name: 'HttpsUrl',
  description:
    'An absolute https URL that is safe to use in an image element. Any other value from a provider becomes null. Outside production, http URLs of the same machine are allowed for the images of the sandbox.',
  specifiedByURL: 'https://url.spec.whatwg.org/#absolute-url-with-fragment-string',
  serialize: readString,
  parseValue: readString,
  parseLiteral: (node) => readString(node.kind === Kind.STRING ? node.value : null),
});

function readString(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('An HttpsUrl must be a string.');
  return value;
}

interface EnumDescriptions {
  name: string;
  description: string;
  /** Descriptions by value. */
  values: Readonly<Record<string, string>>;
}

/** Ends the description of every enum that will have more values. */
export const GROWS = 'More values may be added: have a default for those that you do not know.';

/** Adds an enum to the graph, with a description for every value. Use the returned object as the type of a field. */
export function describedEnum({
  name,
  description,
  values,
}: EnumDescriptions): Readonly<Record<string, string>> {
  const members = Object.fromEntries(Object.keys(values).map((value) => [value, value]));
  const valuesConfig = Object.fromEntries(
    Object.entries(values).map(([value, text]) => [value, { description: text }]),
  );
  registerEnumType(members, { name, description, valuesConfig });
  return members;
}

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
