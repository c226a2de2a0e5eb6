import { baseUrlSetting, secretSetting } from '../settings.ts';
import type { ProviderSettings } from '../settings.ts';

export const settings = {
  /** No default: the provider's pages name three hosts, one of them a staging host. */
  RETURNING_AI_BASE_URL: { schema: baseUrlSetting, isBaseUrl: true },
  RETURNING_AI_API_KEY: { schema: secretSetting, isSecret: true },
} as const satisfies ProviderSettings;
