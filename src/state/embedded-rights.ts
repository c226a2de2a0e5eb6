import { chmodSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Folder } from './embedded-database.ts';
import { toThrown } from './thrown.ts';

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
/** In such a folder, as in /tmp, nobody can replace a file of somebody else. */
const STICKY = 0o1000;

/**
 * Takes from other users of this machine what they could do with the files of the state: records of what was written
 * stand in them as they are. Returns a sentence for each thing that was mended, or that only an operator can mend. The
 * rights of the folder stay as they are, since it may be one that others need.
 */
export function closeToOthers({ folder }: Folder): string[] {
  // Windows has rights of another kind.
  if (process.platform === 'win32') return [];
  return [...checkFolder(folder), ...FILES.flatMap((name) => checkFile(join(folder, name)))];
}

function checkFolder(folder: string): string[] {
  const { mode = 0 } = lstatSync(`${folder}/`, { throwIfNoEntry: false }) ?? {};
  return (mode & OTHERS_MAY_WRITE) !== 0 && (mode & STICKY) === 0
    ? [
        `Other users of this machine can write in ${folder}, and so put other files in the place of the state. Take that right from them: chmod go-w ${folder}`,
      ]
    : [];
}

function checkFile(file: string): string[] {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (!found) return [];
  if (found.isSymbolicLink()) {
    return [
      `${file} is a link, so that the state is where others may reach it. Put the file itself there, or let STATE_DIR name the folder that it is in.`,
    ];
  }
  const links =
    found.nlink > 1
      ? [`${file} is also known by another name (a hard link), by which others may reach it.`]
      : [];
  return (found.mode & RIGHTS_OF_OTHERS) === 0 ? links : [...links, takeRights(file, found.mode)];
}

function takeRights(file: string, mode: number): string {
  try {
    chmodSync(file, mode & ~RIGHTS_OF_OTHERS & 0o7777);
    return `Other users of this machine could read or write ${file}. That right is taken from them now.`;
  } catch (error) {
    return `Other users of this machine can read or write ${file}, and that cannot be changed from here (${String(toThrown(error).code)}). Give the file to the user that runs this service, with chmod 600.`;
  }
}
