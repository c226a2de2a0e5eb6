import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { reach, toText, wholeText } from './embedded-database.ts';
import type { Folder } from './embedded-database.ts';
import { openDatabaseToRead } from './embedded-reading.ts';
import { PAGE_CHARACTERS, inPages } from './log-pages.ts';
import type { LogEntry, StateStore } from './state-store.ts';

const PAGE = 100;
/** Nothing is older than a position that another store gave, or nobody. */
const POSITION = /^\d{1,15}$/;
const AFTER_ALL = '9'.repeat(15);

export type LogReader = Pick<StateStore, 'readBackward' | 'readForward'>;

/** Reads the logs from another process than the one that writes them, which may run or not. */
export function openEmbeddedLog({ folder }: Folder): LogReader & Pick<StateStore, 'close'> {
  return reach({ folder }, () => {
    const { database, close } = openDatabaseToRead({ folder });
    return {
      ...createLogReader(database, { folder }),
      close: async () => reach({ folder }, close),
    };
  });
}

export function createLogReader(database: DatabaseSync, { folder }: Folder): LogReader {
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
      return reach({ folder }, () => {
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
        reach({ folder }, () => forward.all(log, Number(after), PAGE).map(toLogEntry)),
      ),
  };
}

/** Inside a transaction. */
export function createLogWriter(
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
