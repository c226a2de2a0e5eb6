import { z } from 'zod';
import type { CallBounds } from '../../http/admission.ts';
import { isObject } from '../../http/json.ts';
import { ProviderError, badResponse } from '../../http/provider-error.ts';
import { type Routes, createProviderHttp } from '../../http/provider-http.ts';
import type { AnswerHead } from '../../http/response.ts';
import {
  type BadgeCalls,
  type Written,
  createBadgeCalls,
  orUnclear,
  readLookup,
  saysNotFound,
  toSegment,
} from '../answers.ts';
import { isAnotherPerson } from '../identity.ts';
import type { ClientOptions } from '../provider.ts';
import {
  type ProviderSettings,
  type ValuesOf,
  baseUrlSetting,
  secretSetting,
} from '../settings.ts';
import { type ReturningAIBadge, createReturningAIAnswers, isBadgeId, name } from './badge.ts';

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

const BADGES = '/badges';
const USER_INFO = '/users/info';
const badgePath = (id: string): string => `${BADGES}/${toSegment(id, isBadgeId)}`;

/**
 * No page of the provider shows GET and DELETE: they are inferred from its navigation and from the neighbouring
 * routes.
 */
export const BADGE_ROUTES: Routes = [
  /^(GET|POST) \/badges$/,
  /^(PUT|DELETE) \/badges\/[A-Za-z0-9_-]{1,64}$/,
  /^POST \/badges\/[A-Za-z0-9_-]{1,64}\/(award|remove)$/,
];
/** Routes of the integration API. */
const USER_ROUTES: Routes = [/^POST \/users\/info$/];

interface UserSearch {
  /** The ID that the badge routes take. Null: there is no such user. */
  findUserId: (email: string, bounds: CallBounds) => Promise<string | null>;
  close: () => Promise<void>;
}

/** Numbers are accepted if they are exact. */
const userSchema = z.object({
  userId: z.union([z.string().min(1), z.int().nonnegative().transform(String)]),
});

/** The integration API, if it is configured. */
function createUserSearch(
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
    credentials: { authorization: `Bearer ${key}` },
    routes: USER_ROUTES,
  });

  return {
    async findUserId(email, bounds) {
      const call = {
        operation: 'findUser',
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

/**
 * The ID in `{status, data}`. Null if the data is null. Checks the person, because an award to the wrong member cannot
 * be taken back unnoticed.
 */
function readUserId(json: unknown, head: AnswerHead, email: string): string | null {
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

/** A badge, and the member who receives or loses it. */
export interface BadgeHolder {
  id: string;
  memberId: string;
}

export interface ReturningAIClient extends BadgeCalls<ReturningAIBadge> {
  deleteBadge(id: string, bounds: CallBounds): Written<ReturningAIBadge>;
  awardBadge(of: BadgeHolder, body: object, bounds: CallBounds): Written<ReturningAIBadge>;
  removeBadge(of: BadgeHolder, body: object, bounds: CallBounds): Written<ReturningAIBadge>;
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
    credentials: { 'x-api-key': values.RETURNING_AI_API_KEY },
    routes: BADGE_ROUTES,
  });
  const users = createUserSearch(values, options);
  const answer = createReturningAIAnswers({ isImageUrl: options.isImageUrl, values });
  const calls = createBadgeCalls({
    http,
    answer,
    badges: BADGES,
    badgePath,
    updateMethod: 'PUT',
  });

  return {
    ...calls,
    // No page documents the response of a deletion, and that of a removal is of no use: only the envelope is read.
    deleteBadge: async (id, bounds) =>
      orUnclear(
        http.call(
          { operation: 'deleteBadge', method: 'DELETE', path: badgePath(id) },
          bounds,
          answer.done,
        ),
      ),
    awardBadge: async ({ id, memberId }, body, bounds) => {
      const call = {
        operation: 'awardBadge',
        method: 'POST',
        path: `${badgePath(id)}/award`,
        body,
        memberId,
      } as const;
      return orUnclear(http.call(call, bounds, answer.holding(id)));
    },
    removeBadge: async ({ id, memberId }, body, bounds) => {
      const call = {
        operation: 'removeBadge',
        method: 'POST',
        path: `${badgePath(id)}/remove`,
        body,
        memberId,
      } as const;
      return orUnclear(http.call(call, bounds, answer.done));
    },
    ...(users && { findUserId: users.findUserId }),
    async close() {
      await Promise.all([calls.close(), users?.close()]);
    },
  };
}
