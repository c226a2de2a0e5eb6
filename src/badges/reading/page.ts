import { type MaybePromise, createSlices } from '../../http/json.ts';
import type { BadgeFields } from '../../providers/badge-list.ts';
import { invalidInput } from '../error-code.ts';
import {
  type OrderKey,
  type OrderedBadge,
  type OrderedBy,
  compareKeys,
  isLast,
  isValueOf,
  merge,
} from './badge-index.ts';

/** Encodes the order of the list, and the badge's key in it. */
export function toCursor({ field, direction }: OrderedBy, key: OrderKey): string {
  return Buffer.from(JSON.stringify([field, direction, ...key])).toString('base64url');
}

/** In characters. No cursor is longer, because names in keys are cut. Longer texts may be slow to parse. */
const MAX_CURSOR_LENGTH = 16_384;

/** Null if the text is not a cursor, or is a cursor of a list in a different order. */
export function readCursor({ field, direction }: OrderedBy, cursor: string): OrderKey | null {
  if (cursor.length > MAX_CURSOR_LENGTH) return null;
  const parsed = parseJson(Buffer.from(cursor, 'base64url').toString());
  if (!Array.isArray(parsed)) return null;
  const [cursorField, cursorDirection, ...key] = parsed as unknown[];
  if (cursorField !== field || cursorDirection !== direction || !isKey(key)) return null;
  const isOurs = isValueOf(field, key[0]) && toCursor({ field, direction }, key) === cursor;
  return isOurs ? key : null;
}

function isKey(values: readonly unknown[]): values is OrderKey {
  return values.length === 3 && values.every((value) => typeof value === 'string');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 100;

interface PageRequest {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
}

/** Validated page arguments. `size` badges are taken from the start or the end of the range between the two keys. */
export interface PageBounds {
  after: OrderKey | null;
  before: OrderKey | null;
  size: number;
  isFromEnd: boolean;
}

/** Validates page arguments. Throws an input error. */
export function toPageBounds(request: PageRequest, order: OrderedBy): PageBounds {
  const { first, last } = request;
  if (first != null && last != null) throw invalidInput('Set either "first" or "last", not both.');
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
    throw invalidInput(`Argument "${name}" must be between 0 and ${MAX_PAGE_SIZE}.`);
  }
}

function toKey(name: string, cursor: string | null | undefined, order: OrderedBy): OrderKey | null {
  if (cursor == null) return null;
  const key = readCursor(order, cursor);
  if (!key)
    throw invalidInput(
      `Argument "${name}" is not a cursor of a list with this order. Use a cursor from an earlier page with the same "orderBy".`,
    );
  return key;
}

/** Its cursor is encoded only if it is read: most pages show none but the last. */
class Edge {
  readonly node: BadgeFields;
  readonly #key: OrderKey;
  readonly #order: OrderedBy;

  constructor({ badge, key }: OrderedBadge, order: OrderedBy) {
    this.node = badge;
    this.#key = key;
    this.#order = order;
  }

  get cursor(): string {
    return toCursor(this.#order, this.#key);
  }
}

/** Its cursors are encoded only if they are read, too. */
export class Page {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly #badges: readonly OrderedBadge[];
  readonly #order: OrderedBy;

  constructor(
    { badges, order }: { badges: readonly OrderedBadge[]; order: OrderedBy },
    { hasNextPage, hasPreviousPage }: Pick<Page, 'hasNextPage' | 'hasPreviousPage'>,
  ) {
    this.#badges = badges;
    this.#order = order;
    this.hasNextPage = hasNextPage;
    this.hasPreviousPage = hasPreviousPage;
  }

  get nodes(): BadgeFields[] {
    return this.#badges.map(({ badge }) => badge);
  }

  get edges(): Edge[] {
    return this.#badges.map((badge) => new Edge(badge, this.#order));
  }

  get startCursor(): string | null {
    return this.#cursorOf(this.#badges.at(0));
  }

  get endCursor(): string | null {
    return this.#cursorOf(this.#badges.at(-1));
  }

