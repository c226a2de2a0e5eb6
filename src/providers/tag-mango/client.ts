import { z } from 'zod';
import type { AnswerHead, CallBounds } from '../../http/call-options.ts';
import { isObject } from '../../http/json.ts';
import { ProviderError, badResponse } from '../../http/provider-error.ts';
import { createProviderHttp } from '../../http/provider-http.ts';
import {
  type AnswerReader,
  createAnswerReader,
  incomplete,
  orUnclear,
  readLookup,
  saysNotFound,
} from '../answers.ts';
import {
  type RecordReading,
  readId,
  readShownOnly,
  toBadgeList,
  toReading,
  withBadgeId,
} from '../badge-list.ts';
import { toName } from '../envelope.ts';
import type { UrlRule } from '../https-url.ts';
import { type PersonKey, isAnotherPerson } from '../identity.ts';
import type { ClientOptions, ProviderClient } from '../provider.ts';
import type { ValuesOf } from '../settings.ts';
import { signOfMore } from '../whole-list.ts';
import { TagMangoBadge } from './badge.ts';
import {
  BADGES,
  ROUTES,
  assignPath,
  badgePath,
  isObjectId,
  lookupPath,
  name,
  type settings,
  toCanonicalId,
} from './settings.ts';
import { SHOWN_ONLY, isRecord, recordSchema, toPayload } from './wire.ts';

const READING = { known: [...Object.keys(recordSchema.shape), '_id'], shownOnly: SHOWN_ONLY };

export function toTagMangoBadge(json: unknown, isImageUrl: UrlRule): RecordReading<TagMangoBadge> {
  const { record, unreadable } = readShownOnly(isObject(json) ? json : {}, READING);
  const id = readId(record, ['_id', 'id']);
  return toReading(recordSchema.safeParse(isObject(json) ? { ...record, id } : json), {
    toBadge: (read) => new TagMangoBadge(read, isImageUrl),
    id: id === undefined ? undefined : toCanonicalId(id),
    unreadable,
  });
}

/** Reads a record that may be shown. `creator` is whose badges they must be. Undefined: those of any creator that the key shows. */
export function createBadgeReading(
  isImageUrl: UrlRule,
  creator?: string,
): (record: unknown) => RecordReading<TagMangoBadge> {
  return (record) =>
    withBadgeId(ofCreator(toTagMangoBadge(record, isImageUrl), creator), isObjectId);
}

/** A badge of another creator is none that this tenant may see or change. */
function ofCreator(
  reading: RecordReading<TagMangoBadge>,
  creator: string | undefined,
): RecordReading<TagMangoBadge> {
  if (creator === undefined || !('badge' in reading)) return reading;
  const { badge, unreadable = [] } = reading;
  if (badge.creator === creator) return reading;
  const malformed = { id: badge.id, field: 'creator' };
  return {
    malformed: unreadable.includes('creator') ? malformed : { ...malformed, isForeign: true },
  };
}

/** Reads the answers of the badge routes. */
export function createTagMangoAnswers(
  toBadge: (record: unknown) => RecordReading<TagMangoBadge>,
): AnswerReader<TagMangoBadge> {
  return createAnswerReader({ toPayload, hasBareAnswers: true, isRecord, toBadge });
}

const memberSchema = z.object({
  _id: z.string().refine(isObjectId).transform(toCanonicalId),
  badges: z.array(z.unknown()).nullish(),
});

export interface TagMangoMemberFound {
  id: string;
  badges: readonly TagMangoBadge[];
  /** How many more there are that cannot be read. */
  droppedBadges: number;
}

/** Every write resolves with the badges that its answer shows, and with null where that leaves open whether it was done. */
export interface TagMangoClient extends ProviderClient {
  createBadge(body: object, bounds: CallBounds): Promise<TagMangoBadge[] | null>;
  updateBadge(id: string, body: object, bounds: CallBounds): Promise<TagMangoBadge[] | null>;
  /** The answer shows no badges. */
  assignBadges(userId: string, body: object, bounds: CallBounds): Promise<TagMangoBadge[] | null>;
  /** Null: no such member. */
  findMember(by: MemberKey, bounds: CallBounds): Promise<TagMangoMemberFound | null>;
}

/** At least one of the two. */
export type MemberKey = PersonKey;

const clients = new WeakMap<ProviderClient, TagMangoClient>();

/** The same client in its own type. */
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
    headers: {
      authorization: `Bearer ${values.TAG_MANGO_API_KEY}`,
      'x-whitelabel-host': values.TAG_MANGO_WHITELABEL_HOST,
      ...(values.TAG_MANGO_TIMEZONE_OFFSET && {
        'x-timezone-offset': values.TAG_MANGO_TIMEZONE_OFFSET,
      }),
    },
    routes: ROUTES,
  });
  const toBadge = createBadgeReading(options.isImageUrl, values.TAG_MANGO_CREATOR_ID);
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
    // Badges are no part of the person.
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
    const call = { method: 'GET', path: lookupPath(query), isNotFound: saysNotFound } as const;
    try {
      return await http.call(call, bounds, (json, head) => readMember(json, head, by));
    } catch (error) {
      if (error instanceof ProviderError && error.kind === 'not-found') return null;
      throw error;
    }
  }

  const client: TagMangoClient = {
    listBadges: (bounds) => http.call({ method: 'GET', path: BADGES }, bounds, answer.list),
    createBadge: (body, bounds) =>
      orUnclear(http.call({ method: 'POST', path: BADGES, body }, bounds, answer.written())),
    updateBadge: async (id, body, bounds) =>
      orUnclear(
        http.call({ method: 'PATCH', path: badgePath(id), body }, bounds, answer.written(id)),
      ),
    assignBadges: async (userId, body, bounds) =>
      orUnclear(
        http.call(
          { method: 'PATCH', path: assignPath(userId), body, memberId: userId },
          bounds,
          answer.done,
        ),
      ),
    findMember,
    close: http.close,
  };
  clients.set(client, client);
  return client;
}

/** A member may have more badges than are shown, by what is said about badges beside them. */
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
