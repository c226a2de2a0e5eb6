import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { providers } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';
import {
  type ProviderValues,
  type TenantSettings,
  readProviderSettings,
} from '../providers/settings.ts';
import {
  type Given,
  type ReadFile,
  type SecretReading,
  type Steps,
  givenName,
  readSecret,
} from './source.ts';
import type { YamlNode, YamlReading } from './yaml-tree.ts';

interface ProviderSource {
  isProduction: boolean;
  /** A setting that is not a secret. */
  valueOf: (name: string) => string | undefined;
  secretOf: (name: string) => SecretReading;
  /** `variable` is the setting, or the setting that names its file. */
  onProblem: (variable: string, message: string) => void;
}

/** The settings by provider key; undefined for a provider that is not configured. */
function readProviders(source: ProviderSource): Record<string, ProviderValues | undefined> {
  return Object.fromEntries(
    providers.map((provider) => [provider.key, readProvider(provider, source)]),
  );
}

function readProvider(
  { settings }: Provider,
  { isProduction, valueOf, secretOf, onProblem }: ProviderSource,
): ProviderValues | undefined {
  const own: Record<string, string | undefined> = {};
  const unreadable: string[] = [];
  for (const [name, { isSecret }] of Object.entries(settings)) {
    const { value, problem } = isSecret ? secretOf(name) : { value: valueOf(name) };
    // It counts as given, so that what is missing beside it is reported too.
    own[name] = value ?? (problem === undefined ? undefined : '');
    if (problem === undefined) continue;
    unreadable.push(name);
    onProblem(name, problem);
  }
  const reading = readProviderSettings(settings, own, { isProduction });
  if ('values' in reading) return reading.values;
  for (const { variable, message } of reading.problems) {
    if (!unreadable.includes(variable)) onProblem(variable, message);
  }
  return undefined;
}

/** Used in keys, headers and claims. */
const TENANT_ID = /^[a-zA-Z0-9][\w.-]{0,63}$/;
const TENANT_ID_IN_WORDS =
  '1 to 64 ASCII letters, digits, dots, hyphens or underscores, of which the first is a letter or a digit';
/** The one setting of a tenant that does not belong to a provider. */
const LIMITS = 'limits';
/** Fewer cannot be divided between queries, mutations and replicas. */
const MIN_REQUESTS = 12;

const plainText = z.string().or(z.number().transform(String)).optional();

const FROM_ELSEWHERE =
  'must be { file: … } or { variable: … }, because secrets are not allowed in this file';

interface TenantsFile {
  path: string;
  given: Given;
  isProduction: boolean;
  /** Reads the secrets that the file names. */
  readFile: ReadFile;
}

export interface WrongTenants {
  problems: string[];
  /** The number of further problems. */
  more: number;
  /** The tenants that the file names nevertheless; undefined if it cannot be read. */
  named: ReadonlySet<string> | undefined;
}

/** All tenants, or the problems with their lines. No problem quotes a value of the file, which may be a secret. */
export function* readTenantsFile(
  file: TenantsFile,
  yaml: YamlReading,
): Steps<{ tenants: TenantSettings[] } | WrongTenants> {
  if ('errors' in yaml) {
    const problems = yaml.errors.map(({ line, message }) => `${file.path}:${line}: ${message}`);
    return { problems, more: yaml.more, named: undefined };
  }
  const problems: string[] = [];
  const report: Report = (path, message) => {
    const where = path.length > 0 ? `${path.map(toShown).join('.')}: ` : '';
    problems.push(`${file.path}:${lineOf(yaml.root, path)}: ${where}${message}`);
  };
  const top = toMap(yaml.root);
  const byId = toMap(top?.get('tenants'));
  if (top?.size !== 1 || !byId) {
    report([], 'must contain only `tenants`, a map of tenant names to settings');
    return { problems, more: 0, named: byId && new Set(byId.keys()) };
  }
  const tenants: TenantSettings[] = [];
  for (const [id, given] of byId) {
    tenants.push(readTenant(id, given, { ...file, report }));
    yield;
  }
  if (tenants.length === 0) report(['tenants'], 'must contain at least one tenant');
  reportShared(tenants, report);
  if (problems.length === 0) return { tenants };
  return { problems, more: 0, named: new Set(byId.keys()) };
}

/** A map keeps every name of the file, also names such as `constructor`. */
function toMap(node: YamlNode | undefined): Map<string, YamlNode> | undefined {
  return node?.value instanceof Map ? node.value : undefined;
}

/** The name of a setting. Another text may be a secret, as in `{ API_KEY:of-ours }`, where a blank is missing. */
const PLAIN_SETTING = /^([A-Z_]{1,64}|\w{1,12})$/;
/** The name of a variable, where a secret may have been put by mistake. */
const PLAIN_VARIABLE = /^(?=.{1,64}$)[A-Z]+(_([A-Z]+\d{0,3}|\d{1,3}))*$/;
const PLAIN_TENANT = /^[\w./-]{1,64}$/;

/** A part of a path in a problem. The line shows what is left out. */
function toShown(name: string, depth: number): string {
  const pattern = depth === 1 ? PLAIN_TENANT : PLAIN_SETTING;
  return pattern.test(name) ? name : '(name not shown)';
}

