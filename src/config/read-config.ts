import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { providers } from './providers/index.ts';
import { isObject } from './providers/json.ts';
import type { ProviderValues } from './providers/settings.ts';
import { readProviderSettings } from './providers/settings.ts';

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must lie within ${least} and ${most}`);

/** Reading the badge before a write, and again after one of unknown outcome. */
const LEAST_MS_BESIDE_ATTEMPT = 2_000;

const schema = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, 'must be a host name or an address')
    .optional(),
  PORT: wholeNumber(0, 65_535).default(4001),
  SANDBOX: z.enum(['auto', 'true', 'false']).default('auto'),
  PLAYGROUND: flag.optional(),
  INTROSPECTION: flag.optional(),
  CACHE_TAGS: flag.default(false),
  BADGES_FRESH_SECONDS: wholeNumber(0, 3_600).default(30),
  BADGES_STALE_SECONDS: wholeNumber(0, 86_400).default(300),
  ATTEMPT_TIMEOUT_MS: wholeNumber(1, 60_000).default(3_000),
  OPERATION_DEADLINE_MS: wholeNumber(1, 300_000).default(8_000),
  STATE_DIR: z.string().optional(),
  REDIS_URL: z
    .string()
    .refine(
      (url) => /^rediss?:\/\/[^\s]+$/.test(url) && URL.canParse(url),
      'must be a URL that begins with redis:// or rediss://',
    )
    .optional(),
  REPLICAS: wholeNumber(1, 1_000).default(1),
});

export interface Config {
  host: string;
  port: number;
  isProduction: boolean;
  hasPlayground: boolean;
  hasIntrospection: boolean;
  hasCacheTags: boolean;
  freshSeconds: number;
  staleSeconds: number;
  attemptTimeoutMs: number;
  operationDeadlineMs: number;
  /** Undefined: `.state`, or on the sandbox a folder that goes with the process. */
  stateFolder: string | undefined;
  redisUrl: string | undefined;
  /** How many processes share the providers. */
  replicas: number;
  /** Serve the stand-ins' demo badges; the provider values are then not used. */
  isSandbox: boolean;
  /** Set, and of no effect. */
  ignoredVariables: readonly string[];
  providerValues: Readonly<Record<string, ProviderValues | undefined>>;
}

/** Every problem of the settings at once. No value of a secret is in it. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(['The configuration is wrong:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
    this.name = 'ConfigError';
  }
}

/** Reads all settings; empty variables count as not set. Throws a `ConfigError`. */
export function readConfig(env: Given = process.env): Config {
  const problems: string[] = [];
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));

  const redisUrl = readSecret('REDIS_URL', given);
  if (redisUrl.problem) problems.push(`REDIS_URL_FILE: ${redisUrl.problem}`);
  const general = schema.safeParse({ ...given, REDIS_URL: redisUrl.value });
  for (const { path, message } of general.error?.issues ?? []) {
    problems.push(`${path.join('.')}: ${message}`);
  }
  const isProduction = given.NODE_ENV === 'production';
  const providerValues = readProviders(given, isProduction, problems);

  const isConfigured = Object.values(providerValues).some((values) => values !== undefined);
  const isSandbox =
    given.SANDBOX === 'true' ||
    ((given.SANDBOX ?? 'auto') === 'auto' && !isConfigured && !isProduction);
  if (isProduction && given.SANDBOX === 'true') {
    problems.push('SANDBOX: cannot be true in production');
  } else if (isProduction && !isConfigured && !isTouched(given)) {
    problems.push(`no provider is configured: set ${providerVariables()}`);
  }
  if (general.success && general.data.REPLICAS > 1 && redisUrl.value === undefined) {
    problems.push('REPLICAS: more than one needs REDIS_URL');
  }
  if (general.success) problems.push(...timeProblems(general.data));
  if (!general.success || problems.length > 0) throw new ConfigError(problems);

  const { data } = general;
  return {
    host: data.HOST ?? (isProduction ? '0.0.0.0' : '127.0.0.1'),
    port: data.PORT,
    isProduction,
    hasPlayground: data.PLAYGROUND ?? !isProduction,
    hasIntrospection: data.INTROSPECTION ?? !isProduction,
    hasCacheTags: data.CACHE_TAGS,
    freshSeconds: data.BADGES_FRESH_SECONDS,
    staleSeconds: data.BADGES_STALE_SECONDS,
    attemptTimeoutMs: data.ATTEMPT_TIMEOUT_MS,
    operationDeadlineMs: data.OPERATION_DEADLINE_MS,
    stateFolder: data.STATE_DIR,
    redisUrl: data.REDIS_URL,
    replicas: data.REPLICAS,
    isSandbox,
    providerValues,
    ignoredVariables: ignoredVariables(given),
  };
}

function isTouched(given: Given): boolean {
  return providers.some(({ settings }) =>
    Object.keys(settings).some((name) => (given[name] ?? given[`${name}_FILE`]) !== undefined),
  );
}

/** A write starts only while a whole attempt and a reread fit into the rest of the deadline. */
function timeProblems(times: {
  ATTEMPT_TIMEOUT_MS: number;
  OPERATION_DEADLINE_MS: number;
}): string[] {
  const least = times.ATTEMPT_TIMEOUT_MS + LEAST_MS_BESIDE_ATTEMPT;
  return times.OPERATION_DEADLINE_MS < least
    ? [`OPERATION_DEADLINE_MS: must be at least ${least}, for one attempt to fit in`]
    : [];
}

/** Names that are reserved, and that nothing obeys yet: whoever sets one must not feel protected by it. */
const NOT_OBEYED_YET = [
  'ROUTER_SECRET',
  'ROUTER_SECRET_FILE',
  'AUTH_JWKS_URL',
  'AUTH_ISSUER',
  'AUTH_AUDIENCE',
  'TENANTS_FILE',
  'MUTATIONS_ENABLED',
];

/** Those, and variables that look like a provider's and are none: a typing error would leave the provider out. */
function ignoredVariables(given: Given): string[] {
  const known = providers.flatMap(({ settings }) => Object.keys(settings));
  const fold = (text: string): string => text.toUpperCase().replaceAll('_', '');
  return Object.keys(given).filter((variable) => {
    if (NOT_OBEYED_YET.includes(variable)) return true;
    const isKnown = known.some((name) => variable === name || variable === `${name}_FILE`);
    return (
      !isKnown && providers.some(({ name }) => fold(variable).startsWith(fold(name.enumValue)))
    );
  });
}

type Given = Readonly<Record<string, string | undefined>>;

function readProviders(
  given: Given,
  isProduction: boolean,
  problems: string[],
): Record<string, ProviderValues | undefined> {
  const values: Record<string, ProviderValues | undefined> = {};
  for (const { key, settings } of providers) {
    const own: Record<string, string | undefined> = {};
    const unreadable: string[] = [];
    for (const [name, setting] of Object.entries(settings)) {
      const secret = setting.isSecret ? readSecret(name, given) : { value: given[name] };
      own[name] = secret.value;
      if (!secret.problem) continue;
      unreadable.push(name);
      problems.push(`${name}_FILE: ${secret.problem}`);
    }
    const reading = readProviderSettings(settings, own, { isProduction });
    if ('values' in reading) values[key] = reading.values;
    else {
      const others = reading.problems.filter(({ variable }) => !unreadable.includes(variable));
      problems.push(...others.map(({ variable, message }) => `${variable}: ${message}`));
    }
  }
  return values;
}

/** A secret stands in its variable, or in the file that `NAME_FILE` names. */
function readSecret(name: string, given: Given): { value: string | undefined; problem?: string } {
  const file = given[`${name}_FILE`];
  if (file === undefined) return { value: given[name] };
  if (given[name] !== undefined) return { value: given[name], problem: `${name} is set as well` };
  try {
    return { value: readFileSync(file, 'utf8').trimEnd() };
  } catch (error) {
    const code = isObject(error) ? String(error.code) : 'unknown error';
    return { value: undefined, problem: `the file cannot be read (${code})` };
  }
}

/** What this configuration amounts to, in a line for each provider. */
export function describeConfig({ isSandbox, providerValues }: Config): string[] {
  return providers.map(({ key, name }) => {
    if (isSandbox) return `${name.title}: demo data of the sandbox`;
    return `${name.title}: ${providerValues[key] ? 'configured' : 'not configured'}`;
  });
}

function providerVariables(): string {
  return providers.map(({ settings }) => Object.keys(settings).join(', ')).join('; or ');
}
