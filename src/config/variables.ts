import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { Proxies } from '../http/attempt.ts';
import { hostOf } from '../http/hosts.ts';
import { isHttpsUrl, isLoopbackHttpUrl } from '../providers/graph-types.ts';
import {
  type Given,
  type SecretReading,
  givenName,
  isRouterSecret,
  partsOf,
  readSecret,
} from './source.ts';

/**
 * The address on which the service can be reached from everywhere. A socket on `::` also accepts IPv4, but can only be
 * opened if the machine has IPv6.
 */
export function everyAddress(
  interfaces: Readonly<ReturnType<typeof networkInterfaces>> = networkInterfaces(),
): string {
  const addresses = Object.values(interfaces).flatMap((some) => some ?? []);
  return addresses.some(({ family }) => family === 'IPv6') ? '::' : '0.0.0.0';
}

/** The problem of a URL of Redis, without any part of the URL, which contains a password. */
export function redisUrlProblem(text: string): string | undefined {
  if (!/^rediss?:\/\/[^\s]+$/.test(text) || !URL.canParse(text)) {
    return 'must be a valid URL that starts with redis:// or rediss://';
  }
  const { hostname, username, password, pathname, search, hash } = new URL(text);
  if (hostname === '') return 'must name a host, as in redis://redis.example:6379';
  if (!canDecode(username) || !canDecode(password)) {
    return 'must have a percent-encoded user name and password: write %25 for %';
  }
  if (search + hash !== '') {
    return 'must not contain ? or #; in a password, percent-encode them as %3F and %23';
  }
  return /^\/?$|^\/\d{1,5}$/.test(pathname)
    ? undefined
    : 'must have only a database number after the host, as in redis://redis.example/0';
}

/** Credentials in a URL are percent-encoded. */
function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** How the JWT of a caller is verified. */
export interface TokenSettings {
  jwksUrl: string;
  issuer: string;
  audience: string;
}

/** A setting that may have several secrets, all of them valid. */
export interface SecretList {
  name: string;
  /** What its secrets are called, in the plural. */
  called: string;
  /** Why production needs one, as a sentence without its period. Undefined: it does not. */
  purpose?: string;
}

/** The secrets that the router may send. */
export const ROUTER_SECRETS: SecretList = {
  name: 'ROUTER_SECRET',
  called: 'secrets',
  purpose: 'The router sends it in the header router-authorization',
};

/** The tokens that read the metrics. None: they are read like the graph. */
export const METRICS_TOKENS: SecretList = { name: 'METRICS_TOKEN', called: 'tokens' };

/** They count only without a problem. */
interface SecretsReading {
  secrets: string[];
  problems: string[];
}

/** Adds each problem to `problems`. */
export function readSecrets(list: SecretList, given: Given, problems: string[]): string[] {
  const reading = toSecrets(list, readSecret(list.name, given), given);
  problems.push(...reading.problems);
  return reading.secrets;
}

export function toSecrets(
  list: SecretList,
  { value, problem }: SecretReading,
  given: Given,
): SecretsReading {
  const { called } = list;
  const name = givenName(list.name, given);
  if (problem !== undefined) return { secrets: [], problems: [`${name}: ${problem}`] };
  const secrets = partsOf(value);
  if (!secrets.every(isRouterSecret)) {
    const rule = `must be one or more ${called} of visible ASCII characters`;
    return { secrets: [], problems: [`${name}: ${rule}, separated by commas`] };
  }
  const isProduction = given.NODE_ENV === 'production';
  return { secrets, problems: isProduction ? productionProblems({ ...list, name }, secrets) : [] };
}

/** A shorter secret could be guessed. */
export const MIN_SECRET_CHARACTERS = 16;

export function isLongEnough({ length }: string): boolean {
  return length >= MIN_SECRET_CHARACTERS;
}

function productionProblems(
  { name, called, purpose }: SecretList,
  secrets: readonly string[],
): string[] {
  if (secrets.length === 0 && purpose !== undefined)
    return [`${name}: is required in production. ${purpose}`];
  return !secrets.every(isLongEnough)
    ? [
        `${name}: must have at least ${MIN_SECRET_CHARACTERS} characters in production, and so must each of several ${called}`,
      ]
    : [];
}

