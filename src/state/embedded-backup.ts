import { existsSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { makeFile, reach } from './embedded-database.ts';
import type { Folder } from './embedded-database.ts';
import { markAsCopy } from './embedded-origin.ts';
import { openDatabaseToRead } from './embedded-reading.ts';
import { StateError } from './state-store.ts';

/** Writes all that the state holds at this moment into one new file. The service may run meanwhile. */
export function backUp({ folder, file }: Folder & { file: string }): void {
  reach({ folder }, () => {
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
