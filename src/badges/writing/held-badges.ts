import { z } from 'zod';
import { StateError } from '../../state/state-store.ts';
import type { StateStore } from '../../state/state-store.ts';
import { createSharedValue } from './shared-value.ts';
import type { OnUnreadable } from './stored-record.ts';

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
