import { badResponse } from '../../http/provider-error.ts';
import type { Routes } from '../../http/routes.ts';
import { isObjectId } from './object-id.ts';

const EXTERNAL = '/api/v1/external';
export const BADGES = `${EXTERNAL}/gamification/badges`;

export function badgePath(id: string): string {
  return `${BADGES}/${toSegment(id)}`;
}

/** Under the path of badges it is the member who is named: an id must never bring its own slash. */
export function assignPath(userId: string): string {
  return `${BADGES}/${toSegment(userId)}/assign`;
}

export function lookupPath(query: URLSearchParams): string {
  return `${EXTERNAL}/users/lookup?${query.toString()}`;
}

function toSegment(id: string): string {
  if (!isObjectId(id)) throw badResponse('was to be asked for an impossible id', 'not-sent');
  return encodeURIComponent(id);
}

/** A value of a query is as long as an e-mail of which every character takes four bytes. */
export const ROUTES: Routes = [
  /^(GET|POST) \/api\/v1\/external\/gamification\/badges$/,
  /^PATCH \/api\/v1\/external\/gamification\/badges\/[0-9a-fA-F]{24}(\/assign)?$/,
  /^GET \/api\/v1\/external\/users\/lookup\?(email=[\w.*+%-]{3,3060}(&phone=\d{4,20})?|phone=\d{4,20})$/,
];
