import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SQLITE_BUSY, databaseFile, makeFile, reach } from './embedded-database.ts';
import type { Folder } from './embedded-database.ts';
import { StateError } from './state-store.ts';
import { toThrown } from './thrown.ts';

/**
 * Makes this process the only user of the folder, by a transaction that is never ended. The
 * operating system drops its lock when the process dies, however it dies: no stale lock is left.
 */
export function takeFolder({ folder }: Folder): { release: () => void } {
  const file = join(folder, 'owner.sqlite');
  makeFile(file);
  const owner = new DatabaseSync(file, { timeout: 0 });
  try {
    owner.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    owner.close();
    if (toThrown(error).errcode !== SQLITE_BUSY) throw error;
    const message = `Another process uses the state folder ${folder}. Give each process its own STATE_DIR, or all of them one REDIS_URL.`;
    throw new StateError('unavailable', message, error);
  }
  return { release: () => owner.close() };
}

/** Throws unless there is a state in the folder, and no process that uses it. */
export function requireStopped({ folder }: Folder): void {
  if (!existsSync(databaseFile({ folder }))) {
    const message = `There is no state.sqlite in ${folder}. Set STATE_DIR to the folder that holds it.`;
    throw new StateError('unavailable', message);
  }
  reach({ folder }, () => {
    try {
      takeFolder({ folder }).release();
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      const message = `A running service uses the state folder ${folder}. Stop it first, and start it again afterwards: nothing was erased.`;
      throw new StateError('unavailable', message, error);
    }
  });
}
