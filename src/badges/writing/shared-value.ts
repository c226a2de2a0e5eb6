import type { z } from 'zod';
import { StateError } from '../../state/state-store.ts';
import type { StateStore } from '../../state/state-store.ts';
import { FORMAT, isOfNewerFormat, readStored } from './stored-record.ts';
import type { OnUnreadable, UnreadableRecord } from './stored-record.ts';

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
          throw new StateError('unavailable', 'A newer version of this service wrote this value');
        }
        const before = parse(expected);
        const after = edit(before);
        const value = JSON.stringify({ format: FORMAT, ...after });
        const isSame = value === JSON.stringify({ format: FORMAT, ...before });
        if (isSame || (await store.compareAndSet(key, { expected, value }))) return after;
      }
      throw new StateError('busy', 'A shared value is changed by too many at once');
    },
  };
}
