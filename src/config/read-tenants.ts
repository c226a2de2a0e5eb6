import { resolve } from 'node:path';
import type { TenantSettings } from '../providers/settings.ts';
import { readProviders } from './provider-values.ts';
import { readSecret } from './secrets.ts';
import type { Given, ReadFile, SecretReading } from './secrets.ts';

/** The only tenant there is without a file of tenants. */
export const DEFAULT_TENANT = 'default';

export interface TenantSource {
  given: Given;
  isProduction: boolean;
  readFile: ReadFile;
}

/** The only tenant, out of the providers' variables and the files that they name. Each problem goes into `problems`. */
export function readOneTenant(
  { given, isProduction, readFile }: TenantSource,
  problems: string[],
): TenantSettings {
  const providerValues = readProviders({
    isProduction,
    valueOf: (name) => given[name],
    secretOf: (name) => readSecret(name, given, readFile),
    onProblem: (name, message) =>
      problems.push(`${given[`${name}_FILE`] === undefined ? name : `${name}_FILE`}: ${message}`),
  });
  return { id: DEFAULT_TENANT, providerValues, requestLimits: {} };
}

/** The text of the file of tenants. */
export function readTenantsText(
  file: string,
  readFile: ReadFile,
): SecretReading & { path: string } {
  const path = resolve(file);
  const { value, problem } = readFile(path);
  return { path, value, ...(value === undefined && { problem: `TENANTS_FILE: ${problem}` }) };
}
