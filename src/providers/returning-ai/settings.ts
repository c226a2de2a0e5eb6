import { type ProviderName, badResponse } from '../../http/provider-error.ts';
import type { Routes } from '../../http/provider-http.ts';
import { type ProviderSettings, baseUrlSetting, secretSetting } from '../settings.ts';

export const name = {
  enumValue: 'RETURNING_AI',
  title: 'Returning.AI',
} as const satisfies ProviderName;

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

/** Ids are opaque here: UUIDs in the samples, perhaps 24 hex digits (inferred). Neither can climb out of a path. */
const BADGE_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function isBadgeId(id: string): boolean {
  return BADGE_ID.test(id);
}

export const BADGES = '/badges';
export const USER_INFO = '/users/info';

export function badgePath(id: string): string {
  if (!isBadgeId(id))
    throw badResponse('was not called, because it cannot have such an ID', 'not-sent');
  return `${BADGES}/${encodeURIComponent(id)}`;
}

/** No page of the provider shows GET and DELETE: they are inferred from its navigation and from the routes beside them. */
export const BADGE_ROUTES: Routes = [
  /^(GET|POST) \/badges$/,
  /^(PUT|DELETE) \/badges\/[A-Za-z0-9_-]{1,64}$/,
  /^POST \/badges\/[A-Za-z0-9_-]{1,64}\/(award|remove)$/,
];

/** Of the integration API. */
export const USER_ROUTES: Routes = [/^POST \/users\/info$/];
