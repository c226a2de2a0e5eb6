import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Where one process keeps its state, unless it is told otherwise. */
export const DEFAULT_FOLDER = '.state';

/** Why no state can be kept in this folder, as far as can be seen without making it. Undefined: nothing. */
export function folderProblem(folder: string): string | undefined {
  const existing = existingPart(resolve(folder));
  const isFolder = isFolderOf(existing);
  if (isFolder) return undefined;
  if (isFolder === undefined) return 'leads to a link that points to nothing, and must be a folder';
  return existing === resolve(folder)
    ? 'is a file, and must be a folder'
    : 'stands below a file, and must be a folder';
}

/** Why a service could not write to it. Undefined: it could. */
export function writingProblem(folder: string): string | undefined {
  try {
    accessSync(existingPart(resolve(folder)), constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    return 'cannot be written to by this user';
  }
}

/** The folder itself, or the nearest of those above it that exists. */
function existingPart(path: string): string {
  return isThere(path) ? path : existingPart(dirname(path));
}

/** Also a link that points to nothing. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Something above it is no folder, or cannot be looked into.
    return false;
  }
}

/** Undefined: it is a link that points to nothing, or to itself. */
function isFolderOf(path: string): boolean | undefined {
  try {
    return statSync(path).isDirectory();
  } catch {
    return undefined;
  }
}
