import { z } from 'zod';
import type { Codec } from '../../cache/snapshot-cache.ts';
import { type Slices, createSlices, cutText, parseJsonInSlices } from '../../http/json.ts';
import { badResponse } from '../../http/provider-error.ts';
import {
  type BadgeFields,
  type BadgeList,
  type BadgeSurroundings,
  STEPS_OF_RECORD,
} from '../../providers/badge-list.ts';
import { describedEnum } from '../../providers/graph-types.ts';
import type { Provider } from '../../providers/provider.ts';
import { FORMAT, readStoredJson } from '../writing/stored-record.ts';
import { type NameSearch, createNameSearch } from './name-search.ts';

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
  NAME: 'Sort by name in Unicode code point order: `A` before `B` before `a`.',
  ID: "Sort by the provider's ID in Unicode code point order.",
} as const;
export const OrderField = describedEnum({
  name: 'BadgeOrderField',
  description: 'Fields that badges can be sorted by.',
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

/** The sort key of a badge. Keys are unique over all providers. */
export type OrderKey = readonly [value: string, provider: string, id: string];

/** Names are cut to this many UTF-16 units in keys, so that cursors stay short. */
const NAME_CHARACTERS = 1_000;

export function orderKey(field: OrderField, badge: BadgeFields): OrderKey {
  return [
    field === 'NAME' ? cutText(badge.name, NAME_CHARACTERS) : badge.id,
    badge.provider,
    badge.id,
  ];
}

export function compareKeys(a: OrderKey, b: OrderKey): number {
  return (
    compareCodePoints(a[0], b[0]) || compareCodePoints(a[1], b[1]) || compareCodePoints(a[2], b[2])
  );
}

interface Keyed {
  badge: BadgeFields;
  key: OrderKey;
}

/** Number of badges that are sorted without yielding to the event loop. */
const RUN = 32;
/** Cost of a comparison in steps, in addition to one step for each character. */
const STEPS_OF_COMPARISON = 20;

/** Sorts in ascending order, in slices: names may share a prefix of a thousand characters, which makes comparing slow. */
async function sortBadges(
  badges: readonly BadgeFields[],
  field: OrderField,
): Promise<readonly BadgeFields[]> {
  const slices = createSlices();
  let runs: Keyed[][] = [];
  for (let start = 0; start < badges.length; start += RUN) {
    const run = badges
      .slice(start, start + RUN)
      .map((badge) => ({ badge, key: orderKey(field, badge) }))
      .sort((a, b) => compareKeys(a.key, b.key));
    runs.push(run);
    await slices.spend(run.reduce((steps, { key }) => steps + stepsOf(key), 0) * Math.log2(RUN));
  }
  while (runs.length > 1) {
    const merged: Keyed[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(await merge(runs[at] ?? [], runs[at + 1] ?? [], slices));
    }
    runs = merged;
  }
  return (runs[0] ?? []).map(({ badge }) => badge);
}

async function merge(
  left: readonly Keyed[],
  right: readonly Keyed[],
  slices: Slices,
): Promise<Keyed[]> {
  const merged: Keyed[] = [];
  let taken = 0;
  for (const each of left) {
    let steps = stepsOf(each.key);
    for (let next = right[taken]; next; next = right[taken]) {
      if (compareKeys(next.key, each.key) >= 0) break;
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
  /** Sorted in slices at the first call. */
  orderedBy(field: OrderField): Promise<readonly BadgeFields[]>;
  /** Searches the names of its badges. */
  readonly named: NameSearch;
}

export function createBadgeIndex(list: BadgeList): BadgeIndex {
  const { badges, malformedIds, ambiguousIds, droppedRecords } = list;
  const byId = new Map(badges.map((badge) => [badge.id, badge]));
  const ordered = new Map<OrderField, Promise<readonly BadgeFields[]>>();

  function find(id: string): BadgeFields | null {
    if (malformedIds.has(id))
      throw badResponse('has this badge, but returned it in an unreadable form');
    return byId.get(id) ?? null;
  }

  let named: NameSearch | undefined;
  return {
    get named() {
      return (named ??= createNameSearch());
    },
    list,
    droppedRecords,
    find,
    findToWrite(id) {
      if (ambiguousIds.has(id)) throw badResponse('returned two different badges with this ID');
      return find(id);
    },
    async orderedBy(field) {
      const sorted = ordered.get(field) ?? sortBadges(badges, field);
      ordered.set(field, sorted);
      return sorted;
    },
  };
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
    async decode(text) {
      const slices = createSlices();
      const reading = readStoredJson(await parseJsonInSlices(text, slices), keptSchema);
      if ('unreadable' in reading) throw new Error(`A stored list has ${reading.unreadable}`);
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
