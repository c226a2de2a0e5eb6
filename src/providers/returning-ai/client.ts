import { createProviderHttp } from '../../http/provider-http.ts';
import { badResponse } from '../../http/provider-error.ts';
import { toBadgeList, toWrittenBadge } from '../badge-list.ts';
import type { RecordReading } from '../badge-list.ts';
import type { ClientOptions, ProviderClient } from '../provider.ts';
import type { ValuesOf } from '../settings.ts';
import type { ReturningAIBadge } from './badge.ts';
import { toReturningAIBadge } from './mapping.ts';
import { name } from './name.ts';
import type { settings } from './settings.ts';
import { toRecords, unwrap } from './wire.ts';

/** Paths that no page of the provider shows. Inferred from its navigation and from the routes beside them. */
const INFERRED = { list: '/badges' } as const;

/** Ids are opaque here: UUIDs in the samples, perhaps 24 hex digits. Neither can climb out of a path. */
const BADGE_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function isBadgeId(id: string): boolean {
  return BADGE_ID.test(id);
}

export function createReturningAIClient(
  values: ValuesOf<typeof settings>,
  options: ClientOptions,
): ProviderClient {
  const http = createProviderHttp({
    provider: name,
    baseUrl: values.RETURNING_AI_BASE_URL,
    headers: { 'x-api-key': values.RETURNING_AI_API_KEY },
    attemptTimeoutMs: options.attemptTimeoutMs,
    onFault: options.onFault,
  });
  const toBadge = (record: unknown): RecordReading<ReturningAIBadge> =>
    toReturningAIBadge(record, options.isImageUrl);

  return {
    listBadges: () =>
      http.call({ method: 'GET', path: INFERRED.list }, (json) =>
        toBadgeList(toRecords(unwrap(json)), toBadge),
      ),
    updateBadge: (id, body) =>
      http.call({ method: 'PUT', path: badgePath(id), body }, (json) =>
        toWrittenBadge(toBadge(unwrap(json))),
      ),
    close: http.close,
  };
}

function badgePath(id: string): string {
  if (!isBadgeId(id)) throw badResponse('was to be asked for an impossible id', 'not-sent');
  return `/badges/${id}`;
}
