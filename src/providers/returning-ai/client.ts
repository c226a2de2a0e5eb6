import type { CallBounds } from '../../http/call-bounds.ts';
import { createProviderHttp } from '../../http/provider-http.ts';
import { orUnclear } from '../answers.ts';
import type { ClientOptions, ProviderClient } from '../provider.ts';
import type { ValuesOf } from '../settings.ts';
import type { ReturningAIBadge } from './badge.ts';
import { createReturningAIAnswers } from './mapping.ts';
import { name } from './name.ts';
import { BADGES, BADGE_ROUTES, badgePath } from './routes.ts';
import type { settings } from './settings.ts';
import { createUserSearch } from './user.ts';
import type { UserSearch } from './user.ts';

/** Every write resolves with the badges that its answer shows, and with null where that leaves open whether it was done. */
/** A badge, and the member who gets or loses it. */
export interface Holder {
  id: string;
  memberId: string;
}

export interface ReturningAIClient extends ProviderClient {
  createBadge(body: object, bounds: CallBounds): Promise<ReturningAIBadge[] | null>;
  updateBadge(id: string, body: object, bounds: CallBounds): Promise<ReturningAIBadge[] | null>;
  deleteBadge(id: string, bounds: CallBounds): Promise<ReturningAIBadge[] | null>;
  awardBadge(of: Holder, body: object, bounds: CallBounds): Promise<ReturningAIBadge[] | null>;
  removeBadge(of: Holder, body: object, bounds: CallBounds): Promise<ReturningAIBadge[] | null>;
  /** Absent without the integration API. */
  findUserId?: UserSearch['findUserId'];
}

export function createReturningAIClient(
  values: ValuesOf<typeof settings>,
  options: ClientOptions,
): ReturningAIClient {
  const http = createProviderHttp({
    ...options.http,
    provider: name,
    baseUrl: values.RETURNING_AI_BASE_URL,
    headers: { 'x-api-key': values.RETURNING_AI_API_KEY },
    routes: BADGE_ROUTES,
  });
  const users = createUserSearch(values, options);
  const answer = createReturningAIAnswers(options.isImageUrl);

  return {
    listBadges: (bounds) => http.call({ method: 'GET', path: BADGES }, bounds, answer.list),
    createBadge: (body, bounds) =>
      orUnclear(http.call({ method: 'POST', path: BADGES, body }, bounds, answer.written())),
    updateBadge: async (id, body, bounds) =>
      orUnclear(
        http.call({ method: 'PUT', path: badgePath(id), body }, bounds, answer.written(id)),
      ),
    // No page shows what a deletion answers, and what a removal shows is of no use: the envelope counts.
    deleteBadge: async (id, bounds) =>
      orUnclear(http.call({ method: 'DELETE', path: badgePath(id) }, bounds, answer.done)),
    awardBadge: async ({ id, memberId }, body, bounds) =>
      orUnclear(
        http.call(
          { method: 'POST', path: `${badgePath(id)}/award`, body, memberId },
          bounds,
          answer.holding(id),
        ),
      ),
    removeBadge: async ({ id, memberId }, body, bounds) =>
      orUnclear(
        http.call(
          { method: 'POST', path: `${badgePath(id)}/remove`, body, memberId },
          bounds,
          answer.done,
        ),
      ),
    ...(users && { findUserId: users.findUserId }),
    async close() {
      await Promise.all([http.close(), users?.close()]);
    },
  };
}
