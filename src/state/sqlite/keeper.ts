import type { DatabaseSync } from 'node:sqlite';
import { type StateKeeper, type SweepOptions, toThrown } from '../state-store.ts';
import {
  BUSY_MS,
  type Folder,
  SQLITE_BUSY,
  inTransaction,
  withStateErrors,
  toText,
  wholeText,
} from './database.ts';

/** Rows per slice, which blocks the process: a record has up to 50 KB. */
const SLICE = 100;
/**
 * Deleted rows are overwritten, but SQLite leaves copies where it moved rows between pages. Only VACUUM is sure to
 * remove them, which takes 10 ms per MB; a larger database is vacuumed at the next start.
 */
const VACUUMED_AT_WORK = 4 * 1024 * 1024;
const VACUUMED_AT_START = 64 * 1024 * 1024;
/** Sorts after every text with the prefix. */
const AFTER_ALL = '\u{10FFFF}';

export function createEmbeddedKeeper(
  database: DatabaseSync,
  { folder, now }: Folder & { now: () => number },
): StateKeeper {
  const read = <T>(ask: () => T): T => withStateErrors({ folder }, ask);
  const write = <T>(work: () => T): T => read(() => inTransaction(database, work));
  const changes = toSweep(database);

  async function* sweep({ keptMs, isServing }: SweepOptions): AsyncGenerator<number> {
    let removed = 0;
    for (const { isRemoval, run } of changes(keptMs)) {
      for (let count = SLICE; count === SLICE;) {
        count = write(() => run(now()));
        removed += isRemoval ? count : 0;
        yield isRemoval ? count : 0;
      }
    }
    const isStart = keptMs !== undefined && !isServing();
    if (removed === 0 && !isStart) return;
    const maxBytes = isStart ? VACUUMED_AT_START : VACUUMED_AT_WORK;
    if (read(() => sizeOf(database)) <= maxBytes) read(() => database.exec('VACUUM'));
    read(() => emptyLog(database));
  }

  const nextLog = database.prepare(
    'SELECT log FROM log_entries WHERE log > ? AND log < ? ORDER BY log LIMIT 1',
  );
  const entries = database.prepare(
    `SELECT position, ${wholeText('entry')} FROM log_entries
     WHERE log = ? AND position > ? ORDER BY position LIMIT ${SLICE}`,
  );
  const replace = database.prepare('UPDATE log_entries SET entry = ? WHERE position = ?');
  const remove = database.prepare('DELETE FROM log_entries WHERE position = ?');

  return {
    sweep,
    async *logs(prefix) {
      const next = (after: string): string | undefined =>
        read(() => nextLog.get(after, prefix + AFTER_ALL)?.log?.toString());
      for (let log = next(prefix); log !== undefined; log = next(log)) yield log;
    },
    async editLog(log, edit, onSlice) {
      for (let after = 0, count = SLICE; count === SLICE;) {
        write(() => {
          const rows = entries.all(log, after);
          for (const { position, entry } of rows) {
            const before = toText(entry);
            const edited = edit(before);
            if (edited === null) remove.run(Number(position));
            else if (edited !== before) replace.run(edited, Number(position));
            after = Number(position);
          }
          count = rows.length;
        });
        onSlice?.(count);
      }
    },
    // There are no other processes.
    forgetShared: async () => undefined,
    async scrub() {
      read(() => {
        database.exec('VACUUM');
        emptyLog(database);
      });
      return [];
    },
  };
}

/** Deleted rows are overwritten in the database, but stay in the write-ahead log until it is empty. */
function emptyLog(database: DatabaseSync): void {
  try {
    database.exec('PRAGMA busy_timeout = 0');
    // A reader may prevent a part of it, which the next sweep does.
    database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
  } catch (error) {
    if (toThrown(error).errcode !== SQLITE_BUSY) throw error;
  } finally {
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  }
}

function sizeOf(database: DatabaseSync): number {
  const row = database.prepare(
    'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size',
  );
  return Number(row.get()?.bytes ?? Infinity);
}

interface SweepStep {
  isRemoval: boolean;
  /** Returns how many rows it changed, at most a slice. */
  run: (now: number) => number;
}

/** The time in a record itself. */
const RECORDED_AT = "unixepoch(CASE WHEN json_valid(entry) THEN json_extract(entry, '$.at') END)";

/** Each step reads a range of an index. */
function toSweep(database: DatabaseSync): (keptMs: number | undefined) => SweepStep[] {
  const prepare = (change: string, table: string, key: string, where: string) =>
    database.prepare(
      `${change} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE ${where} LIMIT ${SLICE})`,
    );
  const ofTable = (table: string, key: string, writtenAt: string) => ({
    // Earlier versions did not store it.
    date: prepare(
      `UPDATE ${table} SET written_at = ${writtenAt}`,
      table,
      key,
      'written_at IS NULL',
    ),
    old: prepare(`DELETE FROM ${table}`, table, key, 'written_at < ?'),
  });
  const tables = [
    ofTable('log_entries', 'position', `coalesce(${RECORDED_AT} * 1000, ?)`),
    ofTable('state_values', 'key', '?'),
  ];
  const expired = prepare('DELETE FROM state_values', 'state_values', 'key', 'expires_at <= ?');

  return (keptMs) => {
    const ofExpired = { isRemoval: true, run: (now: number) => Number(expired.run(now).changes) };
    if (keptMs === undefined) return [ofExpired];
    const ofTables = tables.flatMap(({ date, old }) => [
      { isRemoval: false, run: (now: number) => Number(date.run(now).changes) },
      { isRemoval: true, run: (now: number) => Number(old.run(now - keptMs).changes) },
    ]);
    return [ofExpired, ...ofTables];
  };
}
