import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Where one process keeps its state, unless it is told otherwise. */
export const DEFAULT_FOLDER = '.state';

/** Why no state can be kept in this folder, as far as can be seen without making it. Undefined: nothing. */
export function folderProblem(folder: string): string | undefined {
  const existing = existingPart(resolve(folder));
  if (statSync(existing).isDirectory()) return undefined;
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
  return existsSync(path) ? path : existingPart(dirname(path));
}
