/**
 * A fragment is the JSON of one badge, which many answers share. Those of entities are found by the bytes of the
 * representation, for one plan and tenant; those of queries by the badge itself, for one place in the plan.
 *
 * Promises: a fragment of an entity is used only while the badge that it was made from is in the list that a read would
 * give. Writes, refreshes and other tenants show as another list, so that nothing has to be invalidated. A badge that has
 * a fragment of a query is never another one, since badges do not change and belong to lists of one tenant. A badge that
 * is in no list any longer takes its fragment with it.
 */
import type { Tenant } from '../../badges/tenant.ts';
import { isObject } from '../../http/json.ts';
import { ProviderError } from '../../http/provider-error.ts';
import type { AnswerSize } from '../answers/answer-budget.ts';
import { type Keep, type Kept, bytesOf, toFlat } from '../keep.ts';
import { ANSWER_CAPS, REQUEST_CAPS } from '../limits/limits.ts';
import { type EntitiesPlan, type Split, readCanonical } from './plans.ts';
import { COUNTED_PER_BYTE, type Render } from './render.ts';
import { type Identity, type SnapshotView, identityOf } from './snapshot-view.ts';

interface EntityFragment {
  readonly raw: string;
  /** The place of its provider among the tenant's. */
  readonly at: number;
  /** Of the list. */
  identity: Identity;
  /** Of the badge, which the next list has too if it did not change. */
  badge: Identity;
  /** With the comma before it. */
  json: string;
  /** The one that followed it last time. */
  next: EntityFragment | undefined;
}

interface EntityTable extends Kept {
  readonly byRepresentation: Map<string, EntityFragment>;
  /** The one that came first last time. */
  first: EntityFragment | undefined;
  bytes: number;
}

const ENTITY_TABLE_BYTES = 700;
/** Of a fragment and its place in the table. */
const AROUND_ENTITY = 120;
const NULL = ',null';
/** While an answer is made, the items of lists of texts count too: so many bytes of them as a field at most. */
const BYTES_OF_FIELD = 30;

export interface EntityFragments {
  /** The whole body of an answer, each character a byte of its UTF-8. Undefined: the full path has to answer. */
  answer(plan: EntitiesPlan, split: Split, view: SnapshotView): string | undefined;
  /** Drops all that was made by it. */
  forget(plan: EntitiesPlan): void;
}

/** `answerMaxBytes`: what the limits count of an answer may be that much. */
export function createEntityFragments(
  keep: Keep,
  answerMaxBytes = ANSWER_CAPS.bytes,
): EntityFragments {
  const tables = new WeakMap<EntitiesPlan, Map<string, EntityTable>>();

  function tableOf(plan: EntitiesPlan, { id }: Tenant): EntityTable {
    const ofPlan = tables.get(plan) ?? new Map<string, EntityTable>();
    tables.set(plan, ofPlan);
    const known = ofPlan.get(id);
    if (known) return known;
    const table: EntityTable = {
      kind: 'fragments',
      byRepresentation: new Map(),
      first: undefined,
      bytes: ENTITY_TABLE_BYTES,
      onDrop: () => void (ofPlan.get(id) === table && ofPlan.delete(id)),
    };
    ofPlan.set(id, table);
    keep.put(table, table.bytes);
    return table;
  }

  /** Undefined: the full path has to answer. */
  function write(plan: EntitiesPlan, split: Split, of: Of): string | undefined {
    const { body, start, end } = split;
    let json = plan.head;
    let representations = 0;
    let previous: EntityFragment | undefined;
    for (let at = start; ; at += 1) {
      const known = findKnown(of.table, body, { at, previous });
      const to = known ? at + known.raw.length : body.indexOf('}', at) + 1;
      if (to === 0 || to > end) return undefined;
      const entity = (known && reuse(known, of.view)) ?? make(plan, body.slice(at, to), of);
      if (entity === undefined) return undefined;
      json += representations === 0 ? entity.slice(1) : entity;
      representations += 1;
      previous = known ?? previous;
      at = to;
      if (to === end) break;
      if (body[to] !== ',') return undefined;
    }
    const counted = plan.fieldsOf(representations) + json.length / BYTES_OF_FIELD;
    const countedBytes = plan.bytesOfEach * representations + COUNTED_PER_BYTE * json.length;
    const isWithinLimits =
      representations <= plan.most &&
      counted < REQUEST_CAPS.fields &&
      countedBytes <= answerMaxBytes;
    of.view.batchSize = representations;
    return isWithinLimits ? json + plan.tail : undefined;
  }

  return {
    answer(plan, split, view) {
      const table = tableOf(plan, view.tenant);
      const { bytes } = table;
      try {
        return write(plan, split, { table, view });
      } finally {
        if (table.bytes === bytes) keep.use(table);
        else keep.put(table, table.bytes);
      }
    },
    forget(plan) {
      for (const table of tables.get(plan)?.values() ?? []) keep.drop(table);
    },
  };
}

interface Place {
  at: number;
  /** The fragment before it. */
  previous: EntityFragment | undefined;
}

/**
 * The fragment of the representation that begins there. Representations come in the same order again and again: to
 * compare with the one that is expected takes a fraction of the time of hashing.
 */
function findKnown(table: EntityTable, body: string, { at, previous }: Place) {
  const expected = previous ? previous.next : table.first;
  if (expected && hasAt(body, at, expected.raw)) return expected;
  const known = table.byRepresentation.get(body.slice(at, body.indexOf('}', at) + 1));
  if (known && previous) previous.next = known;
  else if (known) table.first = known;
  return known;
}

/** `startsWith` compares character by character, which takes five times as long. */
function hasAt(body: string, at: number, raw: string): boolean {
  return body.slice(at, at + raw.length) === raw;
}

