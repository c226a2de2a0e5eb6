import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Codec } from '../../cache/snapshot-cache.ts';
import {
  type MaybePromise,
  type Slices,
  createSlices,
  cutText,
  parseJsonInSlices,
} from '../../http/json.ts';
import { badResponse } from '../../http/provider-error.ts';
import {
  type BadgeFields,
  type BadgeList,
  type BadgeSurroundings,
  STEPS_OF_RECORD,
  reuseBadges,
} from '../../providers/badge-list.ts';
import { GROWS, describedEnum } from '../../providers/graph-types.ts';
import type { Provider } from '../../providers/provider.ts';
import { FORMAT, readStoredJson } from '../writing/stored-record.ts';
import { type TextSearch, createTextSearch, foldForOrder } from './text-search.ts';

/** Compares strings by Unicode code point. The operator `<` compares UTF-16 units, which sorts emoji too early. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const unitA = a.charCodeAt(index);
    const unitB = b.charCodeAt(index);
    if (unitA !== unitB) return rank(unitA) - rank(unitB);
  }
  return a.length - b.length;
}

/** Surrogates encode the highest code points, although the units 0xE000 to 0xFFFF are larger. */
function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

export type OrderField = keyof typeof ORDER_FIELDS;
const ORDER_FIELDS = {
  NAME: 'Sort by name as people read it: case and accents do not separate words, so that `Éclair` stands beside `eclair`. Digits come before letters, and numbers are compared digit by digit. The order does not depend on a language.',
  CREATED_AT:
    'Sort by time of creation. Badges whose provider does not show it come last, in both directions.',
  UPDATED_AT:
    'Sort by time of the last change. Badges whose provider does not show it come last, in both directions.',
  ID: "Sort by the provider's ID in Unicode code point order.",
} as const;
export const OrderField = describedEnum({
  name: 'BadgeOrderField',
  description: `Fields that badges can be sorted by. ${GROWS}`,
  values: ORDER_FIELDS,
});

export type OrderDirection = keyof typeof ORDER_DIRECTIONS;
const ORDER_DIRECTIONS = { ASC: 'Ascending order.', DESC: 'Descending order.' } as const;
export const OrderDirection = describedEnum({
  name: 'OrderDirection',
  description: 'Sort direction.',
  values: ORDER_DIRECTIONS,
});

export interface OrderedBy {
  field: OrderField;
  direction: OrderDirection;
}

/** The sort key of a badge. Keys are unique over all providers. The value of an unknown time is empty. */
export type OrderKey = readonly [value: string, provider: string, id: string];

export function orderKey(field: OrderField, badge: BadgeFields): OrderKey {
  return [valueFor(field, badge), badge.provider, badge.id];
}

function valueFor(field: OrderField, badge: BadgeFields): string {
  switch (field) {
    case 'NAME':
      return toNameValue(badge.name);
    case 'CREATED_AT':
      return toTimeValue(badge.createdAt);
    case 'UPDATED_AT':
      return toTimeValue(badge.updatedAt);
    case 'ID':
      return badge.id;
  }
}

/** Names are cut to this many UTF-16 units, so that cursors stay short. */
const NAME_CHARACTERS = 1_000;
const ONLY_ASCII = /^[\x20-\x7f]*$/;

/** Applied again, it changes nothing. */
function toNameValue(name: string): string {
  const text = cutText(name, NAME_CHARACTERS);
  const folded = ONLY_ASCII.test(text) ? text.toLowerCase() : foldForOrder(text);
  return cutText(folded.replace(/\s+/g, ' ').trimStart(), NAME_CHARACTERS).trimEnd();
}

/** The end of the year 9999: later times would have more digits. */
const LATEST_MS = 253_402_300_799_999;

/** Of one form, so that the order of the texts is that of the times. */
function toTimeValue(time: string | null): string {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? '' : new Date(Math.min(ms, LATEST_MS)).toISOString();
}

/** Whether a badge can have this value in an order: a cursor with another one was never given out. */
export function isValueOf(field: OrderField, value: string): boolean {
  switch (field) {
    case 'NAME':
      return toNameValue(value) === value;
    case 'CREATED_AT':
    case 'UPDATED_AT':
      return toTimeValue(value) === value;
    case 'ID':
      return true;
  }
}

/** Whether a badge comes last in both directions. */
export function isLast(field: OrderField, [value]: OrderKey): boolean {
  return value === '' && (field === 'CREATED_AT' || field === 'UPDATED_AT');
}

export function compareKeys(a: OrderKey, b: OrderKey, { field, direction }: OrderedBy): number {
  const [isLastA, isLastB] = [isLast(field, a), isLast(field, b)];
  if (isLastA !== isLastB) return isLastA ? 1 : -1;
  const [left, right] = direction === 'ASC' ? [a, b] : [b, a];
  return (
    compareCodePoints(left[0], right[0]) ||
    compareCodePoints(left[1], right[1]) ||
    compareCodePoints(left[2], right[2])
  );
}

/** A badge with its sort key. */
export interface OrderedBadge {
  readonly badge: BadgeFields;
  readonly key: OrderKey;
}

/** Number of badges that are sorted without yielding to the event loop. */
const RUN = 32;
/** Cost of a run, for each step of its keys: each key is made once, and compared as often as sorting a run needs. */
const STEPS_OF_RUN = 40 + Math.log2(RUN);
/** Cost of a comparison in steps, in addition to one step for each character. */
const STEPS_OF_COMPARISON = 20;

