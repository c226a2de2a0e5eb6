import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Test files that start a browser, a compiler or several servers: two of them at once would take too much memory. */
const LARGE =
  /\/desk\/|\/(playground[\w-]*|adding|clients|supergraph-example|routers-check)\.test|\/bench\/(attacks|comparison|growth|load)\.test|\/long\/roles\.test/;

export const isLarge = (path: string): boolean => LARGE.test(path);

const LOOK_EVERY_MS = 100;
/** More than the longest of these files takes, and less than would end a run of the tests without a result. */
const MAX_WAIT_MS = 180_000;

/**
 * Resolves once no other worker runs a large file, and at the latest after three minutes. The caller calls the result
 * once its file has ended.
 */
export async function takeTurn(): Promise<() => void> {
  // The workers of one run of Jest share their temporary folder.
  const file = join(tmpdir(), 'large-test-file');
  const latest = performance.now() + MAX_WAIT_MS;
  while (!isTaken(file)) {
    // The turn of another worker, which that one ends itself.
    if (performance.now() > latest) return () => undefined;
    await pause(LOOK_EVERY_MS);
  }
  return () => rmSync(file, { force: true });
}

function isTaken(file: string): boolean {
  try {
    const opened = openSync(file, 'wx');
    writeSync(opened, String(process.pid));
    closeSync(opened);
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    if (!isHolderRunning(file)) rmSync(file, { force: true });
    return false;
  }
}

/** Jest ends a worker that takes too much memory, also in the middle of a file. */
function isHolderRunning(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    // Nothing is written yet, or the file is gone again.
    if (pid > 0) process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