/** Undefined: its list is not the present one. */
function reuse({ at, identity, json }: EntityFragment, view: SnapshotView): string | undefined {
  const seen = view.see(at);
  if (seen?.identity !== identity) return undefined;
  view.note(seen.reading);
  return json;
}

/** What one request reads from and adds to. */
interface Of {
  table: EntityTable;
  view: SnapshotView;
}

/** As the entities of the graph are found. Undefined: not from what is at hand, or with an error. */
function make(plan: EntitiesPlan, raw: string, { table, view }: Of): string | undefined {
  const { typeName, id } = readCanonical(raw) ?? {};
  if (typeName === undefined || id === undefined) return undefined;
  const { providers } = view.tenant;
  const at = providers.findIndex(({ provider }) => provider.badgeClass.name === typeName);
  const provider = providers[at]?.provider;
  const seen = provider?.isBadgeId(id) ? view.see(at) : undefined;
  if (!provider || !seen) return undefined;
  const badge = findOrRefuse(() => seen.reading.snapshot.value.find(provider.canonicalId(id)));
  if (badge === undefined) return undefined;
  view.note(seen.reading);
  if (badge === null) {
    // Not kept: there are more ids that are missing than badges.
    view.noteMissing();
    return NULL;
  }
  const [identity, ofBadge] = [seen.identity, identityOf(badge)];
  const former = table.byRepresentation.get(raw);
  if (former?.badge === ofBadge) {
    former.identity = identity;
    return former.json;
  }
  const json = toFlat(`,${plan.render(badge)}`);
  if (former) {
    table.bytes += json.length - former.json.length;
    Object.assign(former, { identity, badge: ofBadge, json });
    return json;
  }
  table.bytes += bytesOf(raw, json) + AROUND_ENTITY;
  const fragment = { raw: toFlat(raw), at, identity, badge: ofBadge, json, next: undefined };
  table.byRepresentation.set(fragment.raw, fragment);
  return json;
}

/** Undefined: its record could not be read, which the full path tells of. */
function findOrRefuse<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof ProviderError) return undefined;
    throw error;
  }
}

type Lists = readonly (Identity | undefined)[];

interface BadgeTable extends Kept {
  /** The lists whose badges it has, by the places of the providers. */
  lists: Lists;
  /** By the places of the plan. */
  readonly places: WeakMap<object, string>[];
  /** Including those of badges that are in no list any longer. */
  bytes: number;
  /** When a list was first replaced. */
  bytesAtFirst: number | undefined;
}

/** Of a table, of the fragments of one place in it, and of a fragment. */
const BADGE_TABLE_BYTES = 900;
const PLACE_BYTES = 120;
const AROUND_BADGE = 100;

/** One answer that is being written. */
export interface Writing {
  /** What the limits count of the badges that were written, without their values. */
  readonly counted: Readonly<AnswerSize>;
  /** Calls it with a value that badges stand in. */
  write(render: Render, value: unknown): string;
  end(): void;
}

/** Those of one plan. */
export interface BadgeFragments {
  /** What writes the badges of one more place, each once. `size` is that of a badge as the limits count it. */
  remember(render: Render, size: AnswerSize): Render;
  /** Begins an answer to the tenant of this view. */
  begin(view: SnapshotView): Writing;
  /** Drops all of them. */
  forget(): void;
}

export function createBadgeFragments(keep: Keep): BadgeFragments {
  const tables = new Map<string, BadgeTable>();
  let places = 0;
  let current: { table: BadgeTable; counted: AnswerSize } | undefined;

  function tableFor(view: SnapshotView): BadgeTable {
    const { id, providers } = view.tenant;
    const lists = providers.map((_, at) => view.see(at)?.identity);
    const known = tables.get(id);
    if (known && mayGoOn(known, lists)) return known;
    if (known) keep.drop(known);
    const table: BadgeTable = {
      kind: 'fragments',
      lists,
      places: [],
      bytes: BADGE_TABLE_BYTES,
      bytesAtFirst: undefined,
      onDrop: () => void (tables.get(id) === table && tables.delete(id)),
    };
    tables.set(id, table);
    keep.put(table, table.bytes);
    return table;
  }

  return {
    remember(render, size) {
      const place = places;
      places += 1;
      return (badge) => {
        if (!current || !isObject(badge)) return render(badge);
        const { table, counted } = current;
        counted.fields += size.fields;
        counted.bytes += size.bytes;
        let known = table.places[place];
        if (!known) {
          known = table.places[place] = new WeakMap();
          table.bytes += PLACE_BYTES;
        }
        const former = known.get(badge);
        if (former !== undefined) return former;
        const json = toFlat(render(badge));
        known.set(badge, json);
        table.bytes += json.length + AROUND_BADGE;
        return json;
      };
    },
    begin(view) {
      const table = tableFor(view);
      const counted = { fields: 0, bytes: 0 };
      const { bytes } = table;
      return {
        counted,
        write(render, value) {
          current = { table, counted };
          try {
            return render(value);
          } finally {
            current = undefined;
          }
        },
        end() {
          if (tables.get(view.tenant.id) !== table) return;
          if (table.bytes === bytes) keep.use(table);
          else keep.put(table, table.bytes);
        },
      };
    },
    forget() {
      for (const table of tables.values()) keep.drop(table);
    },
  };
}

/** So much is counted too much at most before a table begins anew. */
const SLACK_BYTES = 64 * 1024;

/** Whether few of its fragments are of badges that have changed since: the others are in the next list too. */
function mayGoOn(table: BadgeTable, lists: Lists): boolean {
  if (table.lists.every((list, at) => list === lists[at])) return true;
  table.lists = lists;
  table.bytesAtFirst ??= table.bytes;
  return table.bytes <= 2 * table.bytesAtFirst + SLACK_BYTES;
}
