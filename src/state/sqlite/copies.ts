import { randomUUID } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { StateError, toThrown } from '../state-store.ts';
import {
  BUSY_MS,
  type Folder,
  databaseFile,
  inTransaction,
  makeFile,
  withStateErrors,
} from './database.ts';

/**
 * Where the state in a folder comes from. `lost`: there was one, and now there is none. `copy`: its files were put
 * there, or put back, and may be older than what was written last.
 */
export type Origin = 'new' | 'same' | 'lost' | 'copy';

const IDENTITY = `
  CREATE TABLE IF NOT EXISTS identity (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    is_copy INTEGER NOT NULL
  ) STRICT;
`;

interface Identity {
  id: string;
  isCopy: boolean;
}

/** Stands beside the database, which it describes as this service left it. */
const markerFile = (folder: string) => join(folder, 'state.marker');

const markerSchema = z.object({
  /** One of them is that of the database, and another one at each start. The empty one: it has none. */
  ids: z.array(z.string()),
  /** Of the last entry of all logs. Never ahead of the database that was written last. */
  position: z.number(),
  /** When the file of the database was made, in nanoseconds: copies are younger. Null: the file system does not tell. */
  bornAt: z.string().nullable(),
  /** The identity of a copy that was opened here and is not adopted yet: a log beside it is its own. */
  openedCopy: z.string().optional(),
});
type Marker = z.output<typeof markerSchema>;

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGE_CODES: readonly number[] = [11, 26];

/** Whether there is anything that a state leaves. Asked before anything is made. */
export function hasTraces({ folder }: Folder): boolean {
  const files = ['state.sqlite', 'state.sqlite-wal', 'state.marker', 'owner.sqlite'];
  return files.some((file) => existsSync(join(folder, file)));
}

/**
 * SQLite plays any write-ahead log into the database beside it. Throws where a restored database lies beside that of the
 * former one. Every start leaves its identity in the database itself, so that it can be read without the log.
 */
export function refuseForeignLog({ folder }: Folder): void {
  refuseLogOfAnother({ folder });
  if (judgeLog({ folder }) === 'own') return;
  throw new StateError(
    'unavailable',
    `The file ${logFile({ folder })} may belong to a different state.sqlite from the one next to it and would damage it. If both were copied from one folder, remove state.marker and start again. Otherwise move that file out of the folder, and start again.`,
  );
}

/** The same for a reader, who damages nothing where it cannot be told. */
export function refuseLogOfAnother({ folder }: Folder): void {
  if (judgeLog({ folder }) !== 'foreign') return;
  throw new StateError(
    'unavailable',
    `The file ${logFile({ folder })} belongs to a different state.sqlite from the one next to it and would damage it. Move it out of the folder, and start again.`,
  );
}

const logFile = ({ folder }: Folder) => `${databaseFile({ folder })}-wal`;

function judgeLog({ folder }: Folder): 'own' | 'foreign' | 'unclear' {
  if (sizeOf(logFile({ folder })) === 0 || sizeOf(databaseFile({ folder })) === 0) return 'own';
  const identity = readIdentityWithoutLog({ folder });
  const marker = readMarker({ folder });
  if (identity === null) return 'own';
  if (identity === 'unreadable') {
    return marker !== null && isOtherFile(marker, { folder }) ? 'unclear' : 'own';
  }
  if (marker?.openedCopy === identity.id) return 'own';
  const isKnown = marker === null || marker.ids.includes(identity.id);
  return isKnown && !identity.isCopy ? 'own' : 'foreign';
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Null: the database has none. A process that is killed during a checkpoint leaves pages of two ages in the database,
 * which only make sense together with the log: `unreadable`.
 */
function readIdentityWithoutLog({ folder }: Folder): Identity | 'unreadable' | null {
  const file = pathToFileURL(databaseFile({ folder }));
  file.searchParams.set('immutable', '1');
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const isThere = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'identity'").get();
    return isThere ? readIdentity(database) : null;
  } catch (error) {
    if (DAMAGE_CODES.includes(Number(toThrown(error).errcode) & 0xff)) return 'unreadable';
    throw error;
  } finally {
    database.close();
  }
}

