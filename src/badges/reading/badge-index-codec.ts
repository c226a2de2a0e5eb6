import type { Codec } from '../../cache/loader.ts';
import type { UrlRule } from '../../providers/https-url.ts';
import type { Provider } from '../../providers/provider.ts';
import { z } from 'zod';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import { FORMAT, readStored } from '../writing/stored-record.ts';
import { createBadgeIndex } from './badge-index.ts';
import type { BadgeIndex } from './badge-index.ts';

const keptSchema = z.object({
  records: z.array(z.unknown()),
  malformedIds: z.array(z.string()),
  ambiguousIds: z.array(z.string()),
  droppedRecords: z.int32().nonnegative(),
});

/** A provider's list as other replicas keep it: its records as they were read, without what stood beside them. */
export function createBadgeIndexCodec(provider: Provider, isImageUrl: UrlRule): Codec<BadgeIndex> {
  function restore(record: unknown): BadgeFields {
    const badge = provider.restoreBadge(record, isImageUrl);
    if (!badge) throw new Error('a kept list has a record that cannot be read');
    return badge;
  }

  return {
    encode({ list }) {
      const { badges, malformedIds, ambiguousIds, droppedRecords } = list;
      return JSON.stringify({
        format: FORMAT,
        records: badges.map(({ record }) => record),
        malformedIds: [...malformedIds],
        ambiguousIds: [...ambiguousIds],
        droppedRecords,
      });
    },
    decode(text) {
      const reading = readStored(text, keptSchema);
      if ('unreadable' in reading) throw new Error(`a kept list has ${reading.unreadable}`);
      const kept = reading.record;
      return createBadgeIndex({
        badges: kept.records.map((record) => restore(record)),
        malformedIds: new Set(kept.malformedIds),
        ambiguousIds: new Set(kept.ambiguousIds),
        droppedRecords: kept.droppedRecords,
        firstMalformedField: undefined,
        unknownFields: [],
        unreadableFields: {},
      });
    },
  };
}
