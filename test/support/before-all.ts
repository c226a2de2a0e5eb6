import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory, as Linux has one. */
const IN_MEMORY = '/dev/shm';
/** More than all temporary files of the tests at any time. */
const MIN_FREE_BYTES = 1024 ** 3;

/** Prepares the environment of the workers. Jest runs this once, before it starts them. */
export default function prepare(): void {
  /*
   * GraphQL.js checks types in a slow way unless this is `production`. The service gets its mode from its options, and
   * processes that tests start have an environment of their own.
   */
  process.env.NODE_ENV = 'production';
  process.env.TMPDIR = makeFolder();
  // For the many processes that run the same modules.
  process.env.NODE_COMPILE_CACHE ??= join(process.env.TMPDIR, 'compile-cache');
  process.env.COMPILED_SOURCES = join(process.env.TMPDIR, 'compiled-sources');
  mkdirSync(process.env.COMPILED_SOURCES);
}

/**
 * Tests write thousands of small databases, and SQLite waits for the disk at each commit. In memory it does not wait.
 * A killed process leaves the same in both; they differ when power is lost, which no test can cause. Set TMPDIR to run
 * the tests on a disk.
 */
function makeFolder(): string {
  const { TMPDIR } = process.env;
  const isFree = TMPDIR === undefined && hasRoom(IN_MEMORY);
  const folder = mkdtempSync(join(isFree ? IN_MEMORY : tmpdir(), 'badges-tests-'));
  // Some tests start processes of another user.
  chmodSync(folder, 0o755);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function hasRoom(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= MIN_FREE_BYTES;
}
