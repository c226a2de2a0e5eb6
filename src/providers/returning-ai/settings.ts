import type { ProviderName } from '../../http/provider-error.ts';
import { type ProviderSettings, baseUrlSetting, secretSetting } from '../settings.ts';

export const name = {
  enumValue: 'RETURNING_AI',
  title: 'Returning.AI',
} as const satisfies ProviderName;

export const settings = {
  /** No default: the provider's pages name three hosts, one of them for staging (inferred). */
  RETURNING_AI_BASE_URL: { schema: baseUrlSetting, isBaseUrl: true },
  RETURNING_AI_API_KEY: { schema: secretSetting, isSecret: true },
  /** A separate API of the provider with its own key, which finds users by e-mail address. */
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

/**
 * IDs are opaque: UUIDs in the samples, perhaps 24 hexadecimal digits (inferred). Neither can leave its path segment.
 */
const BADGE_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function isBadgeId(id: string): boolean {
  return BADGE_ID.test(id);
}
