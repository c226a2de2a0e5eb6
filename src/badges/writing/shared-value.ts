import type { z } from 'zod';
import { StateError } from '../../state/state-store.ts';
import type { StateStore } from '../../state/state-store.ts';
import { FORMAT, readStored } from './stored-record.ts';

/** A small value under one key of the store, which all replicas read and change. */
export interface SharedValue<T> {
  /** `empty` for what is not there or cannot be read. Rejects with a `StateError`. */
  read(): Promise<T>;
  /** Changes what is there by then; nothing is written where nothing changes. Rejects with a `StateError`. */
  change(edit: (value: T) => T): Promise<T>;
}

/** A key that is another one at every look is out of reach. */
const MAX_TRIES = 20;

/** What cannot be read is another version's, or damaged: the next change replaces it. */
export function createSharedValue<T extends object>({
  store,
  key,
  schema,
  empty,
}: {
  store: Pick<StateStore, 'get' | 'compareAndSet'>;
  key: string;
  schema: z.ZodType<T>;
  empty: T;
}): SharedValue<T> {
  function parse(text: string | null): T {
    const reading = text === null ? { record: empty } : readStored(text, schema);
    return 'record' in reading ? reading.record : empty;
  }

  return {
    read: async () => parse(await store.get(key)),
    async change(edit) {
      for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        const expected = await store.get(key);
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
