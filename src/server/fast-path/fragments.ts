/**
 * A fragment is the JSON of one entity, found again by the bytes of its representation, for one plan and tenant.
 *
 * Promises: a fragment is used only while the badge that it was made from is in the list that a read would give. Writes,
 * refreshes and other tenants show as another list, so that nothing has to be invalidated.
 */
import type { Tenant } from '../../badges/tenant.ts';
import { ProviderError } from '../../http/provider-error.ts';
import { type Keep, type Kept, bytesOf, toFlat } from '../keep.ts';
import { ANSWER_CAPS, REQUEST_CAPS } from '../limits/limits.ts';
import { COUNTED_PER_BYTE, type Identity, type Sight, identityOf } from './head.ts';
import { type EntitiesPlan, type Split, readCanonical } from './plans.ts';

interface Fragment {
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
  next: Fragment | undefined;
}

interface FragmentTable extends Kept {
  readonly byRepresentation: Map<string, Fragment>;
  /** The one that came first last time. */
  first: Fragment | undefined;
  bytes: number;
}

const TABLE_BYTES = 700;
/** Of a fragment and its place in the table. */
const AROUND_FRAGMENT = 120;
const NULL = ',null';
/** While an answer is made, the items of lists of texts count too: so many bytes of them as a field at most. */
const BYTES_OF_FIELD = 30;

export interface Fragments {
  /** The whole body of an answer, each character a byte of its UTF-8. Undefined: the full path has to answer. */
  answer(plan: EntitiesPlan, split: Split, sight: Sight): string | undefined;
  /** Drops all that was made by it. */
  forget(plan: EntitiesPlan): void;
}

/** `answerMaxBytes`: what the limits count of an answer may be that much. */
export function createFragments(keep: Keep, answerMaxBytes = ANSWER_CAPS.bytes): Fragments {
  const tables = new WeakMap<EntitiesPlan, Map<string, FragmentTable>>();

  function tableOf(plan: EntitiesPlan, { id }: Tenant): FragmentTable {
    const ofPlan = tables.get(plan) ?? new Map<string, FragmentTable>();
    tables.set(plan, ofPlan);
    const known = ofPlan.get(id);
    if (known) return known;
    const table: FragmentTable = {
      kind: 'fragments',
      byRepresentation: new Map(),
      first: undefined,
      bytes: TABLE_BYTES,
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
    let previous: Fragment | undefined;
    for (let at = start; ; at += 1) {
      const known = findKnown(of.table, body, { at, previous });
      const to = known ? at + known.raw.length : body.indexOf('}', at) + 1;
      if (to === 0 || to > end) return undefined;
      const entity = (known && reuse(known, of.sight)) ?? make(plan, body.slice(at, to), of);
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
    of.sight.batchSize = representations;
    return isWithinLimits ? json + plan.tail : undefined;
  }

  return {
    answer(plan, split, sight) {
      const table = tableOf(plan, sight.tenant);
      const { bytes } = table;
      try {
        return write(plan, split, { table, sight });
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
  previous: Fragment | undefined;
}

/**
 * The fragment of the representation that begins there. Representations come in the same order again and again: to
 * compare with the one that is expected takes a fraction of the time of hashing.
 */
function findKnown(table: FragmentTable, body: string, { at, previous }: Place) {
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
function reuse({ at, identity, json }: Fragment, sight: Sight): string | undefined {
  const seen = sight.see(at);
  if (seen?.identity !== identity) return undefined;
  sight.note(seen.reading);
  return json;
}

/** What one request reads from and adds to. */
interface Of {
  table: FragmentTable;
  sight: Sight;
}

/** As the entities of the graph are found. Undefined: not from what is at hand, or with an error. */
function make(plan: EntitiesPlan, raw: string, { table, sight }: Of): string | undefined {
  const { typeName, id } = readCanonical(raw) ?? {};
  if (typeName === undefined || id === undefined) return undefined;
  const { providers } = sight.tenant;
  const at = providers.findIndex(({ provider }) => provider.badgeClass.name === typeName);
  const provider = providers[at]?.provider;
  const seen = provider?.isBadgeId(id) ? sight.see(at) : undefined;
  if (!provider || !seen) return undefined;
  const badge = findOrRefuse(() => seen.reading.snapshot.value.find(provider.canonicalId(id)));
  if (badge === undefined) return undefined;
  sight.note(seen.reading);
  if (badge === null) {
    // Not kept: there are more ids that are missing than badges.
    sight.noteMissing();
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
  table.bytes += bytesOf(raw, json) + AROUND_FRAGMENT;
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
