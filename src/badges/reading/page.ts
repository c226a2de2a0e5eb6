import type { BadgeFields } from '../../providers/badge-fields.ts';
import { readCursor, toCursor } from './cursor.ts';
import { invalidInput } from '../input-error.ts';
import { compareKeys, orderKey } from './order.ts';
import type { OrderKey, OrderedBy } from './order.ts';

export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 100;

export interface PageRequest {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
}

export interface Page {
  edges: { cursor: string; node: BadgeFields }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

/** Checked page arguments: where to cut, and how much of which end to keep. */
export interface PageBounds {
  after: OrderKey | null;
  before: OrderKey | null;
  size: number;
  isFromEnd: boolean;
}

/** Throws an input error; nothing has been read by then. */
export function toPageBounds(request: PageRequest, order: OrderedBy): PageBounds {
  const { first, last } = request;
  if (first != null && last != null) throw invalidInput('give first or last, not both');
  checkPageSize('first', first);
  checkPageSize('last', last);
  return {
    after: toKey('after', request.after, order),
    before: toKey('before', request.before, order),
    size: first ?? last ?? DEFAULT_PAGE_SIZE,
    isFromEnd: last != null,
  };
}

/** Throws an input error. */
export function checkPageSize(name: string, size: number | null | undefined): void {
  if (size != null && (size < 0 || size > MAX_PAGE_SIZE)) {
    throw invalidInput(`${name} must lie within 0 and ${MAX_PAGE_SIZE}`);
  }
}

function toKey(name: string, cursor: string | null | undefined, order: OrderedBy): OrderKey | null {
  if (cursor == null) return null;
  const key = readCursor(order, cursor);
  if (!key) throw invalidInput(`${name} is not a cursor of a list in this order`);
  return key;
}

/** Cuts a page out of all badges, which are in ascending order. */
export function toPage(
  ascending: readonly BadgeFields[],
  order: OrderedBy,
  bounds: PageBounds,
): Page {
  const sign = order.direction === 'ASC' ? 1 : -1;
  const badges = sign === 1 ? ascending : ascending.toReversed();
  const isPast = (badge: BadgeFields, key: OrderKey): boolean =>
    sign * compareKeys(orderKey(order.field, badge), key) > 0;
  const isBefore = (badge: BadgeFields, key: OrderKey): boolean =>
    sign * compareKeys(orderKey(order.field, badge), key) < 0;

  const { after, before, size, isFromEnd } = bounds;
  const start = after ? indexWhere(badges, (badge) => isPast(badge, after)) : 0;
  const end = before ? indexWhere(badges, (badge) => !isBefore(badge, before)) : badges.length;
  const from = isFromEnd ? Math.max(start, end - size) : start;
  const to = isFromEnd ? Math.max(from, end) : Math.min(Math.max(start, end), start + size);

  const edges = badges.slice(from, to).map((node) => ({
    cursor: toCursor(order, orderKey(order.field, node)),
    node,
  }));
  return {
    edges,
    pageInfo: {
      hasNextPage: isFromEnd ? end < badges.length : to < end,
      hasPreviousPage: isFromEnd ? from > start : start > 0,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** The first index at which the test holds, in a list where it holds from some index on; else the length. */
function indexWhere(badges: readonly BadgeFields[], test: (badge: BadgeFields) => boolean): number {
  let low = 0;
  let high = badges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const badge = badges[middle];
    if (badge && test(badge)) high = middle;
    else low = middle + 1;
  }
  return low;
}
