import type { z } from 'zod';
import type { Proxies } from '../http/attempt.ts';
import { hostOf, isLoopbackHost } from '../http/hosts.ts';
import { providers } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';
import {
  type TenantSettings,
  inWords,
  neededNames,
  secretValuesOf,
} from '../providers/settings.ts';
import {
  ConfigError,
  type Given,
  createRemarks,
  givenName,
  readSecret,
  readText,
  runToEnd,
} from './source.ts';
import { DEFAULT_TENANT, readOneTenant, readTenantsFile, readTenantsText } from './tenants-file.ts';
import {
  DEFAULT_FOLDER,
  METRICS_TOKENS,
  MIN_SECRET_CHARACTERS,
  ROUTER_SECRETS,
  type TokenSettings,
  describeProxies,
  everyAddress,
  folderProblem,
  isLongEnough,
  readProxies,
  readSecrets,
  readTokens,
  variables,
} from './variables.ts';
import { readYaml } from './yaml-tree.ts';

/** For reading the badge before a write, and again after one of unknown outcome. */
const MIN_MS_BESIDE_ATTEMPT = 2_000;

/** The interval at which routers and load balancers check readiness. The rest of 10 s is enough for a write. */
const SHUTDOWN_DELAY_MS = 2_000;

/** In production: enough to see what is usual, and few enough to cost nothing that counts. */
const LOG_SAMPLE = 0.01;

const DAY_MS = 24 * 60 * 60 * 1_000;

const remarkOn = createRemarks({
  settings: [...Object.keys(variables.shape), ...providerNames()],
  secrets: ['ROUTER_SECRET', 'METRICS_TOKEN', 'REDIS_URL', ...providers.flatMap(secretNames)],
  beginnings: providers.map(({ name }) => name.enumValue),
});

const TRUST_ADVICE = 'add the certificates of your own authority with NODE_EXTRA_CA_CERTS instead';

export interface FastPathSettings {
  /** The share of fast answers that are compared with the full path's: 0 to 1. */
  shadow: number;
}

export interface Config {
  host: string;
  port: number;
  /** Host names that requests may use, apart from those of this machine, if there is no router secret. */
  allowedHosts: readonly string[];
  isProduction: boolean;
  hasPlayground: boolean;
  hasIntrospection: boolean;
  hasCacheTags: boolean;
  hasMutations: boolean;
  hasAuthDirectives: boolean;
  /** All of them are valid. None: every caller that reaches the port is treated as the router. */
  routerSecrets: readonly string[];
  /** Undefined: callers have no tokens, and the router authenticates them. */
  tokens: TokenSettings | undefined;
  freshSeconds: number;
  staleSeconds: number;
  /** The limit of one response. */
  answerMaxBytes: number;
  /** The limit of all responses in progress together. */
  answersBudgetBytes: number;
  /** Undefined: every request is answered by the framework. */
  fastPath: FastPathSettings | undefined;
  attemptTimeoutMs: number;
  operationDeadlineMs: number;
  /** How long the service continues to accept requests after a signal to stop, milliseconds. */
  shutdownDelayMs: number;
  /** Undefined: `.state`, or on the sandbox a folder that is removed with the process. */
  stateFolder: string | undefined;
  redisUrl: string | undefined;
  /** How long records are kept, milliseconds. Undefined: for ever. */
  keptMs: number | undefined;
  /** For calls to providers and to the token issuer. */
  proxies: Proxies;
  /** The number of processes that share the rate limits of the providers. */
  replicas: number;
  /** The share of successful requests and calls that are logged: 0 to 1. */
  logSample: number;
  hasMetrics: boolean;
  /** None: the metrics are read like the graph. */
  metricsTokens: readonly string[];
  /** Names that metrics tell apart. */
  metricsOperations: readonly string[];
  /** Serves the demo badges of the sandbox; the provider settings are not used. */
  isSandbox: boolean;
  /** A line for each variable that looks like a setting but has no effect. */
  remarks: readonly string[];
  tenants: readonly TenantSettings[];
  /** The tenant of callers that name none. Undefined: they must name one. */
  defaultTenant: string | undefined;
}

