import type { Codec } from '../../cache/loader.ts';
import { parseJsonInSlices } from '../../http/json-in-slices.ts';
import { createSlices } from '../../http/slices.ts';
import { STEPS_OF_RECORD } from '../../providers/badge-list.ts';
import type { UrlRule } from '../../providers/https-url.ts';
import type { Provider } from '../../providers/provider.ts';
import { z } from 'zod';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import { FORMAT, readStoredJson } from '../writing/stored-record.ts';
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
    async encode({ list }) {
      const { badges, malformedIds, ambiguousIds, droppedRecords } = list;
      const slices = createSlices();
      const records: string[] = [];
      for (const { record } of badges) {
        const text = JSON.stringify(record);
        records.push(text);
        await slices.spend(text.length);
      }
      const about = JSON.stringify({
        format: FORMAT,
        malformedIds: [...malformedIds],
        ambiguousIds: [...ambiguousIds],
        droppedRecords,
      });
      return `{"records":[${records.join(',')}],${about.slice(1)}`;
    },
    async decode(text) {
      const slices = createSlices();
      const reading = readStoredJson(await parseJsonInSlices(text, slices), keptSchema);
      if ('unreadable' in reading) throw new Error(`a kept list has ${reading.unreadable}`);
      const kept = reading.record;
      const badges: BadgeFields[] = [];
      for (const record of kept.records) {
        await slices.spend(STEPS_OF_RECORD);
        badges.push(restore(record));
      }
      return createBadgeIndex({
        badges,
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
