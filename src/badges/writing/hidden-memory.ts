import { z } from 'zod';
import type { RememberedFields } from '../../providers/provider.ts';
import type { StateStore } from '../../state/state-store.ts';
import { insist } from './insist.ts';
import { FORMAT, readStored } from './stored-record.ts';
import type { OnUnreadable } from './stored-record.ts';

const fieldsSchema = z.object({ values: z.record(z.string(), z.unknown()), at: z.string() });
const memorySchema = z.object({
  settled: fieldsSchema.nullable(),
  pending: fieldsSchema.nullable(),
  /** What stood here before the pending values and cannot be read: it comes back if they had no effect. */
  unreadable: z.string().optional(),
});
type Memory = z.output<typeof memorySchema>;

/**
 * The fields of one badge that its provider never shows, as this service wrote them last.
 * Used under the badge's lock only. Values are pending from before their send until the outcome is known;
 * where pending values that never settled differ from settled ones, the field is unknown.
 */
export interface HiddenMemory {
  /** Null: nothing known. */
  recall(): Promise<RememberedFields | null>;
  /** What is about to be sent. */
  pend(values: Readonly<Record<string, unknown>>): Promise<void>;
  /** What was sent took effect. */
  settle(values: Readonly<Record<string, unknown>>): Promise<void>;
  /** What was sent had no effect. */
  revert(): Promise<void>;
  /** Values were sent that the store could not take: what it holds is not to be trusted. */
  doubt(): void;
  /** The badge is gone. */
  forget(): Promise<void>;
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
  const stamp = (values: Readonly<Record<string, unknown>>): RememberedFields => ({
    values,
    at: new Date(wallTime()).toISOString(),
  });

  async function forgetDoubtful(): Promise<void> {
    if (!doubtful.has(key)) return;
    await store.set(key, null);
    doubtful.delete(key);
  }

  async function read(): Promise<{ memory: Memory | null; unreadable?: string }> {
    const text = await store.get(key);
    if (text === null) return { memory: null };
    const reading = readStored(text, memorySchema);
    if ('record' in reading) return { memory: reading.record };
    onUnreadable({ kind: 'remembered fields', key, reason: reading.unreadable });
    return { memory: null, unreadable: text };
  }

  async function recall(): Promise<RememberedFields | null> {
    await forgetDoubtful();
    const { memory } = await read();
    return memory && knownFields(memory);
  }

  async function keep(memory: Memory): Promise<void> {
    await store.set(key, JSON.stringify({ format: FORMAT, ...memory }));
  }

  return {
    recall,
    async pend(values) {
      await forgetDoubtful();
      const { memory, unreadable } = await read();
      const settled = memory && knownFields(memory);
      await keep({
        settled,
        pending: stamp(values),
        ...(unreadable !== undefined && { unreadable }),
      });
    },
    settle: async (values) => keep({ settled: stamp(values), pending: null }),
    async revert() {
      const { memory } = await read();
      if (!memory) return;
      if (memory.unreadable !== undefined) await store.set(key, memory.unreadable);
      else await keep({ settled: memory.settled, pending: null });
    },
    doubt() {
      doubtful.add(key);
      // Other replicas do not know of the doubt: all they can be told is to forget.
      insist(forgetDoubtful);
    },
    forget: async () => store.set(key, null),
  };
}

function knownFields({ settled, pending }: Memory): RememberedFields | null {
  if (!settled || !pending) return settled;
  const values = Object.fromEntries(
    Object.entries(settled.values).filter(([field, value]) => pending.values[field] === value),
  );
  return { values, at: settled.at };
}