/** The environment variables. Empty ones count as not set. */
export function readVariables(env: Given = process.env): Given {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}

/** Reads all settings. Throws a `ConfigError`. */
export function readConfig(env?: Given): Config {
  const problems: string[] = [];
  const given = readVariables(env);

  const isProduction = given.NODE_ENV === 'production';
  const redisUrl = readSecret('REDIS_URL', given);
  if (redisUrl.problem) problems.push(`REDIS_URL_FILE: ${redisUrl.problem}`);
  const { data, wrong } = readGeneral({ ...given, REDIS_URL: redisUrl.value }, problems);
  if (redisUrl.problem) wrong.add('REDIS_URL');
  /** A rule that compares variables is checked if each of them is valid by itself. */
  const areValid = (...names: (keyof typeof data)[]) => !names.some((name) => wrong.has(name));
  const routerSecrets = readSecrets(ROUTER_SECRETS, given, problems);
  const metricsTokens = readSecrets(METRICS_TOKENS, given, problems);
  const tokens = readTokens(given, problems);
  const proxies = readProxies(given, problems);
  if (isProduction && given.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    problems.push(`NODE_TLS_REJECT_UNAUTHORIZED: cannot be 0 in production; ${TRUST_ADVICE}`);
  }
  const { tenants, more } = readTenants(given, problems);

  const isConfigured =
    given.TENANTS_FILE !== undefined ||
    tenants.some(({ providerValues }) => Object.values(providerValues).some(isDefined));
  const isSandbox =
    given.SANDBOX === 'true' ||
    ((given.SANDBOX ?? 'auto') === 'auto' && !isConfigured && !isProduction);
  if (isProduction && given.SANDBOX === 'true') {
    problems.push('SANDBOX: cannot be true in production');
  } else if (isProduction && !isConfigured && !isTouched(given)) {
    problems.push(`No provider is configured. Set ${neededVariables()}, or TENANTS_FILE`);
  }
  if (areValid('REPLICAS', 'REDIS_URL') && data.REPLICAS > 1 && redisUrl.value === undefined) {
    problems.push('REPLICAS: more than one replica requires REDIS_URL');
  }
  const isModeKnown = areValid('NODE_ENV', 'SANDBOX');
  const keepsFolder =
    areValid('REDIS_URL') &&
    redisUrl.value === undefined &&
    (given.STATE_DIR !== undefined || (isModeKnown && !isSandbox));
  const ofFolder = keepsFolder ? folderProblem(given.STATE_DIR ?? DEFAULT_FOLDER) : undefined;
  if (ofFolder !== undefined) {
    const shown = given.STATE_DIR === undefined ? `${DEFAULT_FOLDER} ` : '';
    problems.push(`STATE_DIR: ${shown}${ofFolder}`);
  }
  if (areValid('ATTEMPT_TIMEOUT_MS', 'OPERATION_DEADLINE_MS')) problems.push(...timeProblems(data));
  if (areValid('ANSWER_MAX_BYTES', 'ANSWERS_BUDGET_BYTES')) problems.push(...sizeProblems(data));
  const isGuarded = isProduction || given.AUTH_JWKS_URL !== undefined;
  if (isModeKnown && areValid('HOST') && isConfigured && !isSandbox && !isGuarded) {
    const hasSecret = isGiven('ROUTER_SECRET', given);
    problems.push(...exposureProblems(data.HOST, hasSecret ? routerSecrets : undefined));
  }
  const remarks = Object.keys(given).flatMap((name) => remarkOn(name) ?? []);
  if (problems.length > 0) throw new ConfigError(problems, more, remarks);

  return {
    host: data.HOST ?? (isProduction ? everyAddress() : '127.0.0.1'),
    port: data.PORT,
    allowedHosts: data.ALLOWED_HOSTS,
    isProduction,
    hasPlayground: data.PLAYGROUND ?? !isProduction,
    hasIntrospection: data.INTROSPECTION ?? !isProduction,
    hasCacheTags: data.CACHE_TAGS,
    hasMutations: data.MUTATIONS_ENABLED,
    hasAuthDirectives: data.AUTH_DIRECTIVES,
    routerSecrets,
    tokens,
    freshSeconds: data.BADGES_FRESH_SECONDS,
    staleSeconds: data.BADGES_STALE_SECONDS,
    answerMaxBytes: data.ANSWER_MAX_BYTES,
    answersBudgetBytes: data.ANSWERS_BUDGET_BYTES,
    fastPath: data.FAST_PATH ? { shadow: data.FAST_PATH_SHADOW } : undefined,
    attemptTimeoutMs: data.ATTEMPT_TIMEOUT_MS,
    operationDeadlineMs: data.OPERATION_DEADLINE_MS,
    shutdownDelayMs: data.SHUTDOWN_DELAY_MS ?? (isProduction ? SHUTDOWN_DELAY_MS : 0),
    stateFolder: data.STATE_DIR,
    redisUrl: data.REDIS_URL,
    keptMs: data.RETENTION_DAYS === undefined ? undefined : data.RETENTION_DAYS * DAY_MS,
    proxies,
    replicas: data.REPLICAS,
    logSample: data.LOG_SAMPLE ?? (isProduction ? LOG_SAMPLE : 1),
    hasMetrics: data.METRICS,
    metricsTokens,
    metricsOperations: data.METRICS_OPERATIONS,
    isSandbox,
    tenants,
    defaultTenant: data.TENANTS_FILE === undefined ? DEFAULT_TENANT : undefined,
    remarks,
  };
}

