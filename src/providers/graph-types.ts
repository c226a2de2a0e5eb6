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
const MAX_URL_CHARACTERS = 8_000;
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
