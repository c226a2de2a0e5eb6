import { createProviderHttp } from '../../http/provider-http.ts';
import { badResponse } from '../../http/provider-error.ts';
import { toBadgeList, toWrittenBadge } from '../badge-list.ts';
import type { RecordReading } from '../badge-list.ts';
import type { ClientOptions, ProviderClient } from '../provider.ts';
import type { ValuesOf } from '../settings.ts';
import type { TagMangoBadge } from './badge.ts';
import { toTagMangoBadge } from './mapping.ts';
import { isObjectId } from './object-id.ts';
import { name } from './name.ts';
import type { settings } from './settings.ts';
import { unwrap } from './wire.ts';

const BADGES = '/api/v1/external/gamification/badges';

export function createTagMangoClient(
  values: ValuesOf<typeof settings>,
  options: ClientOptions,
): ProviderClient {
  const http = createProviderHttp({
    provider: name,
    baseUrl: values.TAG_MANGO_BASE_URL,
    headers: {
      authorization: `Bearer ${values.TAG_MANGO_API_KEY}`,
      'x-whitelabel-host': values.TAG_MANGO_WHITELABEL_HOST,
      ...(values.TAG_MANGO_TIMEZONE_OFFSET && {
        'x-timezone-offset': values.TAG_MANGO_TIMEZONE_OFFSET,
      }),
    },
    attemptTimeoutMs: options.attemptTimeoutMs,
    onFault: options.onFault,
  });
  const toBadge = (record: unknown): RecordReading<TagMangoBadge> =>
    toTagMangoBadge(record, options.isImageUrl);

  return {
    listBadges: () =>
      http.call({ method: 'GET', path: BADGES }, (json) => toBadgeList(unwrap(json), toBadge)),
    updateBadge: (id, body) =>
      http.call({ method: 'PATCH', path: badgePath(id), body }, (json) =>
        toWrittenBadge(toBadge(unwrap(json))),
      ),
    close: http.close,
  };
}

/** `{id}/assign` under the same path gives badges to a user: an id must never bring its own slash. */
function badgePath(id: string): string {
  if (!isObjectId(id)) throw badResponse('was to be asked for an impossible id', 'not-sent');
  return `${BADGES}/${id}`;
}
