import { baseUrlSetting, secretSetting } from '../settings.ts';
import type { ProviderSettings } from '../settings.ts';

export const settings = {
  /** No default: the provider's pages name three hosts, one of them for staging (inferred). */
  RETURNING_AI_BASE_URL: { schema: baseUrlSetting, isBaseUrl: true },
  RETURNING_AI_API_KEY: { schema: secretSetting, isSecret: true },
  /** Another API of the provider, with a key of its own: it finds users by e-mail. */
  RETURNING_AI_INTEGRATION_BASE_URL: {
    schema: baseUrlSetting,
    isBaseUrl: true,
    isOptional: true,
    needs: 'RETURNING_AI_INTEGRATION_API_KEY',
  },
  RETURNING_AI_INTEGRATION_API_KEY: {
    schema: secretSetting,
    isSecret: true,
    isOptional: true,
    needs: 'RETURNING_AI_INTEGRATION_BASE_URL',
  },
} as const satisfies ProviderSettings;
