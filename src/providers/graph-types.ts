import { domainToUnicode } from 'node:url';
import { GraphQLScalarType, Kind } from 'graphql';
import { registerEnumType } from 'type-graphql';
import { isLoopbackHost } from '../http/hosts.ts';

/** Whether a URL may be shown to a client, or written as an image. */
export type UrlRule = (url: string) => boolean;

/** The rule for production. */
export const isHttpsUrl: UrlRule = (url) => hasProtocol(url, 'https:');

/** The rule outside production: also plain http to this machine, where the sandbox serves its pictures. */
export const isHttpsOrLoopbackUrl: UrlRule = (url) => isHttpsUrl(url) || isLoopbackHttpUrl(url);

/** Plain http that never leaves this machine. */
export function isLoopbackHttpUrl(url: string): boolean {
  return hasProtocol(url, 'http:') && isLoopbackHost(new URL(url).hostname);
}

/**
 * What ends an attribute in a page, looks like it, or changes how the rest is read without being seen: besides quotes
 * of all scripts also apostrophes, accents and primes that stand alone. U+FFFD stands for letters that were lost.
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
 * Absolute as it is written, since parsers read more into a URL than browsers do in an attribute. The host follows the
 * two slashes at once, without credentials, in letters and digits.
 */
const PLAIN_URL = /^https?:\/\/(\[[\da-f:.]+\]|[\p{L}\p{M}\p{N}._-]+)(:\d{1,5})?([/?#].*)?$/iu;
/** Servers take no longer request lines, signed URLs are a quarter of it at most. */
const MAX_URL_CHARACTERS = 8_000;
const MAX_HOST_CHARACTERS = 255;

function hasProtocol(url: string, protocol: string): boolean {
  if (url.length > MAX_URL_CHARACTERS || UNSAFE.test(url)) return false;
  const [, host] = PLAIN_URL.exec(url) ?? [];
  // Names are no longer, and a parser may take long for one that is.
  if (host === undefined || host.length > MAX_HOST_CHARACTERS || !URL.canParse(url)) return false;
  const parsed = new URL(url);
  return parsed.protocol === protocol && isSameHost(host, parsed.hostname);
}

/** Whether browsers go where a reader would think: a parser also takes `0x7f.1` and full-width letters for a host. */
function isSameHost(written: string, read: string): boolean {
  const host = written.toLowerCase().normalize('NFC');
  return host.startsWith('[') || host === read || host === domainToUnicode(read);
}

/** Only for output: image inputs are strings, so that a wrong one is a user error at its field. */
export const HttpsUrl = new GraphQLScalarType<string, string>({
  name: 'HttpsUrl',
  description:
    'An absolute https URL that is safe to use in an image element. Any other value from a provider becomes null. Outside production, http URLs of the same machine are allowed for the images of the sandbox.',
  serialize: readString,
  parseValue: readString,
  parseLiteral: (node) => readString(node.kind === Kind.STRING ? node.value : null),
});

function readString(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('An HttpsUrl must be a string.');
  return value;
}

export interface EnumDescriptions {
  name: string;
  description: string;
  /** By the values of the enum. */
  values: Readonly<Record<string, string>>;
}

/** Adds an enum to the graph, in which every value has a description. Fields name what it returns as their type. */
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