/** `hadTraces`, `wasEmpty`: before the database was opened, and before its tables were made. */
export function judgeOrigin(
  database: DatabaseSync,
  { folder, hadTraces, wasEmpty }: Folder & { hadTraces: boolean; wasEmpty: boolean },
): Origin {
  if (wasEmpty) return hadTraces ? 'lost' : 'new';
  database.exec(IDENTITY);
  const identity = readIdentity(database);
  const marker = readMarker({ folder });
  // Versions before left neither.
  if (!identity && !marker) return 'same';
  if (!marker || identity?.isCopy || !marker.ids.includes(identity?.id ?? '')) return 'copy';
  const isOlder = readPosition(database) < marker.position;
  return isOlder || isOtherFile(marker, { folder }) ? 'copy' : 'same';
}

function isOtherFile({ bornAt }: Marker, { folder }: Folder): boolean {
  const birth = readBirth({ folder });
  return birth !== null && bornAt !== null && birth !== bornAt;
}

/** Before anything is written to a copy: the process may be killed before it has adopted it. */
export function noteOpenedCopy(database: DatabaseSync, { folder }: Folder): void {
  const marker = readMarker({ folder }) ?? { ids: [], position: 0, bornAt: null };
  writeMarker({ folder }, { ...marker, openedCopy: readIdentity(database)?.id ?? '' });
}

/** From now on the state here is the one that counts. */
export function adopt(database: DatabaseSync, { folder }: Folder): void {
  database.exec(IDENTITY);
  const [former, id] = [readIdentity(database)?.id ?? '', randomUUID()];
  const about = { position: readPosition(database), bornAt: readBirth({ folder }) };
  // A process that is killed between these steps leaves a marker for both.
  writeMarker({ folder }, { ids: [former, id], ...about });
  writeIdentity(database, { id, isCopy: false });
  // What a copy without the write-ahead log has, at least.
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  writeMarker({ folder }, { ids: [id], ...about });
}

/** How far the state has come, for a later start to compare. */
export function toMarker(database: DatabaseSync, { folder }: Folder): Marker | null {
  const marker = readMarker({ folder });
  return marker && { ...marker, position: readPosition(database), bornAt: readBirth({ folder }) };
}

export function writeMarker({ folder }: Folder, marker: Marker): void {
  const next = `${markerFile(folder)}.next`;
  // Of a process that was killed, or a link that somebody put there to have another file written.
  rmSync(next, { force: true });
  const file = openSync(next, 'wx', 0o600);
  try {
    writeSync(file, JSON.stringify(marker));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, markerFile(folder));
}

/** A database that is taken out of its folder says so wherever it is opened. */
export function markAsCopy(database: DatabaseSync): void {
  database.exec(IDENTITY);
  const id = readIdentity(database)?.id ?? randomUUID();
  writeIdentity(database, { id, isCopy: true });
}

function writeIdentity(database: DatabaseSync, { id, isCopy }: Identity): void {
  inTransaction(database, () =>
    database
      .prepare('INSERT OR REPLACE INTO identity (one, id, is_copy) VALUES (1, ?, ?)')
      .run(id, isCopy ? 1 : 0),
  );
}

function readIdentity(database: DatabaseSync): Identity | null {
  const row = database.prepare('SELECT id, is_copy FROM identity').get();
  return row ? { id: String(row.id), isCopy: row.is_copy !== 0 } : null;
}

function readPosition(database: DatabaseSync): number {
  const row = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'log_entries'").get();
  return Number(row?.seq ?? 0);
}

/** Null: none, or none that can be read. */
function readMarker({ folder }: Folder): Marker | null {
  if (!existsSync(markerFile(folder))) return null;
  try {
    return markerSchema.parse(JSON.parse(readFileSync(markerFile(folder), 'utf8')));
  } catch {
    // Cut short by a full disk, for one.
    return null;
  }
}

function readBirth({ folder }: Folder): string | null {
  const { birthtimeNs, ctimeNs } = statSync(databaseFile({ folder }), { bigint: true });
  // Where it is not known, Node gives 0, or the time of the last change.
  return birthtimeNs === 0n || birthtimeNs === ctimeNs ? null : String(birthtimeNs);
}

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
