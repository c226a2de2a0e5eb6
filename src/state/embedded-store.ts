import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  closeDatabase,
  inTransaction,
  makeFolder,
  openDatabase,
  reach,
} from './embedded-database.ts';
import { createEmbeddedKeeper } from './embedded-keeper.ts';
import { createLogReader, createLogWriter } from './embedded-log.ts';
import {
  adopt,
  hasTraces,
  judgeOrigin,
  refuseForeignLog,
  toMarker,
  writeMarker,
} from './embedded-origin.ts';
import type { Origin } from './embedded-origin.ts';
import { takeFolder } from './embedded-owner.ts';
import { createEmbeddedValues } from './embedded-values.ts';
import type { ExpiryClocks } from './embedded-values.ts';
import type { StateKeeper } from './state-keeper.ts';
import { inKeyPages } from './key-range.ts';
import { StateError } from './state-store.ts';
import type { StateStore } from './state-store.ts';
import { createTimedLocks } from './timed-locks.ts';

export interface EmbeddedStoreOptions extends ExpiryClocks {
  /** Made if it is missing. It belongs to one process at a time. */
  folder: string;
}

export interface EmbeddedStore extends StateStore, StateKeeper {
  readonly origin: Origin;
  /** Of a copy: from now on it is the state that counts. */
  adopt(): void;
}

/** State in a folder of this machine. Throws a `StateError` if it cannot be opened. */
export function createEmbeddedStore({ folder, ...clocks }: EmbeddedStoreOptions): EmbeddedStore {
  const { owner, database, origin } = open(folder);
  const values = createEmbeddedValues(database, clocks);
  const writeLog = createLogWriter(database, clocks.now);
  const locks = createTimedLocks();
  let isAdopted = origin !== 'copy';
  const instanceId = randomUUID();

  const read = <T>(ask: () => T): T => reach({ folder }, ask);
  const write = <T>(work: () => T): T => read(() => inTransaction(database, work));

  return {
    instanceId,
    // Nobody else can have the folder open, so every earlier user of it has ended.
    isAlive: async (id) => id === instanceId,

    get: async (key) => read(() => values.read(key)),
    set: async (key, value, { ttlMs } = {}) => write(() => values.write(key, value, ttlMs)),
    compareAndSet: async (key, { expected, value, ttlMs }) =>
      write(() => {
        if (values.read(key) !== expected) return false;
        values.write(key, value, ttlMs);
        return true;
      }),

    keys: (prefix) =>
      inKeyPages(prefix, async (from) => {
        await nextTurn();
        return read(() => values.keys(prefix, from));
      }),
    append: async (logs, entry, { closing, ownEntries } = {}) =>
      write(() => {
        if (closing !== undefined) {
          if (values.read(closing) === null) return;
          values.write(closing, null, undefined);
        }
        new Set(logs).forEach((log) => writeLog(log, ownEntries?.get(log) ?? entry));
      }),
    ...createLogReader(database, { folder }),
    ...createEmbeddedKeeper(database, { folder, now: createSteadyTime(clocks) }),

    async withLock(key, { waitMs }, work) {
      if (!database.isOpen) throw new StateError('unavailable', `The state in ${folder} is closed`);
      // Nobody else can have the folder open.
      return locks.withLock(key, waitMs, () => work({ secure: async () => undefined }));
    },

    origin,
    adopt() {
      read(() => adopt(database, { folder }));
      isAdopted = true;
    },

    async close() {
      if (!database.isOpen) return;
      read(() => {
        const marker = isAdopted ? toMarker(database, { folder }) : null;
        closeDatabase(database);
        if (marker) writeMarker({ folder }, marker);
      });
      owner.release();
    },
  };
}

/** The machine's clock, unless it is set forward while this process runs: then nothing is older than it was. */
function createSteadyTime({ now, monotonic = now }: ExpiryClocks): () => number {
  const offset = now() - monotonic();
  return () => Math.min(now(), monotonic() + offset);
}

function open(folder: string) {
  return reach({ folder }, () => {
    makeFolder({ folder });
    const hadTraces = hasTraces({ folder });
    const owner = takeFolder({ folder });
    try {
      refuseForeignLog({ folder });
      const { database, wasEmpty } = openDatabase({ folder });
      const origin = judgeOrigin(database, { folder, hadTraces, wasEmpty });
      if (origin !== 'copy') adopt(database, { folder });
      return { owner, database, origin };
    } catch (error) {
      owner.release();
      throw error;
    }
  });
}
