/**
 * Whole answers to `badge` and `badges` that were asked for more than once, found again by the bytes of the body, for one
 * tenant.
 *
 * Promises: an answer is used only while every list that it was made from is the one that a read would give, and has the
 * same time, state and failure.
 */
import { LRUCache } from 'lru-cache';
import { INCOMPLETE_KEEP_MS, listTag } from '../../badges/context.ts';
import type { Tenant } from '../../badges/tenant.ts';
import { isObject } from '../../http/json.ts';
import { type Keep, type Kept, bytesOf, toFlat } from '../keep.ts';
import type { Written } from './query-plan.ts';
import { type BadgeReading, type Identity, type Sight, identityOf } from './sight.ts';

/** A body with each character a byte of it, and who sends it. */
export interface Sent {
  body: string;
  tenant: Tenant;
}

export interface KeptAnswers {
  /** Undefined: none is kept, or not from the present lists. */
  find(body: string, sight: Sight): Pick<Written, 'text' | 'countedBytes'> | undefined;
  /** Whether the same was sent a short while ago, so that its answer is worth keeping. */
  isRepeated(sent: Sent): boolean;
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
  text: string;
  countedBytes: number;
  lists: readonly UsedList[];
  isBadgeMissing: boolean;
}

const BYTES_AROUND = 300;
/** Of bodies that were sent lately, whose answers are not kept. */
const SENT_CHARACTERS = 1024 * 1024;

export function createKeptAnswers(keep: Keep): KeptAnswers {
  const byKey = new Map<string, KeptAnswer>();
  const lately = new LRUCache<string, true>({
    maxSize: SENT_CHARACTERS,
    sizeCalculation: (_, { length }) => length,
  });
  const keyOf = ({ body, tenant }: Sent): string => `${identityOf(tenant)} ${body}`;

  function drop(key: string): void {
    const kept = byKey.get(key);
    if (kept) keep.drop(kept);
  }

  return {
    find(body, sight) {
      const kept = byKey.get(keyOf({ body, tenant: sight.tenant }));
      if (!kept?.lists.every((list) => isSame(list, useOf(list.at, sight)))) return undefined;
      if (kept.isBadgeMissing) sight.noteMissing();
      keep.use(kept);
      return kept;
    },
    isRepeated(sent) {
      const key = toFlat(keyOf(sent));
      if (lately.get(key)) return true;
      lately.set(key, true);
      return false;
    },
    keep(sent, { text, used, countedBytes }, { before, after }) {
      const { providers } = sent.tenant;
      const lists: UsedList[] = [];
      for (const [at, { provider }] of providers.entries()) {
        if (!used.tags.has(listTag(provider))) continue;
        const list = steadyUseOf(at, { before, after });
        if (!list) return;
        lists.push(list);
      }
      if (lists.length === 0) return;
      const key = toFlat(keyOf(sent));
      drop(key);
      const kept: KeptAnswer = {
        kind: 'answers',
        onDrop: () => void (byKey.get(key) === kept && byKey.delete(key)),
        text: toFlat(text),
        countedBytes,
        lists,
        isBadgeMissing: used.keepMs <= INCOMPLETE_KEEP_MS,
      };
      byKey.set(key, kept);
      keep.put(kept, bytesOf(key, text) + BYTES_AROUND);
    },
    drop: (sent) => drop(keyOf(sent)),
  };
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
