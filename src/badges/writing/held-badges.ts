import { z } from 'zod';
import { StateError, type StateStore } from '../../state/state-store.ts';
import {
  FORMAT,
  type OnUnreadable,
  type UnreadableRecord,
  isOfNewerFormat,
  readStored,
} from './stored-record.ts';

/** A small value under one key of the store, which all replicas read and change. */
export interface SharedValue<T> {
  /** `empty` for what is not there or cannot be read. Rejects with a `StateError`. */
  read(): Promise<T>;
  /** Changes what is there by then; nothing is written where nothing changes. Rejects with a `StateError`. */
  change(edit: (value: T) => T): Promise<T>;
}

/** A key that is another one at every look is out of reach. */
const MAX_TRIES = 20;

interface SharedValueOptions<T> {
  store: Pick<StateStore, 'get' | 'compareAndSet'>;
  key: string;
  kind: UnreadableRecord['kind'];
  schema: z.ZodType<T>;
  empty: T;
  onUnreadable: OnUnreadable;
}

/** What is damaged is told of and replaced by the next change; what a newer version wrote is left as it is. */
export function createSharedValue<T extends object>(
  options: SharedValueOptions<T>,
): SharedValue<T> {
  const { store, key, kind, schema, empty, onUnreadable } = options;
  function parse(text: string | null): T {
    if (text === null) return empty;
    const reading = readStored(text, schema);
    if ('record' in reading) return reading.record;
    onUnreadable({ kind, key, reason: reading.unreadable });
    return empty;
  }

  return {
    read: async () => parse(await store.get(key)),
    async change(edit) {
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const expected = await store.get(key);
        if (expected !== null && isOfNewerFormat(expected)) {
          throw new StateError(
            'unavailable',
            'This value was written by a newer version of this service',
          );
        }
        const before = parse(expected);
        const after = edit(before);
        const value = JSON.stringify({ format: FORMAT, ...after });
        const isSame = value === JSON.stringify({ format: FORMAT, ...before });
        if (isSame || (await store.compareAndSet(key, { expected, value }))) return after;
      }
      throw new StateError('busy', 'A shared value was changed concurrently too often');
    },
  };
}

/** Which badges a member was awarded through this service and has not lost through it, as far as it knows. */
export interface HeldBadges {
  /** Of the given badges those that the member holds. Empty while the store is out of reach. */
  among(badgeIds: readonly string[]): Promise<string[]>;
  /** Rejects with a `StateError`. */
  award(badgeIds: readonly string[]): Promise<void>;
  /** Rejects with a `StateError`. */
  revoke(badgeIds: readonly string[]): Promise<void>;
}

/** More are awarded by a script; the oldest are dropped. */
const MAX_HELD = 1_000;
const schema = z.object({ badgeIds: z.array(z.string()) });

export function createHeldBadges({
  store,
  key,
  onUnreadable,
}: {
  store: StateStore;
  key: string;
  onUnreadable: OnUnreadable;
}): HeldBadges {
  const empty = { badgeIds: [] };
  const kind = 'badges of a member';
  const held = createSharedValue({ store, key, kind, schema, empty, onUnreadable });
  function others(all: readonly string[], badgeIds: readonly string[]): string[] {
    const given = new Set(badgeIds);
    return all.filter((id) => !given.has(id));
  }
  return {
    async among(badgeIds) {
      try {
        const known = new Set((await held.read()).badgeIds);
        return badgeIds.filter((id) => known.has(id));
      } catch (error) {
        if (!(error instanceof StateError)) throw error;
        return [];
      }
    },
    async award(badgeIds) {
      await held.change((known) => ({
        badgeIds: [...others(known.badgeIds, badgeIds), ...badgeIds].slice(-MAX_HELD),
      }));
    },
    async revoke(badgeIds) {
      await held.change((known) => ({ badgeIds: others(known.badgeIds, badgeIds) }));
    },
  };
}
