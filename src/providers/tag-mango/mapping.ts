import { toReading } from '../badge-list.ts';
import type { RecordReading } from '../badge-list.ts';
import type { UrlRule } from '../https-url.ts';
import { isObject } from '../json.ts';
import { TagMangoBadge } from './badge.ts';
import { recordSchema } from './wire.ts';

export function toTagMangoBadge(json: unknown, isImageUrl: UrlRule): RecordReading<TagMangoBadge> {
  const record = isObject(json) ? { ...json, id: json._id } : json;
  return toReading(recordSchema.safeParse(record), {
    toBadge: (read) => new TagMangoBadge(read, isImageUrl),
    id: isObject(record) ? record.id : undefined,
  });
}
