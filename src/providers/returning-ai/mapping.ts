import { createAnswerReader } from '../answers.ts';
import type { AnswerReader } from '../answers.ts';
import { readId, readShownOnly, toReading, withBadgeId } from '../badge-list.ts';
import type { RecordReading } from '../badge-list.ts';
import type { UrlRule } from '../https-url.ts';
import { isObject } from '../json.ts';
import { ReturningAIBadge } from './badge.ts';
import { isBadgeId } from './routes.ts';
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
