import { z } from 'zod';
import { isHttpsUrl, isLoopbackHttpUrl } from './graph-types.ts';

/** One environment variable of a provider. */
interface ProviderSetting {
  readonly schema: z.ZodType<string>;
  readonly isSecret?: true;
  /** In production, plain http to another machine is rejected. */
  readonly isBaseUrl?: true;
  /** Used if the provider is configured without it. */
  readonly default?: string;
  readonly isOptional?: true;
  /** Another variable that must be set too. Only for optional ones. */
  readonly needs?: string;
}

/**
 * A provider's variables by name. Once one of them is set, the provider is configured and needs all that have no
 * default.
 */
export type ProviderSettings = Readonly<Record<string, ProviderSetting>>;

/** Checked values of a provider's settings, by variable name. */
export type ProviderValues = Readonly<Record<string, string>>;

/** The settings of one tenant. */
export interface TenantSettings {
  readonly id: string;
  /** By provider key. A provider that is missing here is not configured. */
  readonly providerValues: Readonly<Record<string, ProviderValues | undefined>>;
  /** How many requests of the provider's window the tenant may use, by provider key. All of them if missing. */
  readonly requestLimits: Readonly<Record<string, number | undefined>>;
}

type OptionalNames<S extends ProviderSettings> = {
  [Name in keyof S]: S[Name] extends { isOptional: true } ? Name : never;
}[keyof S];

/** The settings that a client receives: checked, with defaults. */
export type ValuesOf<S extends ProviderSettings> = {
  readonly [Name in Exclude<keyof S, OptionalNames<S>>]: string;
} & { readonly [Name in OptionalNames<S>]?: string };

interface SettingProblem {
  variable: string;
  message: string;
}

type SettingsReading = { values: ProviderValues | undefined } | { problems: SettingProblem[] };

/** The values that are secret. */
export function secretValuesOf(settings: ProviderSettings, values: ProviderValues): string[] {
  return Object.entries(settings).flatMap(([name, { isSecret }]) => {
    const value = values[name];
    return isSecret && value !== undefined ? [value] : [];
  });
}

/** The variables that a configured provider cannot do without. */
export function neededNames(settings: ProviderSettings): string[] {
  return Object.entries(settings).flatMap(([name, setting]) =>
    setting.isOptional || setting.default !== undefined ? [] : [name],
  );
}

/** For example, `A, B and C`. */
export function inWords(names: readonly string[], conjunction: 'and' | 'or'): string {
  const [first = '', ...rest] = names.toReversed();
  return rest.length === 0 ? first : `${rest.toReversed().join(', ')} ${conjunction} ${first}`;
}

/** `values` is undefined if the provider is not configured. Problems never contain the values of secrets. */
export function readProviderSettings(
  settings: ProviderSettings,
  given: Readonly<Record<string, string | undefined>>,
  options: { isProduction: boolean },
): SettingsReading {
  const names = Object.keys(settings);
  const setNames = names.filter((name) => given[name] !== undefined);
  if (setNames.length === 0) return { values: undefined };

  const values: Record<string, string> = {};
  const problems: SettingProblem[] = [];
  for (const [variable, setting] of Object.entries(settings)) {
    const value = given[variable] ?? setting.default;
    if (value === undefined) {
      const reasons = reasonsFor(variable, { settings, setNames });
      if (reasons.length === 0) continue;
      problems.push({ variable, message: `is required when ${inWords(reasons, 'or')} is set` });
      continue;
    }
    const parsed = setting.schema.safeParse(value);
    if (parsed.success) {
      values[variable] = parsed.data;
      if (options.isProduction && setting.isBaseUrl && isPlainRemoteHttp(parsed.data)) {
        const message = 'must be https in production, or http to a loopback address';
        problems.push({ variable, message });
      }
    } else problems.push(...parsed.error.issues.map(({ message }) => ({ variable, message })));
  }
  return problems.length > 0 ? { problems } : { values };
}

/** The variables because of which a missing one is required. Those that a provider needs anyway come before others. */
function reasonsFor(
  variable: string,
  { settings, setNames }: { settings: ProviderSettings; setNames: readonly string[] },
): string[] {
  const needing = setNames.filter((name) => settings[name]?.needs === variable);
  if (settings[variable]?.isOptional) return needing;
  const needed = neededNames(settings).filter((name) => setNames.includes(name));
  return needed.length > 0 ? needed : [...setNames];
}

function isPlainRemoteHttp(url: string): boolean {
  return !isHttpsUrl(url) && !isLoopbackHttpUrl(url);
}

/**
 * Checks the text as it is written, because a URL parser drops line breaks, resolves dots and replaces other
 * characters. Allows an ASCII host, an optional port, and a path of plain segments.
 */
const PLAIN_BASE_URL =
  /^https?:\/\/(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:\d{1,5})?(\/(?!\.{1,2}(\/|$))[\w.~-]+)*\/*$/i;

/** An http or https URL without query, fragment and credentials. Trailing slashes are removed. */
export const baseUrlSetting = z
  .string()
  .refine((url) => /^https?:/i.test(url) && URL.canParse(url), {
    error: 'must be a valid https URL',
    abort: true,
  })
  .refine(hasOnlyOriginAndPath, {
    error: 'must not have a query, fragment, user name or password',
    abort: true,
  })
  .refine(
    (url) => PLAIN_BASE_URL.test(url),
    'must be a host with an optional port and path of letters, digits and . _ ~ -',
  )
  .transform((url) => url.replace(/\/+$/, ''));

function hasOnlyOriginAndPath(url: string): boolean {
  const { search, hash, username, password } = new URL(url);
  return search + hash + username + password === '';
}

/** A credential that goes into a header. It is visible ASCII, so it can never start another header. */
export const secretSetting = z
  .string()
  .regex(/^[\x21-\x7e]{1,4096}$/, 'must be 1 to 4096 visible ASCII characters without spaces');
