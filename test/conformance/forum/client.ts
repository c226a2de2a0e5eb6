import type { CallBounds } from '../../../src/http/call-options.ts';
import { badResponse } from '../../../src/http/provider-error.ts';
import { type Routes, createProviderHttp } from '../../../src/http/provider-http.ts';
import { orUnclear } from '../../../src/providers/answers.ts';
import type { ClientOptions, ProviderClient } from '../../../src/providers/provider.ts';
import type { ValuesOf } from '../../../src/providers/settings.ts';
import { type ForumBadge, createForumAnswers, isBadgeId } from './badge.ts';
import { name, type settings } from './settings.ts';

const ROUTES: Routes = [
  /^(GET|POST) \/badges$/,
  /^(PUT|DELETE) \/badges\/[1-9]\d{0,9}$/,
  /^POST \/badges\/[1-9]\d{0,9}\/grants$/,
  /^DELETE \/badges\/[1-9]\d{0,9}\/grants\/[1-9]\d{0,9}$/,
];

/** A badge, and the member who gets or loses it. */
export interface Grant {
  id: string;
  memberId: string;
}

type Written = Promise<ForumBadge[] | null>;

export interface ForumClient extends ProviderClient {
  createBadge(body: object, bounds: CallBounds): Written;
  updateBadge(id: string, body: object, bounds: CallBounds): Written;
  deleteBadge(id: string, bounds: CallBounds): Written;
  grantBadge(grant: Grant, bounds: CallBounds): Written;
  revokeBadge(grant: Grant, bounds: CallBounds): Written;
}

export function createForumClient(
  values: ValuesOf<typeof settings>,
  options: ClientOptions,
): ForumClient {
  const http = createProviderHttp({
    ...options.http,
    provider: name,
    baseUrl: values.FORUM_BASE_URL,
    headers: { 'x-forum-pass': values.FORUM_API_KEY },
    routes: ROUTES,
  });
  const answer = createForumAnswers(options.isImageUrl);

  return {
    listBadges: (bounds) => http.call({ method: 'GET', path: '/badges' }, bounds, answer.list),
    createBadge: (body, bounds) =>
      orUnclear(http.call({ method: 'POST', path: '/badges', body }, bounds, answer.written())),
    updateBadge: async (id, body, bounds) =>
      orUnclear(http.call({ method: 'PUT', path: pathOf(id), body }, bounds, answer.written(id))),
    deleteBadge: async (id, bounds) =>
      orUnclear(http.call({ method: 'DELETE', path: pathOf(id) }, bounds, answer.done)),
    grantBadge: async ({ id, memberId }, bounds) => {
      const body = { user_id: Number(memberId) };
      const call = { method: 'POST', path: `${pathOf(id)}/grants`, body, memberId } as const;
      return orUnclear(http.call(call, bounds, answer.holding(id)));
    },
    revokeBadge: async ({ id, memberId }, bounds) => {
      const path = `${pathOf(id)}/grants/${toSegment(memberId)}`;
      return orUnclear(http.call({ method: 'DELETE', path, memberId }, bounds, answer.done));
    },
    close: http.close,
  };
}

function pathOf(id: string): string {
  return `/badges/${toSegment(id)}`;
}

function toSegment(id: string): string {
  if (!isBadgeId(id)) throw badResponse('was to be asked for an impossible id', 'not-sent');
  return id;
}
