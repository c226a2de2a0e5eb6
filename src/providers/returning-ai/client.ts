import { z } from 'zod';
import { ProviderError, badResponse } from '../../http/provider-error.ts';
import type { CallBounds } from '../../http/call-bounds.ts';
import { createProviderHttp } from '../../http/provider-http.ts';
import { toBadgeList, toWrittenBadge, withBadgeId } from '../badge-list.ts';
import type { ClientOptions, ProviderClient } from '../provider.ts';
import type { ValuesOf } from '../settings.ts';
import type { ReturningAIBadge } from './badge.ts';
import { toReturningAIBadge } from './mapping.ts';
import { name } from './name.ts';
import { BADGES, BADGE_ROUTES, USER_INFO, USER_ROUTES, badgePath, isBadgeId } from './routes.ts';
import type { settings } from './settings.ts';
import { readEnvelope, toRecords, unwrap, unwrapIntegration } from './wire.ts';

const userSchema = z.object({ userId: z.string() });

export interface ReturningAIClient extends ProviderClient {
  createBadge(body: object, bounds: CallBounds): Promise<ReturningAIBadge[] | null>;
  updateBadge(id: string, body: object, bounds: CallBounds): Promise<ReturningAIBadge[] | null>;
  deleteBadge(id: string, bounds: CallBounds): Promise<ReturningAIBadge[] | null>;
  awardBadge(id: string, body: object, bounds: CallBounds): Promise<ReturningAIBadge[] | null>;
  removeBadge(id: string, body: object, bounds: CallBounds): Promise<ReturningAIBadge[] | null>;
  /** The id that the badge routes take; null when there is no such user. Absent without the integration API. */
  findUserId?: (email: string, bounds: CallBounds) => Promise<string | null>;
}

export function createReturningAIClient(
  values: ValuesOf<typeof settings>,
  options: ClientOptions,
): ReturningAIClient {
  const { isImageUrl } = options;
  const http = createProviderHttp({
    ...options.http,
    provider: name,
    baseUrl: values.RETURNING_AI_BASE_URL,
    headers: { 'x-api-key': values.RETURNING_AI_API_KEY },
    routes: BADGE_ROUTES,
  });
  const users = createUserSearch(values, options);
  const toBadge = (record: unknown) =>
    withBadgeId(toReturningAIBadge(record, isImageUrl), isBadgeId);
  /** A write that was accepted without a body gives null. */
  const readOne = (json: unknown) =>
    json === undefined ? null : [toWrittenBadge(toBadge(unwrap(json)))];
  const readMany = (json: unknown) =>
    json === undefined ? null : [...toBadgeList(toRecords(unwrap(json)), toBadge).badges];
  /** What a success says beside its envelope is of no use. */
  const readNone = (json: unknown): ReturningAIBadge[] => {
    if (json !== undefined) readEnvelope(json);
    return [];
  };

  return {
    listBadges: (bounds) =>
      http.call({ method: 'GET', path: BADGES }, bounds, (json) =>
        toBadgeList(toRecords(unwrap(json)), toBadge),
      ),
    createBadge: (body, bounds) =>
      http.call({ method: 'POST', path: BADGES, body }, bounds, readOne),
    updateBadge: async (id, body, bounds) =>
      http.call({ method: 'PUT', path: badgePath(id), body }, bounds, readOne),
    // No page shows what a deletion answers: any envelope counts, and without one a read decides.
    deleteBadge: async (id, bounds) =>
      http.call({ method: 'DELETE', path: badgePath(id) }, bounds, (json) =>
        json === undefined ? null : readNone(json),
      ),
    awardBadge: async (id, body, bounds) =>
      http.call({ method: 'POST', path: `${badgePath(id)}/award`, body }, bounds, readMany),
    removeBadge: async (id, body, bounds) =>
      http.call({ method: 'POST', path: `${badgePath(id)}/remove`, body }, bounds, readNone),
    ...(users && { findUserId: users.findUserId }),
    async close() {
      await Promise.all([http.close(), users?.close()]);
    },
  };
}

/** The integration API, where it is configured. */
function createUserSearch(values: ValuesOf<typeof settings>, options: ClientOptions) {
  const baseUrl = values.RETURNING_AI_INTEGRATION_BASE_URL;
  const key = values.RETURNING_AI_INTEGRATION_API_KEY;
  if (baseUrl === undefined || key === undefined) return undefined;
  const http = createProviderHttp({
    ...options.http,
    provider: name,
    baseUrl,
    headers: { authorization: `Bearer ${key}` },
    routes: USER_ROUTES,
  });

  async function findUserId(email: string, bounds: CallBounds): Promise<string | null> {
    const call = { method: 'POST', path: USER_INFO, body: { idOrEmail: email } } as const;
    try {
      return await http.call(call, bounds, (json) => {
        const user = userSchema.safeParse(unwrapIntegration(json));
        if (user.success) return user.data.userId;
        throw badResponse('answered with a user that has no userId');
      });
    } catch (error) {
      if (error instanceof ProviderError && error.kind === 'not-found') return null;
      throw error;
    }
  }
  return { findUserId, close: http.close };
}
