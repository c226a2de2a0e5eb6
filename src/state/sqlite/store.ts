import { randomUUID } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  KEYS_AT_ONCE,
  type LogEntry,
  PAGE_CHARACTERS,
  StateError,
  type StateKeeper,
  type StateStore,
  createTimedLocks,
  endOfRange,
  inKeyPages,
  inPages,
} from '../state-store.ts';
import {
  type Origin,
  adopt,
  hasTraces,
  judgeOrigin,
  noteOpenedCopy,
  openDatabaseToRead,
  refuseForeignLog,
  toMarker,
  writeMarker,
} from './copies.ts';
import {
  type Folder,
  closeDatabase,
  createGroupedWrites,
  lockFolder,
  makeFolder,
  openDatabase,
  toStateError,
  toText,
  wholeText,
  withStateErrors,
} from './database.ts';
import { createEmbeddedKeeper } from './keeper.ts';

/** Every hundredth write also removes expired values, at most `PURGED_AT_ONCE`. */
const WRITES_PER_PURGE = 100;
const PURGED_AT_ONCE = 500;
/** A smaller correction of the clock does not matter to values that are kept for hours. */
const MIN_CORRECTION_MS = 60_000;

/** Reads a range of the index, so that other keys do not slow it down. */
export const KEYS_IN_RANGE = `
  SELECT ${wholeText('key')} FROM state_values
  WHERE key >= :from AND key < :end AND (expires_at IS NULL OR expires_at > :now)
  ORDER BY state_values.key LIMIT ${KEYS_AT_ONCE}`;
/** SQLite sorts blobs after every text. */
const AFTER_ALL_TEXTS = new Uint8Array();

interface ExpiryClocks {
  /** Epoch milliseconds, so that values also expire while no process runs. */
  now: () => number;
  /** Monotonic milliseconds. With them, no value expires early when the clock is set forward. */
  monotonic?: () => number;
}

interface EmbeddedValues {
  read(key: string): string | null;
  /** A page of the keys that begin with `prefix`, in order, beginning with `from`. */
  keys(prefix: string, from: string): string[];
  /** Call it inside a transaction. */
  write(key: string, value: string | null, ttlMs: number | undefined): void;
}

function createEmbeddedValues(database: DatabaseSync, clocks: ExpiryClocks): EmbeddedValues {
  const select = database.prepare(
    `SELECT ${wholeText('value')} FROM state_values
     WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)`,
  );
  const upsert = database.prepare(
    `INSERT INTO state_values (key, value, expires_at, written_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value,
       expires_at = excluded.expires_at, written_at = excluded.written_at`,
  );
  const remove = database.prepare('DELETE FROM state_values WHERE key = ?');
  const purge = database.prepare(
    `DELETE FROM state_values
     WHERE key IN (SELECT key FROM state_values WHERE expires_at <= ? LIMIT ${PURGED_AT_ONCE})`,
  );
  const selectKeys = database.prepare(KEYS_IN_RANGE);
  const postpone = database.prepare(
    'UPDATE state_values SET expires_at = expires_at + ? WHERE expires_at IS NOT NULL',
  );
  const { monotonic = clocks.now } = clocks;
  let offset = clocks.now() - monotonic();
  let writes = 0;

  /** A machine that starts with a wrong clock and corrects it must not lose values. */
  function now(): number {
    const time = clocks.now();
    const aheadMs = time - monotonic() - offset;
    offset += aheadMs;
    if (aheadMs >= MIN_CORRECTION_MS) postpone.run(aheadMs);
    return time;
  }

  return {
    read(key) {
      const row = select.get(key, now());
      return row ? toText(row.value) : null;
    },
    keys(prefix, from) {
      const range = { from, end: endOfRange(prefix) ?? AFTER_ALL_TEXTS, now: now() };
      return selectKeys.all(range).map(({ key }) => toText(key));
    },
    write(key, value, ttlMs) {
      if (writes++ % WRITES_PER_PURGE === 0) purge.run(now());
      if (value === null) remove.run(key);
      else {
        const at = now();
        upsert.run(key, value, ttlMs === undefined ? null : at + ttlMs, at);
      }
    },
  };
}

const PAGE = 100;
/** Other texts are not positions of this store: no entry is older. */
const POSITION = /^\d{1,15}$/;
const AFTER_ALL = '9'.repeat(15);

export type LogReader = Pick<StateStore, 'readBackward' | 'readForward'>;

