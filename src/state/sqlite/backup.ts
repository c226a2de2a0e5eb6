import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StateError, toThrown } from '../state-store.ts';
import { BUSY_MS, type Folder, databaseFile, makeFile, withStateErrors } from './database.ts';
import { markAsCopy, refuseLogOfAnother } from './origin.ts';

export interface DatabaseToRead {
  database: DatabaseSync;
  close: () => void;
}

/** SQLite's codes for a place where it cannot make the files that it needs to read others. */
const PLACE_CODES: readonly number[] = [8, 14];

/** Beside a process that writes, or after it; also where nothing can be written, and from files that were copied. */
export function openDatabaseToRead({ folder }: Folder): DatabaseToRead {
  if (!existsSync(databaseFile({ folder }))) {
    throw new StateError(
      'unavailable',
      `There is no state.sqlite in ${folder}. Set STATE_DIR to the folder that contains it.`,
    );
  }
  refuseLogOfAnother({ folder });
  const opened = openInPlace({ folder }) ?? openCopy({ folder });
  if (opened.hasTables) return opened;
  opened.close();
  throw new StateError(
    'unavailable',
    `The state.sqlite in ${folder} is empty. It was probably copied without the file state.sqlite-wal next to it. Copy both files, or stop the service before copying.`,
  );
}

type Opened = DatabaseToRead & { hasTables: boolean };

/** Undefined: it cannot be read where it is. */
function openInPlace({ folder }: Folder): Opened | undefined {
  const database = new DatabaseSync(databaseFile({ folder }), { readOnly: true, timeout: BUSY_MS });
  try {
    return { database, hasTables: hasTables(database), close: () => database.close() };
  } catch (error) {
    database.close();
    if (PLACE_CODES.includes(Number(toThrown(error).errcode) & 0xff)) return undefined;
    throw error;
  }
}

/** With a write-ahead log or a journal beside it, as a process that was killed leaves them. */
function openCopy({ folder }: Folder): Opened {
  const place = mkdtempSync(join(tmpdir(), 'badges-state-'));
  const remove = (): void => rmSync(place, { recursive: true, force: true });
  try {
    for (const ending of ['', '-wal', '-journal']) {
      const file = databaseFile({ folder }) + ending;
      if (existsSync(file)) copyFileSync(file, databaseFile({ folder: place }) + ending);
    }
    const database = new DatabaseSync(databaseFile({ folder: place }));
    return {
      database,
      hasTables: hasTables(database),
      close() {
        database.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function hasTables(database: DatabaseSync): boolean {
  const tables = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'log_entries'");
  return tables.get() !== undefined;
}

/** Writes all that the state holds at this moment into one new file. The service may run meanwhile. */
export function backUp({ folder, file }: Folder & { file: string }): void {
  withStateErrors({ folder }, () => {
    if (existsSync(file)) throw new StateError('unavailable', `${file} exists already.`);
    const { database, close } = openDatabaseToRead({ folder });
    try {
      makeFile(file);
      database.prepare('VACUUM INTO ?').run(file);
      const copy = new DatabaseSync(file);
      markAsCopy(copy);
      copy.close();
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    } finally {
      close();
    }
  });
}
