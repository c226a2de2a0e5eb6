import { badResponse } from '../http/provider-error.ts';
import type { BadgeFields } from '../providers/badge-fields.ts';
import type { BadgeList } from '../providers/provider.ts';
import { compareBadges } from './order.ts';
import type { OrderField } from './order.ts';

/** A provider's list, immutable, for lookups by id and for pages. */
export interface BadgeIndex {
  readonly droppedRecords: number;
  /** Null: the provider has no such badge. Throws when its record was unreadable. */
  find(id: string): BadgeFields | null;
  orderedBy(field: OrderField): readonly BadgeFields[];
}

export function createBadgeIndex({ badges, malformedIds, droppedRecords }: BadgeList): BadgeIndex {
  const byId = new Map(badges.map((badge) => [badge.id, badge]));
  const ordered = new Map<OrderField, readonly BadgeFields[]>();

  return {
    droppedRecords,
    find(id) {
      if (malformedIds.has(id)) throw badResponse('holds this badge in a form that cannot be read');
      return byId.get(id) ?? null;
    },
    orderedBy(field) {
      const known = ordered.get(field);
      if (known) return known;
      const sorted = badges.toSorted((a, b) => compareBadges(field, a, b));
      ordered.set(field, sorted);
      return sorted;
    },
  };
}
