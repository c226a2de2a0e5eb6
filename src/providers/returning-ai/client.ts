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
import type { settings } from './settings.ts';
import { readEnvelope, toRecords, unwrap, unwrapIntegration } from './wire.ts';

/** Paths that no page of the provider shows. Inferred from its navigation and from the routes beside them. */
const INFERRED = { list: '/badges', delete: badgePath } as const;

/** Ids are opaque here: UUIDs in the samples, perhaps 24 hex digits. Neither can climb out of a path. */
const BADGE_ID = /^[A-Za-z0-9_-]{1,64}$/;

const userSchema = z.object({ userId: z.string() });

export function isBadgeId(id: string): boolean {
  return BADGE_ID.test(id);
}

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
  });
  const users = createUserSearch(values, options);
  const toBadge = (record: unknown) => toReturningAIBadge(record, isImageUrl);
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
      http.call({ method: 'GET', path: INFERRED.list }, bounds, (json) =>
        toBadgeList(toRecords(unwrap(json)), (record) => withBadgeId(toBadge(record), isBadgeId)),
      ),
    createBadge: (body, bounds) =>
      http.call({ method: 'POST', path: '/badges', body }, bounds, readOne),
    updateBadge: (id, body, bounds) =>
      http.call({ method: 'PUT', path: badgePath(id), body }, bounds, readOne),
    // No page shows what a deletion answers: any envelope counts, and without one a read decides.
    deleteBadge: (id, bounds) =>
      http.call({ method: 'DELETE', path: INFERRED.delete(id) }, bounds, (json) =>
        json === undefined ? null : readNone(json),
      ),
    awardBadge: (id, body, bounds) =>
      http.call({ method: 'POST', path: `${badgePath(id)}/award`, body }, bounds, readMany),
    removeBadge: (id, body, bounds) =>
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
  });

  async function findUserId(email: string, bounds: CallBounds): Promise<string | null> {
    const call = { method: 'POST', path: '/users/info', body: { idOrEmail: email } } as const;
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

function badgePath(id: string): string {
  if (!isBadgeId(id)) throw badResponse('was to be asked for an impossible id', 'not-sent');
  return `/badges/${id}`;
}
