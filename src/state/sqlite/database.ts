import { chmodSync, closeSync, existsSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { StateError, reasonOf, toThrown } from '../state-store.ts';

/** How long SQLite waits for a reader of another process, ms. This blocks the event loop. */
export const BUSY_MS = 1000;
export const SQLITE_BUSY = 5;
/** The size to which a large write-ahead log is truncated, bytes. */
const WAL_BYTES = 16 * 1024 * 1024;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS state_values (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    expires_at REAL,
    written_at REAL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS state_values_by_expiry
    ON state_values (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE IF NOT EXISTS log_entries (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    log TEXT NOT NULL,
    entry TEXT NOT NULL,
    written_at REAL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS log_entries_by_log ON log_entries (log, position);
`;
/** Earlier versions have no such column, and write rows without it after a downgrade. */
const TABLES_BY_AGE = ['state_values', 'log_entries'];

export interface Folder {
  folder: string;
}

export const databaseFile = ({ folder }: Folder) => join(folder, 'state.sqlite');

/** `wasEmpty`: the database had no tables. */
export function openDatabase({ folder }: Folder): { database: DatabaseSync; wasEmpty: boolean } {
  makeFile(databaseFile({ folder }));
  const database = new DatabaseSync(databaseFile({ folder }), { timeout: BUSY_MS });
  // With less than FULL, a write may be acknowledged before it is on the disk.
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA journal_size_limit = ${WAL_BYTES};
    PRAGMA secure_delete = ON;
  `);
  const wasEmpty = database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  database.exec(SCHEMA);
  TABLES_BY_AGE.forEach((table) => addAge(database, table));
  return { database, wasEmpty };
}

function addAge(database: DatabaseSync, table: string): void {
  const columns = database.prepare(`SELECT name FROM pragma_table_info('${table}')`).all();
  if (!columns.some(({ name }) => name === 'written_at')) {
    database.exec(`ALTER TABLE ${table} ADD COLUMN written_at REAL`);
  }
  database.exec(`CREATE INDEX IF NOT EXISTS ${table}_by_age ON ${table} (written_at)`);
}

/**
 * Leaves everything in one file, which can be read where nothing can be written. If another process has it open, a
 * write-ahead log remains, which is empty unless that process is in the middle of a read.
 */
export function closeDatabase(database: DatabaseSync): void {
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)');
    database.exec('PRAGMA journal_mode = DELETE');
  } catch (error) {
    if (toThrown(error).errcode !== SQLITE_BUSY) throw error;
  } finally {
    database.close();
  }
}

/** Step by step, because Node's own recursion never ends below /proc. */
export function makeFolder({ folder }: Folder): void {
  if (existsSync(folder)) return;
  makeFolder({ folder: dirname(folder) });
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have created it.
    if (existsSync(folder)) return;
    const message = `The folder ${folder} cannot be created (${reasonOf(error)}). Set STATE_DIR to a folder in which files can be written.`;
    throw new StateError('unavailable', message, error);
  }
}

/**
 * SQLite itself would create a file that others may read. An existing file is not opened, because closing it again would
 * drop every lock of this process on it.
 */
export function makeFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (toThrown(error).code !== 'EEXIST') throw error;
  }
}

/** Selects a column for `toText`: Node 22 returns a text only up to its first NUL. */
export function wholeText(column: string): string {
  return `CAST(${column} AS BLOB) AS ${column}`;
}

export function toText(bytes: SQLOutputValue | undefined): string {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString() : '';
}

/** Runs `work` in a transaction. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // After some errors, such as a full disk, SQLite has ended the transaction already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** A change that waits for the next transaction. */
interface WaitingWrite {
  /** Runs it inside a transaction. */
  run: () => void;
  /** Called once it is committed. */
  resolve: () => void;
  reject: (error: unknown) => void;
}

export interface GroupedWrites {
  /** Resolves once the work is committed, and durable. It runs in the order of the calls. */
  write: <T>(work: () => T) => Promise<T>;
  /** Commits all that waits, now. */
  flush: () => void;
}

/** More would keep the process busy for milliseconds. */
const MAX_IN_GROUP = 100;

/**
 * Commits all writes of one round of the event loop in one transaction: to wait for the disk takes far more time than
 * the writes themselves. If the transaction fails, each of them is tried alone.
 */
