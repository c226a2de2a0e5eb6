import { createAnswerReader } from '../answers.ts';
import type { AnswerReader } from '../answers.ts';
import { readId, readShownOnly, toReading, withBadgeId } from '../badge-list.ts';
import type { RecordReading } from '../badge-list.ts';
import type { UrlRule } from '../https-url.ts';
import { isObject } from '../json.ts';
import { TagMangoBadge } from './badge.ts';
import { isObjectId, toCanonicalId } from './object-id.ts';
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

/** Reads a record that may be shown. `creator` is whose badges they must be. Undefined: whoever's the key shows. */
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
