import type { Codec } from '../../cache/loader.ts';
import type { UrlRule } from '../../providers/https-url.ts';
import type { Provider } from '../../providers/provider.ts';
import { z } from 'zod';
import { createBadgeIndex } from './badge-index.ts';
import type { BadgeIndex } from './badge-index.ts';

const keptSchema = z.object({
  records: z.array(z.unknown()),
  malformedIds: z.array(z.string()),
  ambiguousIds: z.array(z.string()),
  droppedRecords: z.number(),
});

/** A provider's list as other replicas keep it: its records as they were read, without what stood beside them. */
export function createBadgeIndexCodec(provider: Provider, isImageUrl: UrlRule): Codec<BadgeIndex> {
  return {
    encode({ list }) {
      const { badges, malformedIds, ambiguousIds, droppedRecords } = list;
      return JSON.stringify({
        records: badges.map(({ record }) => record),
        malformedIds: [...malformedIds],
        ambiguousIds: [...ambiguousIds],
        droppedRecords,
      });
    },
    decode(text) {
      const kept = keptSchema.parse(JSON.parse(text));
      return createBadgeIndex({
        badges: kept.records.map((record) => provider.restoreBadge(record, isImageUrl)),
        malformedIds: new Set(kept.malformedIds),
        ambiguousIds: new Set(kept.ambiguousIds),
        droppedRecords: kept.droppedRecords,
        firstMalformedField: undefined,
        unknownFields: [],
      });
    },
  };
}
