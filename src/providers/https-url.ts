import { GraphQLScalarType, Kind } from 'graphql';
import { isLoopbackHost } from './loopback.ts';

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
 * Absolute as it is written, since parsers read more into a URL than browsers do in an attribute.
 * The host follows the two slashes at once, without credentials. U+FFFD stands for letters that were lost.
 */
const PLAIN_URL =
  /^https?:\/\/[^\s\\"<>/?#@\p{Cc}\p{Cs}\ufffd]+([/?#][^\s\\"<>\p{Cc}\p{Cs}\ufffd]*)?$/iu;
/** Servers take no longer request lines, signed URLs are a quarter of it at most. */
const MAX_URL_CHARACTERS = 8_000;

function hasProtocol(url: string, protocol: string): boolean {
  if (url.length > MAX_URL_CHARACTERS || !PLAIN_URL.test(url) || !URL.canParse(url)) return false;
  return new URL(url).protocol === protocol;
}

/** Only for output: image inputs are strings, so that a wrong one is a user error at its field. */
export const HttpsUrl = new GraphQLScalarType<string, string>({
  name: 'HttpsUrl',
  description:
    'An absolute https URL, safe to put into an image element. Whatever else a provider holds in its place is shown as null; outside production, http to the same machine is let through for the pictures of the sandbox.',
  serialize: readString,
  parseValue: readString,
  parseLiteral: (node) => readString(node.kind === Kind.STRING ? node.value : null),
});

function readString(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('HttpsUrl must be a string');
  return value;
}