/** Undefined: callers have no tokens. Adds each problem to `problems`. */
export function readTokens(given: Given, problems: string[]): TokenSettings | undefined {
  const { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = given;
  const names = ['AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE'];
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length === names.length) return undefined;
  for (const name of missing)
    problems.push(`${name}: is required when other AUTH_ variables are set`);
  if (given.NODE_ENV === 'production' && jwksUrl !== undefined && URL.canParse(jwksUrl)) {
    const isSafe = isHttpsUrl(jwksUrl) || isLoopbackHttpUrl(jwksUrl);
    const message = 'must be https in production, or http to a loopback address';
    if (!isSafe) problems.push(`AUTH_JWKS_URL: ${message}`);
  }
  if (jwksUrl === undefined || issuer === undefined || audience === undefined) return undefined;
  return { jwksUrl, issuer, audience };
}

/** Proxies from the usual variables, in upper or lower case. Adds each problem to `problems`. */
export function readProxies(given: Given, problems: string[]): Proxies {
  const read = (name: string): string | undefined => {
    const [isLower, value] = [given[name.toLowerCase()] !== undefined, valueOf(given, name)];
    if (value === undefined) return undefined;
    // As in curl, a host and a port are enough.
    const url = value.includes('://') ? value : `http://${value}`;
    if (isProxyUrl(url)) return url;
    problems.push(
      `${isLower ? name.toLowerCase() : name}: must be a valid URL such as http://proxy:3128`,
    );
    return undefined;
  };
  return {
    https: read('HTTPS_PROXY'),
    http: read('HTTP_PROXY'),
    except: valueOf(given, 'NO_PROXY') ?? '',
  };
}

/** A line for each proxy, without its credentials. */
export function describeProxies({ https, http, except }: Proxies): string[] {
  const [of, but] = ['Providers and the token issuer are called', except && `, except ${except}`];
  const toLine = (scheme: string, proxy: string | undefined) =>
    proxy === undefined
      ? []
      : [`${of} over ${scheme} through the proxy ${new URL(proxy).host}${but}`];
  return [...toLine('https', https), ...toLine('http', http)];
}

function valueOf(given: Given, name: string): string | undefined {
  return given[name.toLowerCase()] ?? given[name];
}

function isProxyUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  const isHttp = protocol === 'http:' || protocol === 'https:';
  return isHttp && canDecode(username) && canDecode(password);
}

/** Each has a time series of its own for each code of an error. */
const MAX_OPERATIONS = 50;
const OPERATION = /^[_A-Za-z]\w{0,99}$/;
const share = z
  .string()
  .regex(
    /^(0|1|0?\.\d{1,6}|[01]\.0{1,6})$/,
    'must be a number between 0 and 1, with at most 6 decimals',
  )
  .transform(Number);