type Path = readonly string[];
type Report = (path: Path, message: string) => void;

function readTenant(
  id: string,
  given: YamlNode,
  { report, ...file }: TenantsFile & { report: Report },
): TenantSettings {
  const at = (...rest: string[]): string[] => ['tenants', id, ...rest];
  if (!TENANT_ID.test(id)) report(at(), `must be a tenant name: ${TENANT_ID_IN_WORDS}`);
  const own = toMap(given);
  if (!own) {
    report(at(), 'must be a map of settings');
    return { id, providerValues: {}, requestLimits: {} };
  }
  const known = providers.flatMap((provider) => Object.keys(provider.settings));
  const names = [...own.keys()].filter((name) => name !== LIMITS);
  if (names.length === 0) report(at(), 'must configure at least one provider');
  for (const name of names) {
    if (!known.includes(name)) report(at(name), 'is not a tenant setting');
  }
  const providerValues = readProviders({
    isProduction: file.isProduction,
    valueOf(name) {
      const node = own.get(name);
      const text = plainText.safeParse(node?.text ?? node?.value);
      if (!text.success) report(at(name), 'must be a string');
      return text.data;
    },
    secretOf: (name) => readElsewhere(own.get(name), file),
    onProblem: (name, message) => report(at(name), message),
  });
  return {
    id,
    providerValues,
    requestLimits: readLimits(own.get(LIMITS), (path, message) =>
      report(at(LIMITS, ...path), message),
    ),
  };
}

function readElsewhere(place: YamlNode | undefined, file: TenantsFile): SecretReading {
  if (!place || place.value === null) return { value: undefined };
  const [[kind, node] = [], ...more] = toMap(place) ?? [];
  const name = node?.value;
  if (typeof name !== 'string' || more.length > 0)
    return { value: undefined, problem: FROM_ELSEWHERE };
  const { path, given, readFile } = file;
  if (kind === 'file') return readFile(resolve(dirname(path), name));
  if (kind !== 'variable') return { value: undefined, problem: FROM_ELSEWHERE };
  const value = given[name];
  if (value !== undefined) return { value };
  const shown = PLAIN_VARIABLE.test(name) ? `variable ${name}` : 'variable that it names';
  return { value, problem: `the ${shown} is not set` };
}

function readLimits(given: YamlNode | undefined, report: Report): Record<string, number> {
  const limits: Record<string, number> = {};
  if (!given) return limits;
  const byName = toMap(given);
  if (!byName) report([], 'must be a map of providers to limits');
  for (const [name, requests] of byName ?? []) {
    const provider = providers.find((one) => one.name.enumValue === name);
    const most = provider?.requestWindows[0]?.requests;
    if (!provider || most === undefined) {
      report([name], 'is not a provider with a documented limit');
      continue;
    }
    const number = z.int().min(MIN_REQUESTS).max(most).safeParse(requests.value);
    if (number.success) limits[provider.key] = number.data;
    else report([name], `must be a whole number between ${MIN_REQUESTS} and ${most}`);
  }
  return limits;
}

/**
 * Reports secrets that two tenants share, because one company would see the badges of the other. Each secret of a tenant
 * is compared by itself.
 */
function reportShared(tenants: readonly TenantSettings[], report: Report): void {
  const owners = new Map<string, string>();
  for (const { id, providerValues } of tenants) {
    for (const { setting, secret } of secretsOf(providerValues)) {
      const owner = owners.get(secret) ?? id;
      owners.set(secret, owner);
      if (owner !== id)
        report(['tenants', id, setting], `is a secret that tenant ${owner} also uses`);
    }
  }
}

function secretsOf(
  providerValues: TenantSettings['providerValues'],
): { setting: string; secret: string }[] {
  return providers.flatMap(({ key, settings }) =>
    Object.entries(settings).flatMap(([setting, { isSecret }]) => {
      const secret = providerValues[key]?.[setting];
      return isSecret && secret !== undefined ? [{ setting, secret }] : [];
    }),
  );
}

/** The line of the innermost part of the path that is in the file. */
function lineOf(root: YamlNode, path: Path): number {
  let node = root;
  for (const name of path) {
    const next = toMap(node)?.get(name);
    if (!next) break;
    node = next;
  }
  return node.line;
}

/** The only tenant if there is no tenants file. */
export const DEFAULT_TENANT = 'default';

interface TenantSource {
  given: Given;
  isProduction: boolean;
  readFile: ReadFile;
}

/** Reads the only tenant from the providers' variables and the files that they name. Adds each problem to `problems`. */
export function readOneTenant(
  { given, isProduction, readFile }: TenantSource,
  problems: string[],
): TenantSettings {
  const providerValues = readProviders({
    isProduction,
    valueOf: (name) => given[name],
    secretOf: (name) => readSecret(name, given, readFile),
    onProblem: (name, message) => problems.push(`${givenName(name, given)}: ${message}`),
  });
  return { id: DEFAULT_TENANT, providerValues, requestLimits: {} };
}

/** The text of the tenants file. */
export function readTenantsText(
  file: string,
  readFile: ReadFile,
): SecretReading & { path: string } {
  const path = resolve(file);
  const { value, problem } = readFile(path);
  return { path, value, ...(value === undefined && { problem: `TENANTS_FILE: ${problem}` }) };
}
