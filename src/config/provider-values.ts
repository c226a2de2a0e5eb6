import { providers } from '../providers/index.ts';
import type { Provider } from '../providers/provider.ts';
import { readProviderSettings } from '../providers/settings.ts';
import type { ProviderValues } from '../providers/settings.ts';
import type { SecretReading } from './secrets.ts';

export interface ProviderSource {
  isProduction: boolean;
  /** A setting that is no secret. */
  valueOf: (name: string) => string | undefined;
  secretOf: (name: string) => SecretReading;
  /** `variable` is the setting, or the one that names its file. */
  onProblem: (variable: string, message: string) => void;
}

/** The settings of all providers, by provider key; undefined for one that has none. */
export function readProviders(source: ProviderSource): Record<string, ProviderValues | undefined> {
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
    own[name] = value;
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