/** Opens the logs for reading, whether the process that writes them runs or not. */
export function openEmbeddedLog({ folder }: Folder): LogReader & Pick<StateStore, 'close'> {
  return withStateErrors({ folder }, () => {
    const { database, close } = openDatabaseToRead({ folder });
    return {
      ...createLogReader(database, { folder }),
      close: async () => withStateErrors({ folder }, close),
    };
  });
}

function createLogReader(database: DatabaseSync, { folder }: Folder): LogReader {
  const backward = database.prepare(
    `SELECT position, ${wholeText('entry')} FROM log_entries
     WHERE log = ? AND position < ? ORDER BY position DESC LIMIT ?`,
  );
  const forward = database.prepare(
    `SELECT position, ${wholeText('entry')} FROM log_entries
     WHERE log = ? AND position > ? ORDER BY position LIMIT ?`,
  );

  return {
    async readBackward(log, { before = AFTER_ALL, limit }) {
      if (!POSITION.test(before)) return [];
      return withStateErrors({ folder }, () => {
        const entries: LogEntry[] = [];
        let characters = 0;
        for (const row of backward.iterate(log, Number(before), limit)) {
          const read = toLogEntry(row);
          entries.push(read);
          characters += read.entry.length;
          if (characters >= PAGE_CHARACTERS) break;
        }
        return entries;
      });
    },
    readForward: (log) =>
      inPages(PAGE, async (after = '0') =>
        withStateErrors({ folder }, () => forward.all(log, Number(after), PAGE).map(toLogEntry)),
      ),
  };
}

/** Call the result inside a transaction. */
function createLogWriter(
  database: DatabaseSync,
  now: () => number,
): (log: string, entry: string) => void {
  const insert = database.prepare(
    'INSERT INTO log_entries (log, entry, written_at) VALUES (?, ?, ?)',
  );
  return (log, entry) => void insert.run(log, entry, now());
}

function toLogEntry({ position, entry }: Record<string, SQLOutputValue>): LogEntry {
  return { position: String(position), entry: toText(entry) };
}

interface EmbeddedStoreOptions extends ExpiryClocks {
  /** Created if it is missing. Only one process can use it at a time. */
  folder: string;
}

export interface EmbeddedStore extends StateStore, StateKeeper {
  readonly origin: Origin;
  /** From now on, a copy is the current state. */
  adopt(): void;
}

/** The state in a folder of this machine. Throws a `StateError` if it cannot be opened. */
export function createEmbeddedStore({ folder, ...clocks }: EmbeddedStoreOptions): EmbeddedStore {
  const { owner, database, origin } = open(folder);
  const values = createEmbeddedValues(database, clocks);
  const writeLog = createLogWriter(database, clocks.now);
  const locks = createTimedLocks();
  let isAdopted = origin !== 'copy';
  const instanceId = randomUUID();

  const read = <T>(ask: () => T): T => withStateErrors({ folder }, ask);
  const writes = createGroupedWrites(database);
  async function write<T>(work: () => T): Promise<T> {
    try {
      return await writes.write(work);
    } catch (error) {
      throw toStateError({ folder }, error);
    }
  }

  return {
    instanceId,
    // Only this process can have the folder open, so all earlier ones have ended.
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
      // Only this process can have the folder open.
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
        writes.flush();
        const marker = isAdopted ? toMarker(database, { folder }) : null;
        closeDatabase(database);
        if (marker) writeMarker({ folder }, marker);
      });
      owner.release();
    },
  };
}

/** The machine's clock, but without jumps forward while this process runs, which would make records look old. */
function createSteadyTime({ now, monotonic = now }: ExpiryClocks): () => number {
  const offset = now() - monotonic();
  return () => Math.min(now(), monotonic() + offset);
}

function open(folder: string) {
  return withStateErrors({ folder }, () => {
    makeFolder({ folder });
    const hadTraces = hasTraces({ folder });
    const owner = lockFolder({ folder });
    try {
      refuseForeignLog({ folder });
      const { database, wasEmpty } = openDatabase({ folder });
      try {
        const origin = judgeOrigin(database, { folder, hadTraces, wasEmpty });
        if (origin === 'copy') noteOpenedCopy(database, { folder });
        else adopt(database, { folder });
        return { owner, database, origin };
      } catch (error) {
        database.close();
        throw error;
      }
    } catch (error) {
      owner.release();
      throw error;
    }
  });
}
