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
  incomplete,
  orUnclear,
  readLookup,
  saysNotFound,
  toSegment,
} from '../answers.ts';
import { toBadgeList } from '../badge-list.ts';
import { signOfMore, toName } from '../envelope.ts';
import { type PersonKey, isAnotherPerson } from '../identity.ts';
import type { ClientOptions, ProviderClient } from '../provider.ts';
import {
  type ProviderSettings,
  type ValuesOf,
  baseUrlSetting,
  secretSetting,
} from '../settings.ts';
import {
  type TagMangoBadge,
  createBadgeReading,
  createTagMangoAnswers,
  isObjectId,
  name,
  toCanonicalId,
  toPayload,
} from './badge.ts';

/** A host name with at least one dot, and nothing else: it goes into a header. */
const HOST_NAME =
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i;

export const settings = {
  TAG_MANGO_BASE_URL: {
    schema: baseUrlSetting.refine(
      (url) => new URL(url).pathname === '/',
      'must be an origin without a path',
    ),
    isBaseUrl: true,
    default: 'https://api-prod-new.tagmango.com',
  },
  TAG_MANGO_API_KEY: { schema: secretSetting, isSecret: true },
  TAG_MANGO_WHITELABEL_HOST: {
    schema: z.string().regex(HOST_NAME, 'must be a host name such as yourhost.tagmango.com'),
  },
  /** Whose badges these must be: a record of anybody else is refused. */
  TAG_MANGO_CREATOR_ID: {
    schema: z
      .string()
      .regex(
        /^[0-9a-f]{24}$/i,
        'must be 24 hexadecimal digits, like all IDs in the samples of TagMango (inferred)',
      )
      .toLowerCase(),
    isOptional: true,
  },
  /** Minutes; the provider uses its own default without it. */
  TAG_MANGO_TIMEZONE_OFFSET: {
    schema: z
      .string()
      .refine(
        (minutes) => /^-?\d{1,3}$/.test(minutes) && Math.abs(Number(minutes)) <= 840,
        'must be a whole number of minutes between -840 and 840, such as 330',
      ),
    isOptional: true,
  },
} as const satisfies ProviderSettings;

const EXTERNAL = '/api/v1/external';
const BADGES = `${EXTERNAL}/gamification/badges`;
const badgePath = (id: string): string => `${BADGES}/${toSegment(id, isObjectId)}`;
/** The ID in this path is that of the member, although it follows `/badges`. */
const assignPath = (userId: string): string => `${badgePath(userId)}/assign`;

/** The longest value of a query is an e-mail address of which every character takes four bytes. */
const ROUTES: Routes = [
  /^(GET|POST) \/api\/v1\/external\/gamification\/badges$/,
  /^PATCH \/api\/v1\/external\/gamification\/badges\/[0-9a-fA-F]{24}(\/assign)?$/,
  /^GET \/api\/v1\/external\/users\/lookup\?(email=[\w.*+%-]{3,3060}(&phone=\d{4,20})?|phone=\d{4,20})$/,
];

const memberSchema = z.object({
  _id: z.string().refine(isObjectId).transform(toCanonicalId),
  badges: z.array(z.unknown()).nullish(),
});

interface TagMangoMemberFound {
  id: string;
  badges: readonly TagMangoBadge[];
  /** How many of the member's badges could not be read. */
  droppedBadges: number;
}

export interface TagMangoClient extends BadgeCalls<TagMangoBadge> {
  /** The response shows no badges. */
  assignBadges(userId: string, body: object, bounds: CallBounds): Written<TagMangoBadge>;
  /** Null: there is no such member. */
  findMember(by: MemberKey, bounds: CallBounds): Promise<TagMangoMemberFound | null>;
}

/** At least one of the two must be set. */
type MemberKey = PersonKey;

const clients = new WeakMap<ProviderClient, TagMangoClient>();

/** The same client with its own type. */
export function toTagMangoClient(client: ProviderClient): TagMangoClient {
  const own = clients.get(client);
  if (!own) throw new TypeError('The client belongs to another provider.');
  return own;
}

export function createTagMangoClient(
  values: ValuesOf<typeof settings>,
  options: ClientOptions,
): TagMangoClient {
  const http = createProviderHttp({
    ...options.http,
    provider: name,
    baseUrl: values.TAG_MANGO_BASE_URL,
    credentials: { authorization: `Bearer ${values.TAG_MANGO_API_KEY}` },
    headers: {
      'x-whitelabel-host': values.TAG_MANGO_WHITELABEL_HOST,
      ...(values.TAG_MANGO_TIMEZONE_OFFSET && {
        'x-timezone-offset': values.TAG_MANGO_TIMEZONE_OFFSET,
      }),
    },
    routes: ROUTES,
  });
  const { isImageUrl } = options;
  const toBadge = createBadgeReading({ isImageUrl, values }, values.TAG_MANGO_CREATOR_ID);
  const answer = createTagMangoAnswers(toBadge);

  async function readMember(
    json: unknown,
    head: AnswerHead,
    by: MemberKey,
  ): Promise<TagMangoMemberFound | null> {
    const found = readLookup(json, head, { toPayload, isFound: hasId });
    if (found === null) return null;
    const member = memberSchema.safeParse(found);
    if (!member.success) throw badResponse('returned an unreadable member');
    const { _id: id, badges } = member.data;
    // Badges do not describe the person.
    const person = isObject(found) ? { ...found, badges: null } : found;
    if (isAnotherPerson(person, by)) {
      throw badResponse('returned a different member from the requested one');
    }
    checkAllBadges(person, badges ?? []);
    const list = await toBadgeList(badges ?? [], toBadge);
    return { id, badges: list.badges, droppedBadges: list.droppedRecords };
  }

  async function findMember(by: MemberKey, bounds: CallBounds) {
    const query = new URLSearchParams();
    if (by.email !== null) query.set('email', by.email);
    if (by.phone !== null) query.set('phone', by.phone);
    const call = {
      operation: 'findMember',
      method: 'GET',
      path: `${EXTERNAL}/users/lookup?${query.toString()}`,
      isNotFound: saysNotFound,
    } as const;
    try {
      return await http.call(call, bounds, (json, head) => readMember(json, head, by));
    } catch (error) {
      if (error instanceof ProviderError && error.kind === 'not-found') return null;
      throw error;
    }
  }

  const client: TagMangoClient = {
    ...createBadgeCalls({ http, answer, badges: BADGES, badgePath, updateMethod: 'PATCH' }),
    assignBadges: async (userId, body, bounds) => {
      const call = {
        operation: 'assignBadges',
        method: 'PATCH',
        path: assignPath(userId),
        body,
        memberId: userId,
      } as const;
      return orUnclear(http.call(call, bounds, answer.done));
    },
    findMember,
  };
  clients.set(client, client);
  return client;
}

/** Rejects if the response says that the member has more badges than it shows. */
function checkAllBadges(person: unknown, records: readonly unknown[]): void {
  const fields = isObject(person) ? Object.entries(person) : [];
  const json = Object.fromEntries(fields.filter(([key]) => toName(key).includes('badge')));
  const sign = signOfMore({ head: { status: 200, headers: {} }, json, records });
  if (sign !== undefined)
    throw incomplete(`returned only part of the member's badges, according to ${sign}`);
}

function hasId(payload: unknown): boolean {
  return isObject(payload) && '_id' in payload;
}
