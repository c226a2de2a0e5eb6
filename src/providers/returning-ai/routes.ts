import { badResponse } from '../../http/provider-error.ts';
import type { Routes } from '../../http/routes.ts';

/** Ids are opaque here: UUIDs in the samples, perhaps 24 hex digits (inferred). Neither can climb out of a path. */
const BADGE_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function isBadgeId(id: string): boolean {
  return BADGE_ID.test(id);
}

export const BADGES = '/badges';
export const USER_INFO = '/users/info';

export function badgePath(id: string): string {
  if (!isBadgeId(id)) throw badResponse('was to be asked for an impossible id', 'not-sent');
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