  #cursorOf(badge: OrderedBadge | undefined): string | null {
    return badge ? toCursor(this.#order, badge.key) : null;
  }
}

/** The badges of several lists, each in ascending order. */
type Parts = readonly (readonly OrderedBadge[])[];

/** What is kept for some lists in their order: it lives as long as all of them. */
interface KeptOrder {
  isAskedAgain: boolean;
  merged?: MaybePromise<Parts>;
  /** By the list that follows. */
  readonly next: WeakMap<Parts[number], KeptOrder>;
}

const toKeptOrder = (): KeptOrder => ({ isAskedAgain: false, next: new WeakMap() });
const keptOrders = toKeptOrder();

/**
 * The same badges in one list, if these very lists, sorted by this field, were asked for before. The first page of new
 * lists does not wait for that.
 */
export function inOneOrder(parts: Parts, field: OrderedBy['field']): MaybePromise<Parts> {
  const filled = parts.filter(({ length }) => length > 0);
  if (filled.length < 2) return filled;
  let kept = keptOrders;
  for (const part of filled) {
    const next = kept.next.get(part) ?? toKeptOrder();
    kept.next.set(part, next);
    kept = next;
  }
  if (!kept.isAskedAgain) {
    kept.isAskedAgain = true;
    return filled;
  }
  kept.merged ??= mergeAll(filled, field).then((merged) => (kept.merged = merged));
  return kept.merged;
}

async function mergeAll([first = [], ...others]: Parts, field: OrderedBy['field']): Promise<Parts> {
  const slices = createSlices();
  let merged = first;
  for (const other of others)
    merged = await merge([merged, other], { field, direction: 'ASC' }, slices);
  return [merged];
}

/** Returns a page of several sorted lists as if they were merged, without merging more than the page. */
export function toPage(parts: Parts, order: OrderedBy, bounds: PageBounds): Page {
  const { after, before, size, isFromEnd } = bounds;
  const sides = parts.map((part) => toSide(part, order));
  const starts = sides.map((side) => (after ? side.firstPast(after) : 0));
  const ends = sides.map((side) => (before ? side.firstNotBefore(before) : side.length));
  const [start, end, length] = [sum(starts), sum(ends), sum(sides.map((side) => side.length))];
  const from = isFromEnd ? Math.max(start, end - size) : start;
  const to = isFromEnd ? end : Math.min(end, start + size);

  // Negative, like none, if `before` comes before `after`.
  const count = to - from;
  const badges = isFromEnd ? takeBackward(sides, ends, count) : takeForward(sides, starts, count);
  return new Page(
    { badges, order },
    {
      hasNextPage: isFromEnd ? end < length : to < end,
      hasPreviousPage: isFromEnd ? from > start : start > 0,
    },
  );
}

/** One of the lists, in the requested direction. */
interface Side {
  length: number;
  at(index: number): OrderedBadge | undefined;
  firstPast(key: OrderKey): number;
  firstNotBefore(key: OrderKey): number;
  /** Whether `a` comes before `b`. */
  isBefore(a: OrderedBadge, b: OrderedBadge): boolean;
}

function toSide(ascending: readonly OrderedBadge[], order: OrderedBy): Side {
  const { length } = ascending;
  const at = toPlaces(ascending, order);
  const firstWhere = (test: (key: OrderKey) => boolean) =>
    indexWhere({ length, at }, (badge) => test(badge.key));
  return {
    length,
    at,
    firstPast: (key) => firstWhere((each) => compareKeys(each, key, order) > 0),
    firstNotBefore: (key) => firstWhere((each) => compareKeys(each, key, order) >= 0),
    isBefore: (a, b) => compareKeys(a.key, b.key, order) < 0,
  };
}

/** Finds a badge by its place. In descending order, those that come last are reversed among themselves. */
function toPlaces(ascending: readonly OrderedBadge[], { field, direction }: OrderedBy): Side['at'] {
  if (direction === 'ASC') return (index) => ascending[index];
  const { length } = ascending;
  const firstLast = indexWhere({ length, at: (index) => ascending[index] }, ({ key }) =>
    isLast(field, key),
  );
  return (index) => {
    if (index < 0 || index >= length) return undefined;
    return ascending[(index < firstLast ? firstLast : length + firstLast) - 1 - index];
  };
}

/** The next `count` badges of all lists, starting at these positions. */
function takeForward(sides: readonly Side[], starts: readonly number[], count: number) {
  const walks = sides.map((side, index) => new Walk(side, starts[index] ?? 0, 1));
  return take(walks, count, (a, b, side) => side.isBefore(a, b));
}

/** The last `count` badges of all lists before these positions. */
function takeBackward(sides: readonly Side[], ends: readonly number[], count: number) {
  const walks = sides.map((side, index) => new Walk(side, (ends[index] ?? 0) - 1, -1));
  return take(walks, count, (a, b, side) => side.isBefore(b, a)).reverse();
}

/** Goes through one side. */
class Walk {
  readonly side: Side;
  head: OrderedBadge | undefined;
  #index: number;
  readonly #step: 1 | -1;

  constructor(side: Side, index: number, step: 1 | -1) {
    this.side = side;
    this.#index = index;
    this.#step = step;
    this.head = side.at(index);
  }

  moveOn(): void {
    this.#index += this.#step;
    this.head = this.side.at(this.#index);
  }
}

function take(
  walks: readonly Walk[],
  count: number,
  isNearer: (a: OrderedBadge, b: OrderedBadge, side: Side) => boolean,
): OrderedBadge[] {
  const taken: OrderedBadge[] = [];
  while (taken.length < count) {
    let nearest: Walk | undefined;
    for (const walk of walks) {
      if (!walk.head) continue;
      if (!nearest?.head || isNearer(walk.head, nearest.head, walk.side)) nearest = walk;
    }
    if (!nearest?.head) return taken;
    taken.push(nearest.head);
    nearest.moveOn();
  }
  return taken;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Binary search for the first index at which the test holds. The length if there is none. */
function indexWhere(
  { length, at }: Pick<Side, 'length' | 'at'>,
  test: (badge: OrderedBadge) => boolean,
): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const badge = at(middle);
    if (badge && test(badge)) high = middle;
    else low = middle + 1;
  }
  return low;
}
