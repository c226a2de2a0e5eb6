import type { ProviderName } from '../../../src/http/provider-error.ts';
import {
  type ProviderSettings,
  baseUrlSetting,
  secretSetting,
} from '../../../src/providers/settings.ts';

export const name = { enumValue: 'FORUM', title: 'Forum' } as const satisfies ProviderName;

export const settings = {
  FORUM_BASE_URL: { schema: baseUrlSetting, isBaseUrl: true },
  FORUM_API_KEY: { schema: secretSetting, isSecret: true },
} as const satisfies ProviderSettings;
