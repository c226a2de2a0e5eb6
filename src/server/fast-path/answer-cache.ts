/**
 * The answer cache has whole answers to queries that were asked more than once, found by the bytes of the body, for one
 * tenant.
 *
 * Promises: an answer is used only while every list that it was made from is the one that a read would give, and has the
 * same time, state and failure. Whether an answer is worth keeping depends only on what its own tenant asked lately,
 * whatever others ask.
 */
import { hash } from 'node:crypto';
import { type BadgesContext, INCOMPLETE_KEEP_MS, listTag } from '../../badges/context.ts';
import type { Tenant } from '../../badges/tenant.ts';
import { isObject } from '../../http/json.ts';
import type { OperationInfo, RequestEnded } from '../../telemetry/observer.ts';
import { type Keep, type Kept, bytesOf, toFlat } from '../keep.ts';
import {
  type BadgeReading,
  type Identity,
  type SnapshotView,
  identityOf,
} from './snapshot-view.ts';

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

export interface AnswerCache {
  /** Undefined: none is kept, or not from the present lists. */
  find(body: string, view: SnapshotView): CachedAnswer | undefined;
  /**
   * Whether this tenant has asked the same by this plan a short while ago, so that its answer is worth keeping.
   * `variables`: their bytes in the body.
   */
  isRepeated(plan: object, variables: string, tenant: Tenant): boolean;
  /** Keeps an answer from lists that are the same in both views, which are from before and after it was made. */
  keep(sent: Sent, written: Written, views: Views): void;
  drop(sent: Sent): void;
}

export interface Views {
  before: SnapshotView;
  after: SnapshotView;
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

interface CachedAnswer extends Kept {
  readonly text: string;
  readonly countedBytes: number;
  readonly operation: OperationInfo;
  readonly batchSize: number;
  lists: readonly UsedList[];
  isBadgeMissing: boolean;
}

const BYTES_AROUND = 600;

export function createAnswerCache(keep: Keep): AnswerCache {
  const ofTenants = new WeakMap<Tenant, Map<string, CachedAnswer>>();
  const latelyOf = new WeakMap<Tenant, Lately>();

  function drop({ body, tenant }: Sent): void {
    const kept = ofTenants.get(tenant)?.get(body);
    if (kept) keep.drop(kept);
  }

  return {
    find(body, view) {
      const kept = ofTenants.get(view.tenant)?.get(body);
      if (!kept?.lists.every((list) => isSame(list, useOf(list.at, view)))) return undefined;
      if (kept.isBadgeMissing) view.noteMissing();
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
      const ofTenant = ofTenants.get(tenant) ?? new Map<string, CachedAnswer>();
      const kept: CachedAnswer = {
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
export function steadyUseOf(at: number, { before, after }: Views): UsedList | undefined {
  const list = useOf(at, after);
  return list && isSame(list, useOf(at, before)) ? list : undefined;
}

/** Undefined: the list has to be read first. */
function useOf(at: number, view: SnapshotView): UsedList | undefined {
  const reading = view.see(at)?.reading;
  if (!reading) return undefined;
  view.note(reading);
  const { snapshot, state } = reading;
  const failure = isObject(reading.failure) ? identityOf(reading.failure) : undefined;
  const wallTime = view.tenant.toWallTime(snapshot.asOf);
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
