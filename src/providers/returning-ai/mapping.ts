import { createAnswerReader } from '../answers.ts';
import type { AnswerReader } from '../answers.ts';
import { toReading, withBadgeId } from '../badge-list.ts';
import type { RecordReading } from '../badge-list.ts';
import type { UrlRule } from '../https-url.ts';
import { isObject } from '../json.ts';
import { ReturningAIBadge } from './badge.ts';
import { isBadgeId } from './routes.ts';
import { isRecord, recordSchema, toPayload } from './wire.ts';

export function toReturningAIBadge(
  json: unknown,
  isImageUrl: UrlRule,
): RecordReading<ReturningAIBadge> {
  const record = isObject(json) ? { ...json, id: idOf(json), hiddenRevision: undefined } : json;
  return toReading(recordSchema.safeParse(record), {
    toBadge: (read) => new ReturningAIBadge(read, isImageUrl),
    id: isObject(record) ? record.id : undefined,
  });
}

/** `id`, or `_id` as beside the badge routes. */
function idOf({ id, _id }: Record<string, unknown>): unknown {
  return typeof id === 'string' && id !== '' ? id : (_id ?? id);
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