/** Sorts in ascending order, in slices: names may share a prefix of a thousand characters, which makes comparing slow. */
async function sortBadges(
  badges: readonly BadgeFields[],
  field: OrderField,
): Promise<readonly OrderedBadge[]> {
  const order = { field, direction: 'ASC' } as const;
  const slices = createSlices();
  let runs: OrderedBadge[][] = [];
  for (let start = 0; start < badges.length; start += RUN) {
    const run = badges
      .slice(start, start + RUN)
      .map((badge) => ({ badge, key: orderKey(field, badge) }))
      .sort((a, b) => compareKeys(a.key, b.key, order));
    runs.push(run);
    await slices.spend(run.reduce((steps, { key }) => steps + stepsOf(key), 0) * STEPS_OF_RUN);
  }
  while (runs.length > 1) {
    const merged: OrderedBadge[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(await merge([runs[at] ?? [], runs[at + 1] ?? []], order, slices));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

/** Merges two lists in ascending order into one. */
export async function merge(
  [left, right]: readonly [readonly OrderedBadge[], readonly OrderedBadge[]],
  order: OrderedBy,
  slices: Slices,
): Promise<OrderedBadge[]> {
  const merged: OrderedBadge[] = [];
  let taken = 0;
  for (const each of left) {
    let steps = stepsOf(each.key);
    for (let next = right[taken]; next; next = right[taken]) {
      if (compareKeys(next.key, each.key, order) >= 0) break;
      merged.push(next);
      taken += 1;
      steps += stepsOf(next.key);
    }
    merged.push(each);
    await slices.spend(steps);
  }
  for (const rest of right.slice(taken)) merged.push(rest);
  return merged;
}

function stepsOf([value]: OrderKey): number {
  return STEPS_OF_COMPARISON + value.length;
}

/** A provider's list for lookups by ID and for pages. Immutable. */
export interface BadgeIndex {
  readonly list: BadgeList;
  readonly droppedRecords: number;
  /** Null if the provider has no such badge. Throws if its record is unreadable. */
  find(id: string): BadgeFields | null;
  /** The same for writes. Also throws if two different records have this ID, because either could be overwritten. */
  findToWrite(id: string): BadgeFields | null;
  /** In ascending order. Sorted in slices at the first call. */
  orderedBy(field: OrderField): MaybePromise<readonly OrderedBadge[]>;
  /** Searches the texts of its badges. */
  readonly search: TextSearch;
}

export function createBadgeIndex(list: BadgeList): BadgeIndex {
  const { badges, malformedIds, ambiguousIds, droppedRecords } = list;
  const byId = new Map(badges.map((badge) => [badge.id, badge]));
  const ordered = new Map<OrderField, MaybePromise<readonly OrderedBadge[]>>();

  function find(id: string): BadgeFields | null {
    if (malformedIds.has(id))
      throw badResponse('has this badge, but returned it in an unreadable form');
    return byId.get(id) ?? null;
  }

  let search: TextSearch | undefined;
  return {
    get search() {
      return (search ??= createTextSearch());
    },
    list,
    droppedRecords,
    find,
    findToWrite(id) {
      if (ambiguousIds.has(id)) throw badResponse('returned two different badges with this ID');
      return find(id);
    },
    orderedBy(field) {
      const known = ordered.get(field);
      if (known) return known;
      const sorting = sortBadges(badges, field).then((sorted) => {
        ordered.set(field, sorted);
        return sorted;
      });
      ordered.set(field, sorting);
      return sorting;
    },
  };
}

/** The index of a list. The last one if nothing changed, so that all that was made of it stays valid. */
export async function renewBadgeIndex(
  list: BadgeList,
  last: BadgeIndex | undefined,
): Promise<BadgeIndex> {
  const renewed = await reuseBadges(list, last?.list);
  return last && showsSame(renewed, last.list) ? last : createBadgeIndex(renewed);
}

/** Without what is only logged. */
function showsSame(one: BadgeList, other: BadgeList): boolean {
  return (
    one === other ||
    (one.badges.length === other.badges.length &&
      one.badges.every((badge, at) => badge === other.badges[at]) &&
      one.droppedRecords === other.droppedRecords &&
      isDeepStrictEqual(one.malformedIds, other.malformedIds) &&
      isDeepStrictEqual(one.ambiguousIds, other.ambiguousIds))
  );
}

const keptSchema = z.object({
  records: z.array(z.unknown()),
  malformedIds: z.array(z.string()),
  ambiguousIds: z.array(z.string()),
  droppedRecords: z.int32().nonnegative(),
});

/** Encodes a provider's list for sharing with other replicas: its raw records, without other parts of the response. */
export function createBadgeIndexCodec(
  provider: Provider,
  surroundings: BadgeSurroundings,
): Codec<BadgeIndex> {
  function restore(record: unknown): BadgeFields {
    const badge = provider.restoreBadge(record, surroundings);
    if (!badge) throw new Error('A stored list has an unreadable record');
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
    async decode(text, last) {
      const slices = createSlices();
      const reading = readStoredJson(await parseJsonInSlices(text, slices), keptSchema);
      if ('unreadable' in reading) throw new Error(`A stored list has ${reading.unreadable}`);
      const kept = reading.record;
      const badges: BadgeFields[] = [];
      for (const record of kept.records) {
        await slices.spend(STEPS_OF_RECORD);
        badges.push(restore(record));
      }
      const list = {
        badges,
        malformedIds: new Set(kept.malformedIds),
        ambiguousIds: new Set(kept.ambiguousIds),
        droppedRecords: kept.droppedRecords,
        firstMalformedField: undefined,
        unknownFields: [],
        unreadableFields: {},
      };
      return renewBadgeIndex(list, last);
    },
  };
}
