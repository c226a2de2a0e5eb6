/**
 * What is kept for queries: whole answers that were asked for more than once, found again by the bytes of the body, for
 * one tenant; and badge fragments, the JSON of one badge at one place of a query plan, found again by the badge itself.
 *
 * Promises: a kept answer is used only while every list that it was made from is the one that a read would give, and has
 * the same time, state and failure. A badge that has a fragment is never another one, since badges do not change and
 * belong to lists of one tenant. A badge that is in no list any longer takes its fragment with it. Whether an answer is
 * worth keeping depends only on what its own tenant asked lately, whatever others ask.
 */
import { hash } from 'node:crypto';
import { type BadgesContext, INCOMPLETE_KEEP_MS, listTag } from '../../badges/context.ts';
import type { Tenant } from '../../badges/tenant.ts';
import { isObject } from '../../http/json.ts';
import type { OperationInfo, RequestEnded } from '../../telemetry/observer.ts';
import type { AnswerSize } from '../answers/answer-budget.ts';
import { type Keep, type Kept, bytesOf, toFlat } from '../keep.ts';
import { type BadgeReading, type Identity, type Sight, identityOf } from './head.ts';
import type { Render } from './render.ts';

/** A body with each character a byte of it, and who sends it. */
export interface Sent {
  body: string;
  tenant: Tenant;
}

export interface Written {
  /** The whole body, each character a byte of its UTF-8. */
  text: string;
  cacheControl: string;
  used: BadgesContext['used'];
  /** What the limits count of it is at most this. */
  countedBytes: number;
  operation: OperationInfo;
  seen: Pick<RequestEnded, 'eachSource'>;
}

export interface KeptAnswers {
  /** Undefined: none is kept, or not from the present lists. */
  find(body: string, sight: Sight): KeptAnswer | undefined;
  /**
   * Whether this tenant has asked the same by this plan a short while ago, so that its answer is worth keeping.
   * `variables`: their bytes in the body.
   */
  isRepeated(plan: object, variables: string, tenant: Tenant): boolean;
  /** Keeps an answer from lists that are the same in both sights, which are from before and after it was made. */
  keep(sent: Sent, written: Written, sights: Sights): void;
  drop(sent: Sent): void;
}

export interface Sights {
  before: Sight;
  after: Sight;
}

interface UsedList {
  /** The place of its provider among the tenant's. */
  at: number;
  /** Of the snapshot. */
  identity: Identity;
  /** Its time, as answers tell it: it changes when the machine's clock is corrected. */
  wallTime: number;
  /** An answer may tell it, and why there is no newer list. */
  state: BadgeReading['state'];
  failure: Identity | undefined;
}

interface KeptAnswer extends Kept {
  readonly text: string;
  readonly countedBytes: number;
  readonly operation: OperationInfo;
  readonly batchSize: number;
  lists: readonly UsedList[];
  isBadgeMissing: boolean;
}

const BYTES_AROUND = 600;

export function createKeptAnswers(keep: Keep): KeptAnswers {
  const ofTenants = new WeakMap<Tenant, Map<string, KeptAnswer>>();
  const latelyOf = new WeakMap<Tenant, Lately>();

  function drop({ body, tenant }: Sent): void {
    const kept = ofTenants.get(tenant)?.get(body);
    if (kept) keep.drop(kept);
  }

  return {
    find(body, sight) {
      const kept = ofTenants.get(sight.tenant)?.get(body);
      if (!kept?.lists.every((list) => isSame(list, useOf(list.at, sight)))) return undefined;
      if (kept.isBadgeMissing) sight.noteMissing();
      keep.use(kept);
      return kept;
    },
    isRepeated(plan, variables, tenant) {
      const lately = latelyOf.get(tenant) ?? new Lately();
      latelyOf.set(tenant, lately);
      return lately.note(`${identityOf(plan)} ${variables}`);
    },
    keep(sent, { text, used, countedBytes, operation }, { before, after }) {
      const { tenant } = sent;
      const lists: UsedList[] = [];
      for (const [at, { provider }] of tenant.providers.entries()) {
        if (!used.tags.has(listTag(provider))) continue;
        const list = steadyUseOf(at, { before, after });
        if (!list) return;
        lists.push(list);
      }
      if (lists.length === 0) return;
      drop(sent);
      const body = toFlat(sent.body);
      const ofTenant = ofTenants.get(tenant) ?? new Map<string, KeptAnswer>();
      const kept: KeptAnswer = {
        kind: 'answers',
        onDrop: () => void (ofTenant.get(body) === kept && ofTenant.delete(body)),
        text: toFlat(text),
        countedBytes,
        operation,
        batchSize: used.batchSize,
        lists,
        isBadgeMissing: used.keepMs <= INCOMPLETE_KEEP_MS,
      };
      ofTenants.set(tenant, ofTenant.set(body, kept));
      keep.put(kept, bytesOf(body, text) + BYTES_AROUND);
    },
    drop,
  };
}