type General = z.output<typeof variables>;

/**
 * The variables that are not of a provider, and the names of those that are invalid, for which `data` has the defaults.
 * Adds each problem to `problems`.
 */
function readGeneral(given: Given, problems: string[]): { data: General; wrong: Set<string> } {
  const { success, data, error } = variables.safeParse(given);
  if (success) return { data, wrong: new Set() };
  const issues = error.issues.map(({ path, message }) => ({ name: path.join('.'), message }));
  const wrong = new Set(issues.map(({ name }) => name));
  // The only one that a file may give.
  const shown = (name: string) => (name === 'REDIS_URL' ? givenName(name, given) : name);
  problems.push(...issues.map(({ name, message }) => `${shown(name)}: ${message}`));
  const valid = Object.entries(given).filter(([name]) => !wrong.has(name));
  return { data: variables.parse(Object.fromEntries(valid)), wrong };
}

/** The tenants of the file, or the only one from the providers' variables. `more` is the number of further problems. */
function readTenants(
  given: Given,
  problems: string[],
): { tenants: readonly TenantSettings[]; more: number } {
  const isProduction = given.NODE_ENV === 'production';
  const source = { given, isProduction, readFile: readText };
  if (given.TENANTS_FILE === undefined) {
    return { tenants: [readOneTenant(source, problems)], more: 0 };
  }
  problems.push(...problemsBesideFile(given));
  const { path, value, problem = '' } = readTenantsText(given.TENANTS_FILE, readText);
  const reading =
    value === undefined
      ? { problems: [problem], more: 0 }
      : runToEnd(readTenantsFile({ ...source, path }, readYaml(value)));
  if ('tenants' in reading) return { tenants: reading.tenants, more: 0 };
  problems.push(...reading.problems);
  return { tenants: [], more: reading.more };
}

/** The problems of other variables if there is a tenants file. */
function problemsBesideFile(given: Given): string[] {
  const problems = providerNames()
    .filter((name) => isGiven(name, given))
    .map((name) => `${name}: has no effect when TENANTS_FILE is set. Unset it`);
  if (given.SANDBOX === 'true') problems.push('SANDBOX: cannot be true when TENANTS_FILE is set');
  if (!isGiven('ROUTER_SECRET', given) && given.AUTH_JWKS_URL === undefined) {
    problems.push('TENANTS_FILE: requires ROUTER_SECRET or AUTH_JWKS_URL to authenticate callers');
  }
  return problems;
}

