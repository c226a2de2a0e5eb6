import type { CallBounds } from '../../../src/http/admission.ts';
import { isObject } from '../../../src/http/json.ts';
import { type Routes, createProviderHttp } from '../../../src/http/provider-http.ts';
import {
  type BadgeCalls,
  type Written,
  createBadgeCalls,
  orUnclear,
  toSegment,
} from '../../../src/providers/answers.ts';
import type { ClientOptions } from '../../../src/providers/provider.ts';
import {
  type ProviderSettings,
  type ValuesOf,
  baseUrlSetting,
  secretSetting,
} from '../../../src/providers/settings.ts';
import { type ForumBadge, createForumAnswers, isBadgeId, name } from './badge.ts';

export const settings = {
  FORUM_BASE_URL: { schema: baseUrlSetting, isBaseUrl: true },
  FORUM_API_KEY: { schema: secretSetting, isSecret: true },
} as const satisfies ProviderSettings;

const badgePath = (id: string): string => `/badges/${toSegment(id, isBadgeId)}`;

/** The forum's error codes that concern one field. */
const FIELDS_BY_CODE: Readonly<Record<string, string>> = {
  name_taken: 'name',
  image_unreachable: 'imageUrl',
  no_such_member: 'userId',
};

function toFieldsAtFault(refusal: unknown): string[] {
  const codes: unknown[] = isObject(refusal) ? [refusal.code].flat() : [];
  return codes.flatMap((code) =>
    typeof code === 'string' && Object.hasOwn(FIELDS_BY_CODE, code)
      ? (FIELDS_BY_CODE[code] ?? [])
      : [],
  );
}

const ROUTES: Routes = [
  /^(GET|POST) \/badges$/,
  /^(PUT|DELETE) \/badges\/[1-9]\d{0,9}$/,
  /^POST \/badges\/[1-9]\d{0,9}\/grants$/,
  /^DELETE \/badges\/[1-9]\d{0,9}\/grants\/[1-9]\d{0,9}$/,
];

/** A badge, and the member who receives or loses it. */
export interface Grant {
  id: string;
  memberId: string;
}

export interface ForumClient extends BadgeCalls<ForumBadge> {
  deleteBadge(id: string, bounds: CallBounds): Written<ForumBadge>;
  grantBadge(grant: Grant, bounds: CallBounds): Written<ForumBadge>;
  revokeBadge(grant: Grant, bounds: CallBounds): Written<ForumBadge>;
}

export function createForumClient(
  values: ValuesOf<typeof settings>,
  options: ClientOptions,
): ForumClient {
  const http = createProviderHttp({
    ...options.http,
    provider: name,
    baseUrl: values.FORUM_BASE_URL,
    credentials: { 'x-forum-pass': values.FORUM_API_KEY },
    routes: ROUTES,
    toFieldsAtFault,
  });
  const answer = createForumAnswers({ isImageUrl: options.isImageUrl, values });

  return {
    ...createBadgeCalls({ http, answer, badges: '/badges', badgePath, updateMethod: 'PUT' }),
    deleteBadge: async (id, bounds) =>
      orUnclear(
        http.call(
          { operation: 'deleteBadge', method: 'DELETE', path: badgePath(id) },
          bounds,
          answer.done,
        ),
      ),
    grantBadge: async ({ id, memberId }, bounds) => {
      const body = { user_id: Number(memberId) };
      const call = {
        operation: 'grantBadge',
        method: 'POST',
        path: `${badgePath(id)}/grants`,
        body,
        memberId,
      } as const;
      return orUnclear(http.call(call, bounds, answer.holding(id)));
    },
    revokeBadge: async ({ id, memberId }, bounds) => {
      const path = `${badgePath(id)}/grants/${toSegment(memberId, isBadgeId)}`;
      return orUnclear(
        http.call(
          { operation: 'withdrawBadge', method: 'DELETE', path, memberId },
          bounds,
          answer.done,
        ),
      );
    },
  };
}