/** A row has the places for what has the same remainder. */
const ROWS = 512;
const PLACES = 4;

/**
 * What one tenant asked lately, told apart by hashes, so that long texts take no more room than short ones: 8 KiB in
 * all. Of what is asked again after 500 other texts, 98 of 100 are known, and after 1,000 still 85.
 */
class Lately {
  readonly #marks = new Uint32Array(ROWS * PLACES);

  /** Whether it was noted before. */
  note(text: string): boolean {
    const mark = Number.parseInt(hash('sha256', text, 'hex').slice(0, 8), 16);
    const start = (mark % ROWS) * PLACES;
    const row = this.#marks.subarray(start, start + PLACES);
    const at = row.indexOf(mark);
    // The one that was noted last comes first, and the one that was noted longest ago is forgotten.
    row.copyWithin(1, 0, at === -1 ? PLACES - 1 : at);
    row[0] = mark;
    return at !== -1;
  }
}

/** Undefined: the list was replaced between the two, or has to be read first. */
export function steadyUseOf(at: number, { before, after }: Sights): UsedList | undefined {
  const list = useOf(at, after);
  return list && isSame(list, useOf(at, before)) ? list : undefined;
}

/** Undefined: the list has to be read first. */
function useOf(at: number, sight: Sight): UsedList | undefined {
  const reading = sight.see(at)?.reading;
  if (!reading) return undefined;
  sight.note(reading);
  const { snapshot, state } = reading;
  const failure = isObject(reading.failure) ? identityOf(reading.failure) : undefined;
  const wallTime = sight.tenant.toWallTime(snapshot.asOf);
  return { at, identity: identityOf(snapshot), wallTime, state, failure };
}

function isSame(one: UsedList, other: UsedList | undefined): boolean {
  return (
    one.identity === other?.identity &&
    one.wallTime === other.wallTime &&
    one.state === other.state &&
    one.failure === other.failure
  );
}

type Lists = readonly (Identity | undefined)[];

interface FragmentTable extends Kept {
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
const TABLE_BYTES = 900;
const PLACE_BYTES = 120;
const AROUND_FRAGMENT = 100;

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
  /** Begins an answer to the tenant of this sight. */
  begin(sight: Sight): Writing;
  /** Drops all of them. */
  forget(): void;
}

export function createBadgeFragments(keep: Keep): BadgeFragments {
  const tables = new Map<string, FragmentTable>();
  let places = 0;
  let current: { table: FragmentTable; counted: AnswerSize } | undefined;

  function tableFor(sight: Sight): FragmentTable {
    const { id, providers } = sight.tenant;
    const lists = providers.map((_, at) => sight.see(at)?.identity);
    const known = tables.get(id);
    if (known && mayGoOn(known, lists)) return known;
    if (known) keep.drop(known);
    const table: FragmentTable = {
      kind: 'fragments',
      lists,
      places: [],
      bytes: TABLE_BYTES,
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
        table.bytes += json.length + AROUND_FRAGMENT;
        return json;
      };
    },
    begin(sight) {
      const table = tableFor(sight);
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
          if (tables.get(sight.tenant.id) !== table) return;
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
function mayGoOn(table: FragmentTable, lists: Lists): boolean {
  if (table.lists.every((list, at) => list === lists[at])) return true;
  table.lists = lists;
  table.bytesAtFirst ??= table.bytes;
  return table.bytes <= 2 * table.bytesAtFirst + SLACK_BYTES;
}
