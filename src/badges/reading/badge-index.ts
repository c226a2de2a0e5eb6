import { badResponse } from '../../http/provider-error.ts';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import type { BadgeList } from '../../providers/provider.ts';
import { createNameSearch } from './name-search.ts';
import type { NameSearch } from './name-search.ts';
import type { OrderField } from './order.ts';
import { sortBadges } from './sorting.ts';

/** A provider's list, immutable, for lookups by id and for pages. */
export interface BadgeIndex {
  readonly list: BadgeList;
  readonly droppedRecords: number;
  /** Null: the provider has no such badge. Throws when its record was unreadable. */
  find(id: string): BadgeFields | null;
  /** The same for a writer, who must not write one of two different records over the other. */
  findToWrite(id: string): BadgeFields | null;
  /** Sorted when it is asked for first, in slices. */
  orderedBy(field: OrderField): Promise<readonly BadgeFields[]>;
  /** Of its badges. */
  readonly named: NameSearch;
}

export function createBadgeIndex(list: BadgeList): BadgeIndex {
  const { badges, malformedIds, ambiguousIds, droppedRecords } = list;
  const byId = new Map(badges.map((badge) => [badge.id, badge]));
  const ordered = new Map<OrderField, Promise<readonly BadgeFields[]>>();

  function find(id: string): BadgeFields | null {
    if (malformedIds.has(id)) throw badResponse('holds this badge in a form that cannot be read');
    return byId.get(id) ?? null;
  }

  return {
    named: createNameSearch(),
    list,
    droppedRecords,
    find,
    findToWrite(id) {
      if (ambiguousIds.has(id)) throw badResponse('holds two different badges with this id');
      return find(id);
    },
    async orderedBy(field) {
      const sorted = ordered.get(field) ?? sortBadges(badges, field);
      ordered.set(field, sorted);
      return sorted;
    },
  };
}
