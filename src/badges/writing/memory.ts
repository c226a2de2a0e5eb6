import { z } from 'zod';
import type { RememberedFields } from '../../providers/provider.ts';
import { StateError, type StateStore } from '../../state/state-store.ts';
import {
  FORMAT,
  type OnUnreadable,
  createSharedValue,
  readStored,
  retryInBackground,
  toStateKey,
} from './stored-record.ts';
import type { Mutation } from './write.ts';

const fieldsSchema = z.object({
  values: z.record(z.string(), z.unknown()),
  at: z.string(),
  /** Records of the badge, one of which is its state after the write. Absent if unknown. */
  left: z.array(z.unknown()).optional(),
});
const memorySchema = z.object({
  settled: fieldsSchema.nullable(),
  pending: fieldsSchema.nullable(),
});
type Memory = z.output<typeof memorySchema>;
type Values = Readonly<Record<string, unknown>>;

/**
 * The values that this service wrote last into the fields of one badge that its provider does not show.
 * One object serves one write, under the lock of the badge. Values are pending from before the send until the outcome is
 * known. A field is unknown if its pending value never settled and differs from the settled one.
 */
interface HiddenMemory {
  /** Null if nothing is known. */
  recall(): Promise<RememberedFields | null>;
  /** Remembers the values that are about to be sent, and the record that the badge will have (undefined if unknown). */
  pend(values: Values, left: object | undefined): Promise<void>;
  /** The write was applied, and the badge now has one of these records. */
  settle(values: Values, ...left: readonly object[]): Promise<void>;
  /** The write was not sent or had no effect: restores what was remembered before. Retried in the background if the store fails. */
  withdraw(): Promise<void>;
  /** Values were sent that the store could not take, so the remembered ones are not to be trusted. */
  doubt(): void;
  /** The badge was deleted. */
  forget(): Promise<void>;
}

interface Stored {
  /** Null if there is none, or it cannot be read. */
  memory: Memory | null;
  text: string | null;
}

export function createHiddenMemory(
  store: StateStore,
  options: {
    key: string;
    wallTime: () => number;
    doubtful: Set<string>;
    onUnreadable: OnUnreadable;
  },
): HiddenMemory {
  const { key, wallTime, doubtful, onUnreadable } = options;
  /** What was read, until something is written. */
  let known: Stored | undefined;
  /** The stored texts before this write was pending, and since. */
  let pended: { before: string | null; since: string } | undefined;
  const stamp = (values: Values, left: readonly object[]) => {
    const at = new Date(wallTime()).toISOString();
    // Without a record to compare with, the values are sent only if the caller asks for it.
    if (isTooLong(values, ...left)) return { values: withoutLong(values), at, left: [] };
    return { values, at, left: [...left] };
  };

  async function forgetDoubtful(): Promise<void> {
    if (!doubtful.has(key)) return;
    await put(null);
    doubtful.delete(key);
  }

  async function put(text: string | null): Promise<void> {
    known = undefined;
    await store.set(key, text);
  }

  async function read(): Promise<Stored> {
    const text = await store.get(key);
    if (text === null) return { memory: null, text };
    const reading = readStored(text, memorySchema);
    if ('record' in reading) return { memory: reading.record, text };
    onUnreadable({ kind: 'remembered fields', key, reason: reading.unreadable });
    return { memory: null, text };
  }

  async function recall(): Promise<RememberedFields | null> {
    await forgetDoubtful();
    known = await read();
    return known.memory && knownFields(known.memory);
  }

  return {
    recall,
    async pend(values, left) {
      await forgetDoubtful();
      known ??= await read();
      const { memory, text } = known;
      const settled = memory && toSettled(memory);
      const since = toText({ settled, pending: stamp(values, left ? [left] : []) });
      pended = { before: text, since };
      await put(since);
    },
    async settle(values, ...left) {
      await put(toText({ settled: stamp(values, left), pending: null }));
    },
    async withdraw() {
      if (!pended) return;
      const { before, since } = pended;
      known = undefined;
      // Replaces only the text of this write: by the time of a retry, another write may have changed it.
      const restore = () => store.compareAndSet(key, { expected: since, value: before });
      try {
        await restore();
      } catch (error) {
        if (!(error instanceof StateError)) throw error;
        retryInBackground(store, restore);
      }
    },
    doubt() {
      if (doubtful.has(key)) return;
      doubtful.add(key);
      // Other replicas do not know of the doubt, so the values are forgotten as soon as the store can be reached.
      retryInBackground(store, forgetDoubtful);
    },
    forget: async () => put(null),
  };
}

