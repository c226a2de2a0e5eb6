import { dirname, resolve } from 'node:path';
import { LineCounter, isMap, isNode, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { z } from 'zod';
import { providers } from '../providers/index.ts';
import type { TenantSettings } from '../providers/settings.ts';
import { readProviders } from './provider-values.ts';
import { readText } from './secrets.ts';
import type { Given, SecretReading } from './secrets.ts';

/** It is a part of keys, headers and claims. */
const TENANT_ID = /^[a-zA-Z0-9][\w.-]{0,63}$/;
/** Of a tenant's settings the one that is no provider's. */
const LIMITS = 'limits';
/** Fewer than this cannot be shared out between queries, mutations and replicas. */
const LEAST_REQUESTS = 12;

const FROM_ELSEWHERE = 'must be { file: … } or { variable: … }: no secret stands in this file';

export interface TenantsFile {
  path: string;
  text: string;
  given: Given;
  isProduction: boolean;
}

/** All tenants, or what is wrong, each with its line. No value of the file is in a problem: it may be a secret. */
export function readTenantsFile(
  file: TenantsFile,
): { tenants: TenantSettings[] } | { problems: string[] } {
  const lines = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false });
  const problems: string[] = [];
  const report: Report = (path, message) => {
    const where = path.length > 0 ? `${path.map(toShown).join('.')}: ` : '';
    problems.push(`${file.path}:${lineOf(document, lines, path)}: ${where}${message}`);
  };
  for (const { code, pos } of document.errors) {
    problems.push(`${file.path}:${lines.linePos(pos[0]).line}: is no YAML (${code})`);
  }
  if (problems.length > 0) return { problems };

  const top = toMap(toPlain(document));
  const byId = toMap(top?.get('tenants'));
  if (top?.size !== 1 || !byId) {
    report([], 'must hold `tenants`, a map by the name of each, and nothing else');
    return { problems };
  }
  const tenants = [...byId].map(([id, given]) => readTenant(id, given, { ...file, report }));
  if (tenants.length === 0) report(['tenants'], 'there is none');
  reportShared(tenants, report);
  return problems.length > 0 ? { problems } : { tenants };
}

/** Of a setting. Anything else may be a secret, as in `{ API_KEY:of-ours }` where a blank is missing. */
const PLAIN_SETTING = /^([A-Z_]{1,64}|\w{1,12})$/;
const PLAIN_TENANT = /^[\w./-]{1,64}$/;

/** A part of a path in a problem. What is left out stands at the line. */
function toShown(name: string, depth: number): string {
  const pattern = depth === 1 ? PLAIN_TENANT : PLAIN_SETTING;
  return pattern.test(name) ? name : '(another name)';
}

type Path = readonly string[];
type Report = (path: Path, message: string) => void;

/** Aliases may not multiply what they stand for. */
function toPlain(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100, mapAsMap: true }) as unknown;
  } catch {
    return undefined;
  }
}

/** Maps keep every name that is in the file, those of all objects too. */
function toMap(value: unknown): Map<string, unknown> | undefined {
  if (!(value instanceof Map)) return undefined;
  return new Map([...value].map(([key, held]) => [String(key), held as unknown]));
}

function readTenant(
  id: string,
  given: unknown,
  { report, ...file }: TenantsFile & { report: Report },
): TenantSettings {
  const at = (...rest: string[]): string[] => ['tenants', id, ...rest];
  if (!TENANT_ID.test(id)) report(at(), `the name of a tenant must match ${TENANT_ID.source}`);
  const own = toMap(given);
  if (!own) {
    report(at(), 'must be a map of settings');
    return { id, providerValues: {}, requestLimits: {} };
  }
  const known = providers.flatMap((provider) => Object.keys(provider.settings));
  const names = [...own.keys()].filter((name) => name !== LIMITS);
  if (names.length === 0) report(at(), 'no provider is configured');
  for (const name of names) {
    if (!known.includes(name)) report(at(name), 'is no setting of a tenant');
  }
  const providerValues = readProviders({
    isProduction: file.isProduction,
    valueOf(name) {
      const text = z.string().or(z.number().transform(String)).optional().safeParse(own.get(name));
      if (!text.success) report(at(name), 'must be a text');
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

function readElsewhere(place: unknown, { path, given }: TenantsFile): SecretReading {
  if (place === undefined || place === null) return { value: undefined };
  const [[kind, name] = [], ...more] = toMap(place) ?? [];
  if (typeof name !== 'string' || more.length > 0)
    return { value: undefined, problem: FROM_ELSEWHERE };
  if (kind === 'file') return readText(resolve(dirname(path), name));
  if (kind !== 'variable') return { value: undefined, problem: FROM_ELSEWHERE };
  const value = given[name];
  return value === undefined ? { value, problem: 'the variable is not set' } : { value };
}

function readLimits(given: unknown, report: Report): Record<string, number> {
  const limits: Record<string, number> = {};
  if (given === undefined) return limits;
  const byName = toMap(given);
  if (!byName) report([], 'must be a map by provider');
  for (const [name, requests] of byName ?? []) {
    const provider = providers.find((one) => one.name.enumValue === name);
    const most = provider?.requestWindow?.requests;
    if (!provider || most === undefined) {
      report([name], 'is no provider that states a limit');
      continue;
    }
    const number = z.int().min(LEAST_REQUESTS).max(most).safeParse(requests);
    if (number.success) limits[provider.key] = number.data;
    else report([name], `must be a whole number within ${LEAST_REQUESTS} and ${most}`);
  }
  return limits;
}

/**
 * The same key in the hands of two tenants is a slip, by which one company would see the other's badges. Each secret
 * counts by itself: a tenant may have several, and each of them opens a door.
 */
function reportShared(tenants: readonly TenantSettings[], report: Report): void {
  const owners = new Map<string, string>();
  for (const { id, providerValues } of tenants) {
    for (const { setting, secret } of secretsOf(providerValues)) {
      const owner = owners.get(secret) ?? id;
      owners.set(secret, owner);
      if (owner !== id) report(['tenants', id, setting], `is a secret that ${owner} has as well`);
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

/** Of the innermost part of the path that stands in the file. */
function lineOf(document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = document.getIn(path.slice(0, length - 1), true);
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isNode(key) && String(key) === path[length - 1])
      : undefined;
    if (isNode(pair?.key) && pair.key.range) return lines.linePos(pair.key.range[0]).line;
  }
  return 1;
}
