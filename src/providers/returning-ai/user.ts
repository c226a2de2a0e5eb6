import { z } from 'zod';
import type { AnswerHead } from '../../http/answer.ts';
import type { CallBounds } from '../../http/call-bounds.ts';
import { ProviderError, badResponse } from '../../http/provider-error.ts';
import { createProviderHttp } from '../../http/provider-http.ts';
import { isAnotherPerson } from '../identity.ts';
import { isObject } from '../json.ts';
import type { ClientOptions } from '../provider.ts';
import type { ValuesOf } from '../settings.ts';
import { readLookup, saysNotFound } from '../lookup.ts';
import { name } from './name.ts';
import { USER_INFO, USER_ROUTES } from './routes.ts';
import type { settings } from './settings.ts';

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
  if (!parsed.success) throw badResponse('answered with a user that has no userId');
  if (isAnotherPerson(user, { email, phone: null })) {
    throw badResponse('answered for another user than it was asked for');
  }
  return parsed.data.userId;
}

function hasUserId(payload: unknown): boolean {
  return isObject(payload) && 'userId' in payload;
}

function toData(json: unknown): unknown {
  return isObject(json) ? json.data : undefined;
}