/** The maximum for all texts of a badge, which keeps the store fast. */
const MAX_CHARACTERS = 2_000_000;
const LONG_CHARACTERS = 100_000;

function isTooLong(...records: readonly object[]): boolean {
  const texts = records.flatMap((record): unknown[] => Object.values(record));
  return texts.reduce<number>((sum, text) => sum + lengthOf(text), 0) > MAX_CHARACTERS;
}

function withoutLong(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => lengthOf(value) <= LONG_CHARACTERS),
  );
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}

function toText(memory: Memory): string {
  return JSON.stringify({ format: FORMAT, ...memory });
}

/** The number of records kept for a badge whose last writes never settled. */
const MAX_LEFT = 5;

function knownFields(memory: Memory): RememberedFields | null {
  const settled = toSettled(memory);
  return settled && { ...settled, left: settled.left ?? [] };
}

/** If a write never settled, the values on which it and the one before it agree, with the records of both. */
function toSettled({ settled, pending }: Memory): Memory['settled'] {
  if (!settled || !pending) return settled;
  const agreed = Object.entries(settled.values).filter(
    ([field, value]) => pending.values[field] === value,
  );
  const left = [...(pending.left ?? []), ...(settled.left ?? [])].slice(0, MAX_LEFT);
  return { values: Object.fromEntries(agreed), at: settled.at, left };
}

/** Prefix of the keys of remembered values. */
const MEMORIES = 'hidden/';

const keptSchema = z.looseObject({});
const doubtedMemorySchema = z.looseObject({
  settled: keptSchema.nullable(),
  pending: keptSchema.nullable(),
});

/**
 * Called after an older copy of the state was restored: a badge may have been written since, so what it shows no longer
 * confirms the remembered values. They are kept, and sent only if the caller asks for it.
 * Returns the number of badges with remembered values.
 */
export async function doubtMemories(store: StateStore): Promise<number> {
  let memories = 0;
  for await (const key of store.keys(MEMORIES)) {
    const text = await store.get(key);
    if (text === null) continue;
    memories += 1;
    const reading = readStored(text, doubtedMemorySchema);
    // Values that cannot be read are never sent.
    if ('unreadable' in reading) continue;
    const { settled, pending } = reading.record;
    const doubted = { ...reading.record, settled: doubt(settled), pending: doubt(pending) };
    await store.compareAndSet(key, { expected: text, value: JSON.stringify(doubted) });
  }
  return memories;
}

function doubt(fields: z.output<typeof keptSchema> | null): object | null {
  return fields && { ...fields, left: undefined };
}

/** What is remembered of the hidden fields of one badge. */
export function createMemoryOf(
  { of, context: { tenant } }: Mutation,
  badgeId: string,
): HiddenMemory {
  return createHiddenMemory(tenant.store, {
    key: toStateKey('hidden', tenant.id, of.provider.name.enumValue, badgeId),
    wallTime: tenant.wallTime,
    doubtful: tenant.doubtfulMemories,
    onUnreadable: tenant.onUnreadable,
  });
}

/** The badges that a member was awarded through this service and has not lost through it, as far as it knows. */
interface HeldBadges {
  /** Of the given badges, those that the member holds. Rejects with a `StateError`. */
  among(badgeIds: readonly string[]): Promise<string[]>;
  /** Rejects with a `StateError`. */
  award(badgeIds: readonly string[]): Promise<void>;
  /** Rejects with a `StateError`. */
  revoke(badgeIds: readonly string[]): Promise<void>;
}

/** The oldest are dropped. */
const MAX_HELD = 1_000;
const heldSchema = z.object({ badgeIds: z.array(z.string()) });

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
  const held = createSharedValue({ store, key, kind, schema: heldSchema, empty, onUnreadable });
  function others(all: readonly string[], badgeIds: readonly string[]): string[] {
    const given = new Set(badgeIds);
    return all.filter((id) => !given.has(id));
  }
  return {
    async among(badgeIds) {
      const known = new Set((await held.read()).badgeIds);
      return badgeIds.filter((id) => known.has(id));
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

export function createHeldOf({ of, context: { tenant } }: Mutation, memberId: string): HeldBadges {
  const { store, onUnreadable } = tenant;
  const key = toStateKey('held', tenant.id, of.provider.name.enumValue, memberId);
  return createHeldBadges({ store, key, onUnreadable });
}
