import { providers } from '../providers/index.ts';
import { secretValuesOf } from '../providers/settings.ts';
import type { Config } from './read-config.ts';

/** Every secret that these settings hold, for whoever must not show them. */
export function secretsOf(
  config: Pick<Config, 'tenants' | 'routerSecrets' | 'redisUrl' | 'proxies'>,
): string[] {
  const ofProviders = config.tenants.flatMap(({ providerValues }) =>
    providers.flatMap(({ key, settings }) => secretValuesOf(settings, providerValues[key] ?? {})),
  );
  const { redisUrl, proxies } = config;
  const passwords = [redisUrl, proxies.https, proxies.http].flatMap(passwordsOf);
  return [...config.routerSecrets, ...ofProviders, ...passwords];
}

/** As it stands in the URL, and as it is sent. */
function passwordsOf(url: string | undefined): string[] {
  const password = url !== undefined && URL.canParse(url) ? new URL(url).password : '';
  if (password === '') return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
