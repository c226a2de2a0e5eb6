import { z } from 'zod';
import type { AnswerHead, CallBounds } from '../../http/call-options.ts';
import { isObject } from '../../http/json.ts';
import { ProviderError, badResponse } from '../../http/provider-error.ts';
import { createProviderHttp } from '../../http/provider-http.ts';
import {
  type AnswerReader,
  createAnswerReader,
  orUnclear,
  readLookup,
  saysNotFound,
} from '../answers.ts';
import {
  type RecordReading,
  readId,
  readShownOnly,
  toReading,
  withBadgeId,
} from '../badge-list.ts';
import type { UrlRule } from '../https-url.ts';
import { isAnotherPerson } from '../identity.ts';
import type { ClientOptions, ProviderClient } from '../provider.ts';
import type { ValuesOf } from '../settings.ts';
import { ReturningAIBadge } from './badge.ts';
import {
  BADGES,
  BADGE_ROUTES,
  USER_INFO,
  USER_ROUTES,
  badgePath,
  isBadgeId,
  name,
  type settings,
} from './settings.ts';
import { SHOWN_ONLY, isRecord, recordSchema, toPayload } from './wire.ts';

const READING = { known: [...Object.keys(recordSchema.shape), '_id'], shownOnly: SHOWN_ONLY };

export function toReturningAIBadge(
  json: unknown,
  isImageUrl: UrlRule,
): RecordReading<ReturningAIBadge> {
  const { record, unreadable } = readShownOnly(isObject(json) ? json : {}, READING);
  // `_id` as beside the badge routes.
  const id = readId(record, ['id', '_id']);
  const known = { ...record, id, hiddenRevision: undefined };
  return toReading(recordSchema.safeParse(isObject(json) ? known : json), {
    toBadge: (read) => new ReturningAIBadge(read, isImageUrl),
    id,
    unreadable,
  });
}

/** Reads the answers of the badge routes. */
export function createReturningAIAnswers(isImageUrl: UrlRule): AnswerReader<ReturningAIBadge> {
  return createAnswerReader({
    toPayload,
    hasBareAnswers: false,
    isRecord,
    toBadge: (record) => withBadgeId(toReturningAIBadge(record, isImageUrl), isBadgeId),
  });
}

export interface UserSearch {
  /** The id that the badge routes take; null when there is no such user. */
  findUserId: (email: string, bounds: CallBounds) => Promise<string | null>;
  close: () => Promise<void>;
}

/** Numbers are read where they are exact. */
const userSchema = z.object({
  userId: z.union([z.string().min(1), z.int().nonnegative().transform(String)]),
});

/** The integration API, where it is configured. */
export function createUserSearch(
  values: ValuesOf<typeof settings>,
  options: ClientOptions,
): UserSearch | undefined {
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

  return {
    async findUserId(email, bounds) {
      const call = {
        method: 'POST',
        path: USER_INFO,
        body: { idOrEmail: email },
        isNotFound: saysNotFound,
      } as const;
      const read = (json: unknown, head: AnswerHead) => readUserId(json, head, email);
      try {
        return await http.call(call, bounds, read);
      } catch (error) {
        if (error instanceof ProviderError && error.kind === 'not-found') return null;
        throw error;
      }
    },
    close: http.close,
  };
}

/** The id in `{status, data}`; null when the data is null. What is given to another member cannot be taken back unseen. */
export function readUserId(json: unknown, head: AnswerHead, email: string): string | null {
  const user = readLookup(json, head, { toPayload: toData, isFound: hasUserId });
  if (user === null) return null;
  const parsed = userSchema.safeParse(user);
  if (!parsed.success) throw badResponse('returned a user without a userId');
  if (isAnotherPerson(user, { email, phone: null })) {
    throw badResponse('returned a different user from the requested one');
  }
  return parsed.data.userId;
}

function hasUserId(payload: unknown): boolean {
  return isObject(payload) && 'userId' in payload;
}

function toData(json: unknown): unknown {
  return isObject(json) ? json.data : undefined;
}

/** A badge, and the member who gets or loses it. */
export interface BadgeHolder {
  id: string;
  memberId: string;
}

/** Every write resolves with the badges that its answer shows, and with null where that leaves open whether it was done. */
export interface ReturningAIClient extends ProviderClient {
  createBadge(body: object, bounds: CallBounds): Promise<ReturningAIBadge[] | null>;
  updateBadge(id: string, body: object, bounds: CallBounds): Promise<ReturningAIBadge[] | null>;
  deleteBadge(id: string, bounds: CallBounds): Promise<ReturningAIBadge[] | null>;
  awardBadge(of: BadgeHolder, body: object, bounds: CallBounds): Promise<ReturningAIBadge[] | null>;
  removeBadge(
    of: BadgeHolder,
    body: object,
    bounds: CallBounds,
  ): Promise<ReturningAIBadge[] | null>;
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
