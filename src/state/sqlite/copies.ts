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
import { StateError, reasonOf, toThrown } from '../state-store.ts';
import {
  BUSY_MS,
  type Folder,
  databaseFile,
  inTransaction,
  makeFile,
  withStateErrors,
} from './database.ts';

/**
 * The origin of the state in a folder. `lost`: the folder had a state, which is gone. `copy`: its files were copied there
 * or restored, and may be outdated.
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

/** A file next to the database, which describes it as this service left it. */
const markerFile = (folder: string) => join(folder, 'state.marker');

const markerSchema = z.object({
  /** One of them is the identity of the database, which changes at each start. Empty text: it has none. */
  ids: z.array(z.string()),
  /** The position of the last log entry. Never ahead of the database. */
  position: z.number(),
  /** When the database file was created, nanoseconds: copies are younger. Null: the file system does not say. */
  bornAt: z.string().nullable(),
  /** The identity of a copy that was opened here and is not adopted yet: the log next to it is its own. */
  openedCopy: z.string().optional(),
});
type Marker = z.output<typeof markerSchema>;

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGE_CODES: readonly number[] = [11, 26];

/** Whether a state has left files. To be called before any file is created. */
export function hasTraces({ folder }: Folder): boolean {
  const files = ['state.sqlite', 'state.sqlite-wal', 'state.marker', 'owner.sqlite'];
  return files.some((file) => existsSync(join(folder, file)));
}

/**
 * Throws if a restored database lies next to the write-ahead log of the former one, because SQLite would apply it. Every
 * start writes its identity to the database itself, so that it can be read without the log.
 */
export function refuseForeignLog({ folder }: Folder): void {
  refuseLogOfAnother({ folder });
  if (judgeLog({ folder }) === 'own') return;
  throw new StateError(
    'unavailable',
    `The file ${logFile({ folder })} may belong to a different state.sqlite from the one next to it and would damage it. If both were copied from one folder, remove state.marker and start again. Otherwise move that file out of the folder, and start again.`,
  );
}

/** The same for a reader, which does no damage if the log cannot be judged. */
function refuseLogOfAnother({ folder }: Folder): void {
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
 * Null: the database has none. `unreadable`: a process was killed during a checkpoint, and the pages of the database are
 * only consistent together with the log.
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

/** `hadTraces`: before the database was opened. `wasEmpty`: before its tables were created. */
export function judgeOrigin(
  database: DatabaseSync,
  { folder, hadTraces, wasEmpty }: Folder & { hadTraces: boolean; wasEmpty: boolean },
): Origin {
  if (wasEmpty) return hadTraces ? 'lost' : 'new';
  database.exec(IDENTITY);
  const identity = readIdentity(database);
  const marker = readMarker({ folder });
  // Earlier versions left neither.
  if (!identity && !marker) return 'same';
  if (!marker || identity?.isCopy || !marker.ids.includes(identity?.id ?? '')) return 'copy';
  const isOlder = readPosition(database) < marker.position;
  return isOlder || isOtherFile(marker, { folder }) ? 'copy' : 'same';
}

function isOtherFile({ bornAt }: Marker, { folder }: Folder): boolean {
  const birth = readBirth({ folder });
  return birth !== null && bornAt !== null && birth !== bornAt;
}

/** To be called before anything is written to a copy: the process may be killed before it has adopted it. */
export function noteOpenedCopy(database: DatabaseSync, { folder }: Folder): void {
  const marker = readMarker({ folder }) ?? { ids: [], position: 0, bornAt: null };
  writeMarker({ folder }, { ...marker, openedCopy: readIdentity(database)?.id ?? '' });
}

/** From now on, the database here is the current state. */
export function adopt(database: DatabaseSync, { folder }: Folder): void {
  database.exec(IDENTITY);
  const [former, id] = [readIdentity(database)?.id ?? '', randomUUID()];
  const about = { position: readPosition(database), bornAt: readBirth({ folder }) };
  // With a marker for both, the process may be killed between these steps.
  writeMarker({ folder }, { ids: [former, id], ...about });
  writeIdentity(database, { id, isCopy: false });
  // So that a copy without the write-ahead log has the identity too.
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  writeMarker({ folder }, { ids: [id], ...about });
}

/** The marker for the next start to compare with. */
export function toMarker(database: DatabaseSync, { folder }: Folder): Marker | null {
  const marker = readMarker({ folder });
  return marker && { ...marker, position: readPosition(database), bornAt: readBirth({ folder }) };
}

export function writeMarker({ folder }: Folder, marker: Marker): void {
  const next = `${markerFile(folder)}.next`;
  // Left by a process that was killed, or a link that another user made to have a different file overwritten.
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

/** Marks a backup as a copy, so that it is recognized wherever it is opened. */
function markAsCopy(database: DatabaseSync): void {
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

/** Null: there is none that can be read. */
function readMarker({ folder }: Folder): Marker | null {
  if (!existsSync(markerFile(folder))) return null;
  try {
    return markerSchema.parse(JSON.parse(readFileSync(markerFile(folder), 'utf8')));
  } catch {
    // For example, cut short by a full disk.
    return null;
  }
}

function readBirth({ folder }: Folder): string | null {
  const { birthtimeNs, ctimeNs } = statSync(databaseFile({ folder }), { bigint: true });
  // If it is unknown, Node returns 0 or the time of the last change.
  return birthtimeNs === 0n || birthtimeNs === ctimeNs ? null : String(birthtimeNs);
}

interface DatabaseToRead {
  database: DatabaseSync;
  close: () => void;
}

/** SQLite's codes if it cannot create the files that it needs to read a database. */
const PLACE_CODES: readonly number[] = [8, 14];

/** Opens the database for reading, also while a process writes it, in a read-only folder, and from copied files. */
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

/** Undefined: it cannot be read in place. */
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

/** Copies it with its write-ahead log or journal, which a killed process leaves. */
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

/** Writes the present state to a new file. The service may be running. */
export function backUp({ folder, file }: Folder & { file: string }): void {
  withStateErrors({ folder }, () => {
    if (existsSync(file)) throw new StateError('unavailable', `${file} exists already.`);
    const { database, close } = openDatabaseToRead({ folder });
    try {
      writeCopy(database, file);
    } finally {
      close();
    }
  });
}

/** SQLite's codes for a file that it cannot write, or that has no room. */
const TARGET_CODES: readonly number[] = [8, 13, 14];

function writeCopy(database: DatabaseSync, file: string): void {
  const toWriteError = (error: unknown): StateError =>
    new StateError('unavailable', `${file} cannot be written: ${reasonOf(error)}`, error);
  try {
    makeFile(file);
  } catch (error) {
    throw toWriteError(error);
  }
  try {
    database.prepare('VACUUM INTO ?').run(file);
    const copy = new DatabaseSync(file);
    markAsCopy(copy);
    copy.close();
  } catch (error) {
    rmSync(file, { force: true });
    const isOfTarget = TARGET_CODES.includes(Number(toThrown(error).errcode) & 0xff);
    throw isOfTarget ? toWriteError(error) : error;
  }
}
