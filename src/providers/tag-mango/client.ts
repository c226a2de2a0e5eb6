import { z } from 'zod';
import { ProviderError, badResponse } from '../../http/provider-error.ts';
import type { CallBounds } from '../../http/call-bounds.ts';
import { createProviderHttp } from '../../http/provider-http.ts';
import { toBadgeList, toWrittenBadge, withBadgeId } from '../badge-list.ts';
import type { RecordReading } from '../badge-list.ts';
import type { ClientOptions, ProviderClient } from '../provider.ts';
import type { ValuesOf } from '../settings.ts';
import type { TagMangoBadge } from './badge.ts';
import { toTagMangoBadge } from './mapping.ts';
import { name } from './name.ts';
import { isObjectId } from './object-id.ts';
import { BADGES, ROUTES, assignPath, badgePath, lookupPath } from './routes.ts';
import type { settings } from './settings.ts';
import { unwrap } from './wire.ts';

const memberSchema = z.object({
  _id: z.string().refine(isObjectId),
  badges: z.array(z.unknown()).nullish(),
});

export interface TagMangoMemberFound {
  id: string;
  badges: readonly TagMangoBadge[];
}

export interface TagMangoClient extends ProviderClient {
  createBadge(body: object, bounds: CallBounds): Promise<TagMangoBadge[] | null>;
  updateBadge(id: string, body: object, bounds: CallBounds): Promise<TagMangoBadge[] | null>;
  /** The answer shows no badges. */
  assignBadges(userId: string, body: object, bounds: CallBounds): Promise<TagMangoBadge[]>;
  /** Null: no such member. */
  findMember(by: MemberKey, bounds: CallBounds): Promise<TagMangoMemberFound | null>;
}

/** At least one of the two. */
export interface MemberKey {
  email: string | null;
  phone: string | null;
}

export function createTagMangoClient(
  values: ValuesOf<typeof settings>,
  options: ClientOptions,
): TagMangoClient {
  const http = createProviderHttp({
    ...options.http,
    provider: name,
    baseUrl: values.TAG_MANGO_BASE_URL,
    headers: {
      authorization: `Bearer ${values.TAG_MANGO_API_KEY}`,
      'x-whitelabel-host': values.TAG_MANGO_WHITELABEL_HOST,
      ...(values.TAG_MANGO_TIMEZONE_OFFSET && {
        'x-timezone-offset': values.TAG_MANGO_TIMEZONE_OFFSET,
      }),
    },
    routes: ROUTES,
  });
  const toBadge = (record: unknown) =>
    withBadgeId(
      ofCreator(toTagMangoBadge(record, options.isImageUrl), values.TAG_MANGO_CREATOR_ID),
      isObjectId,
    );
  /** A write that was accepted without a body gives null. */
  const readOne = (json: unknown) =>
    json === undefined ? null : [toWrittenBadge(toBadge(unwrap(json)))];

  async function findMember(by: MemberKey, bounds: CallBounds) {
    const query = new URLSearchParams();
    if (by.email !== null) query.set('email', by.email);
    if (by.phone !== null) query.set('phone', by.phone);
    try {
      return await http.call({ method: 'GET', path: lookupPath(query) }, bounds, (json) => {
        const member = memberSchema.safeParse(unwrap(json));
        if (!member.success) throw badResponse('answered with a member that cannot be read');
        const { _id: id, badges } = member.data;
        return { id, badges: toBadgeList(badges ?? [], toBadge).badges };
      });
    } catch (error) {
      if (error instanceof ProviderError && error.kind === 'not-found') return null;
      throw error;
    }
  }

  return {
    listBadges: (bounds) =>
      http.call({ method: 'GET', path: BADGES }, bounds, (json) =>
        toBadgeList(unwrap(json), toBadge),
      ),
    createBadge: (body, bounds) =>
      http.call({ method: 'POST', path: BADGES, body }, bounds, readOne),
    updateBadge: async (id, body, bounds) =>
      http.call({ method: 'PATCH', path: badgePath(id), body }, bounds, readOne),
    assignBadges: async (userId, body, bounds) =>
      http.call({ method: 'PATCH', path: assignPath(userId), body }, bounds, (json) => {
        if (json !== undefined) unwrap(json);
        return [];
      }),
    findMember,
    close: http.close,
  };
}

/** A badge of another creator is none that this tenant may see or change. Undefined: whoever's the key shows. */
function ofCreator(
  reading: RecordReading<TagMangoBadge>,
  creator: string | undefined,
): RecordReading<TagMangoBadge> {
  if (creator === undefined || !('badge' in reading)) return reading;
  const { badge } = reading;
  if (badge.creator === creator) return reading;
  return { malformed: { id: badge.id, field: 'creator', isForeign: true } };
}