const flag = z.enum(['true', 'false'], 'must be true or false').transform((it) => it === 'true');
function wholeNumber(least: number, most: number) {
  const message = `must be a whole number between ${least} and ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, { error: message, abort: true })
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
}

/** As in a URL, with an IPv6 address in brackets. */
function isHostName(text: string): boolean {
  return /^([\w.-]+|\[[\da-f:.]+\])$/i.test(text) && hostOf(text) !== undefined;
}

/** All variables except those of the providers. */
export const variables = z.object({
  NODE_ENV: z
    .enum(['development', 'production', 'test'], 'must be development, test or production')
    .default('development'),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, 'must be a host name or an address')
    .optional(),
  /** One or more, with commas between them. */
  ALLOWED_HOSTS: z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .refine(
      (names) => names.every((name) => isHostName(name)),
      'must be host names or addresses without ports, separated by commas',
    )
    .default([]),
  PORT: wholeNumber(0, 65_535).default(4001),
  SANDBOX: z.enum(['auto', 'true', 'false'], 'must be auto, true or false').default('auto'),
  PLAYGROUND: flag.optional(),
  INTROSPECTION: flag.optional(),
  CACHE_TAGS: flag.default(false),
  MUTATIONS_ENABLED: flag.default(true),
  AUTH_JWKS_URL: z
    .string()
    .refine((url) => /^https?:/i.test(url) && URL.canParse(url), {
      error: 'must be a valid https URL',
      abort: true,
    })
    // They would not be sent, and every fetch error would repeat them.
    .refine((url) => new URL(url).username + new URL(url).password === '', {
      error: 'must not contain a user name or password',
    })
    .optional(),
  AUTH_ISSUER: z.string().optional(),
  AUTH_AUDIENCE: z.string().optional(),
  AUTH_DIRECTIVES: flag.default(false),
  TENANTS_FILE: z.string().optional(),
  BADGES_FRESH_SECONDS: wholeNumber(0, 3_600).default(30),
  BADGES_STALE_SECONDS: wholeNumber(0, 86_400).default(300),
  ATTEMPT_TIMEOUT_MS: wholeNumber(1, 60_000).default(3_000),
  OPERATION_DEADLINE_MS: wholeNumber(1, 300_000).default(8_000),
  SHUTDOWN_DELAY_MS: wholeNumber(0, 300_000).optional(),
  ANSWER_MAX_BYTES: wholeNumber(65_536, 67_108_864).default(4_194_304),
  ANSWERS_BUDGET_BYTES: wholeNumber(131_072, 999_999_999).default(10_485_760),
  FAST_PATH: flag.default(true),
  FAST_PATH_SHADOW: share.default(0),
  LOG_SAMPLE: share.optional(),
  METRICS: flag.default(true),
  /** One or more, with commas between them. */
  METRICS_TOKEN: z.string().optional(),
  METRICS_OPERATIONS: z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .refine(
      (names) => names.length <= MAX_OPERATIONS && names.every((name) => OPERATION.test(name)),
      `must be at most ${MAX_OPERATIONS} names of operations, separated by commas`,
    )
    .default([]),
  /** One or more, with commas between them. */
  ROUTER_SECRET: z.string().optional(),
  RETENTION_DAYS: wholeNumber(1, 36_500).optional(),
  STATE_DIR: z.string().optional(),
  REDIS_URL: z
    .string()
    .superRefine((url, context) => {
      const message = redisUrlProblem(url);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .optional(),
  REPLICAS: wholeNumber(1, 1_000).default(1),
  /** These three are also read in lower case, as other programs do. */
  HTTPS_PROXY: z.string().optional(),
  HTTP_PROXY: z.string().optional(),
  NO_PROXY: z.string().optional(),
  /** These two are read by Node. */
  NODE_EXTRA_CA_CERTS: z.string().optional(),
  NODE_TLS_REJECT_UNAUTHORIZED: z.string().optional(),
});

/** The default folder of the state. */
export const DEFAULT_FOLDER = '.state';

/** Why this folder cannot contain the state, as far as is known without creating it. Undefined: it can. */
export function folderProblem(folder: string): string | undefined {
  const existing = existingPart(resolve(folder));
  const isFolder = isFolderOf(existing);
  if (isFolder) return undefined;
  if (isFolder === undefined) return 'is a broken symbolic link, but must be a folder';
  return existing === resolve(folder)
    ? 'is a file, but must be a folder'
    : 'is below a file, but must be a folder';
}

/** Why the service cannot write to it. Undefined: it can. */
export function writingProblem(folder: string): string | undefined {
  try {
    accessSync(existingPart(resolve(folder)), constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    return 'is not writable for this user';
  }
}

/** The folder itself, or the nearest parent that exists. */
function existingPart(path: string): string {
  return isThere(path) ? path : existingPart(dirname(path));
}

/** True for a link that points to nothing. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // A parent is not a folder, or cannot be read.
    return false;
  }
}

/** Undefined: it is a link that points to nothing, or to itself. */
function isFolderOf(path: string): boolean | undefined {
  try {
    return statSync(path).isDirectory();
  } catch {
    return undefined;
  }
}