export function createGroupedWrites(database: DatabaseSync): GroupedWrites {
  const waiting: WaitingWrite[] = [];

  function commit(group: readonly WaitingWrite[]): void {
    try {
      inTransaction(database, () => group.forEach(({ run }) => run()));
      group.forEach(({ resolve }) => resolve());
    } catch (error) {
      const [only] = group;
      if (group.length === 1) only?.reject(error);
      else group.forEach((each) => commit([each]));
    }
  }

  function flush(): void {
    while (waiting.length > 0) commit(waiting.splice(0, MAX_IN_GROUP));
  }

  function flushNext(): void {
    if (waiting.length === 0) return;
    commit(waiting.splice(0, MAX_IN_GROUP));
    if (waiting.length > 0) setImmediate(flushNext);
  }

  return {
    write: (work) =>
      new Promise((resolve, reject) => {
        let result: ReturnType<typeof work>;
        waiting.push({ run: () => (result = work()), resolve: () => resolve(result), reject });
        if (waiting.length === 1) setImmediate(flushNext);
      }),
    flush,
  };
}

/** Runs `ask`, and throws every failure as a `StateError`. */
export function withStateErrors<T>(of: Folder, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw toStateError(of, error);
  }
}

export function toStateError({ folder }: Folder, error: unknown): StateError {
  if (error instanceof StateError) return error;
  return new StateError(
    'unavailable',
    `The state in ${folder} is unavailable: ${reasonOf(error)}`,
    error,
  );
}

/**
 * Makes this process the only user of the folder, with a transaction that never ends. The operating system releases its
 * lock however the process ends, so no stale lock remains.
 */
export function lockFolder({ folder }: Folder): { release: () => void } {
  const file = join(folder, 'owner.sqlite');
  makeFile(file);
  const owner = new DatabaseSync(file, { timeout: 0 });
  try {
    owner.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    owner.close();
    if (toThrown(error).errcode !== SQLITE_BUSY) throw error;
    const message = `Another process uses the state folder ${folder}. Give each process its own STATE_DIR, or let all processes share a Redis with REDIS_URL.`;
    throw new StateError('unavailable', message, error);
  }
  return { release: () => owner.close() };
}

/** Throws unless the folder contains a state that no process uses. */
export function requireStopped({ folder }: Folder): void {
  if (!existsSync(databaseFile({ folder }))) {
    const message = `There is no state.sqlite in ${folder}. Set STATE_DIR to the folder that contains it.`;
    throw new StateError('unavailable', message);
  }
  withStateErrors({ folder }, () => {
    try {
      lockFolder({ folder }).release();
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      const message = `A running service uses the state folder ${folder}. Nothing was changed. Stop the service, run this again, and then start it.`;
      throw new StateError('unavailable', message, error);
    }
  });
}

const FILES = [
  'state.sqlite',
  'state.sqlite-wal',
  'state.sqlite-shm',
  'state.sqlite-journal',
  'state.marker',
  'owner.sqlite',
  'owner.sqlite-journal',
];
const RIGHTS_OF_OTHERS = 0o077;
const OTHERS_MAY_WRITE = 0o022;
/** In such a folder, like /tmp, a user cannot replace the files of others. */
const STICKY = 0o1000;

/**
 * Removes the rights of other users on the files of the state, which contain records of what was written. Returns a
 * sentence for each file that was changed, or that only an operator can change. The rights of the folder are not
 * changed, because others may need it.
 */
export function closeToOthers({ folder }: Folder): string[] {
  // Windows has a different kind of permissions.
  if (process.platform === 'win32') return [];
  return [...checkFolder(folder), ...FILES.flatMap((name) => checkFile(join(folder, name)))];
}

function checkFolder(folder: string): string[] {
  const { mode = 0 } = lstatSync(`${folder}/`, { throwIfNoEntry: false }) ?? {};
  return (mode & OTHERS_MAY_WRITE) !== 0 && (mode & STICKY) === 0
    ? [
        `Other users of this machine can write to ${folder} and could replace the state. Remove their write permission: chmod go-w ${folder}`,
      ]
    : [];
}

function checkFile(file: string): string[] {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (!found) return [];
  if (found.isSymbolicLink()) {
    return [
      `${file} is a symbolic link, so others may have access to the state. Replace it with the file itself, or set STATE_DIR to the folder that contains the file.`,
    ];
  }
  const links =
    found.nlink > 1
      ? [`${file} has a second name (a hard link), through which others may have access to it.`]
      : [];
  return (found.mode & RIGHTS_OF_OTHERS) === 0 ? links : [...links, takeRights(file, found.mode)];
}

function takeRights(file: string, mode: number): string {
  try {
    chmodSync(file, mode & ~RIGHTS_OF_OTHERS & 0o7777);
    return `Other users of this machine could read or write ${file}. Their permissions were removed.`;
  } catch (error) {
    return `Other users of this machine can read or write ${file}, and the service cannot change that (${String(toThrown(error).code)}). Make the user that runs this service the owner of the file, and set its mode to 600.`;
  }
}