function isGiven(name: string, given: Given): boolean {
  return isDefined(given[name] ?? given[`${name}_FILE`]);
}

function isDefined(value: unknown): boolean {
  return value !== undefined;
}

function isTouched(given: Given): boolean {
  return providerNames().some((name) => isGiven(name, given));
}

/** The problems of a service that requires no tokens. `secrets` undefined: it requires no router secret either. */
function exposureProblems(host = '127.0.0.1', secrets?: readonly string[]): string[] {
  if (isLoopbackHost(hostOf(host.includes(':') ? `[${host}]` : host) ?? '')) return [];
  if (!secrets) {
    return [
      `HOST: other machines can reach ${host}, and without ROUTER_SECRET or AUTH_JWKS_URL any of them could change badges. Set one of these, or remove HOST`,
    ];
  }
  return secrets.every(isLongEnough)
    ? []
    : [
        `ROUTER_SECRET: must have at least ${MIN_SECRET_CHARACTERS} characters when other machines can reach ${host}, and so must each of several secrets`,
      ];
}

/** A write starts only if a whole attempt and a reread fit into the rest of the deadline. */
function timeProblems(times: {
  ATTEMPT_TIMEOUT_MS: number;
  OPERATION_DEADLINE_MS: number;
}): string[] {
  const min = times.ATTEMPT_TIMEOUT_MS + MIN_MS_BESIDE_ATTEMPT;
  return times.OPERATION_DEADLINE_MS < min
    ? [`OPERATION_DEADLINE_MS: must be at least ${min}, so that one attempt fits in`]
    : [];
}

/** One tenant may use half of the budget. */
function sizeProblems(sizes: { ANSWER_MAX_BYTES: number; ANSWERS_BUDGET_BYTES: number }): string[] {
  const min = 2 * sizes.ANSWER_MAX_BYTES;
  return sizes.ANSWERS_BUDGET_BYTES < min
    ? [`ANSWERS_BUDGET_BYTES: must be at least ${min}, twice ANSWER_MAX_BYTES`]
    : [];
}

/** A line for each provider of each tenant, and for the proxies. */
export function describeConfig({ isSandbox, tenants, proxies }: Config): string[] {
  const ofProviders = tenants.flatMap(({ id, providerValues }) =>
    providers.map(({ key, name }) => {
      const title = id === DEFAULT_TENANT ? name.title : `${name.title} of ${id}`;
      if (isSandbox) return `${title}: demo data of the sandbox`;
      return `${title}: ${providerValues[key] ? 'configured' : 'not configured'}`;
    }),
  );
  return isSandbox ? ofProviders : [...ofProviders, ...describeProxies(proxies)];
}

function providerNames(): string[] {
  return providers.flatMap(({ settings }) => Object.keys(settings));
}

function secretNames({ settings }: Provider): string[] {
  return Object.keys(settings).filter((name) => settings[name]?.isSecret);
}

/** The variables without which no provider is configured. */
function neededVariables(): string {
  return providers.map(({ settings }) => inWords(neededNames(settings), 'and')).join(', or ');
}

/** All secrets of the settings, so that they can be kept out of logs. */
export function secretsOf(
  config: Pick<Config, 'tenants' | 'routerSecrets' | 'metricsTokens' | 'redisUrl' | 'proxies'>,
): string[] {
  const ofProviders = config.tenants.flatMap(({ providerValues }) =>
    providers.flatMap(({ key, settings }) => secretValuesOf(settings, providerValues[key] ?? {})),
  );
  const { redisUrl, proxies } = config;
  const passwords = [redisUrl, proxies.https, proxies.http].flatMap(passwordsOf);
  return [...config.routerSecrets, ...config.metricsTokens, ...ofProviders, ...passwords];
}

/** The password of a URL, encoded and decoded. */
function passwordsOf(url: string | undefined): string[] {
  const password = url !== undefined && URL.canParse(url) ? new URL(url).password : '';
  if (password === '') return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
