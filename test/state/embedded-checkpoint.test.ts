import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type EmbeddedStore, createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { TIMEOUT_MS, numRuns } from '../properties/runs.ts';

const PAGE_BYTES = 4096;
const WAL_HEADER_BYTES = 32;
const FRAME_BYTES = 24 + PAGE_BYTES;

let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'embedded-checkpoint-'));
  folder = join(parent, 'state');
});
afterEach(() => rmSync(parent, { recursive: true }));

const open = () => createEmbeddedStore({ folder, now: Date.now });
const databaseFile = () => join(folder, 'state.sqlite');
const logFile = () => `${databaseFile()}-wal`;
const markerFile = () => join(folder, 'state.marker');
const keyOf = (n: number) => `key:${n}`;

interface Values {
  from: number;
  to: number;
  value: string;
}

interface Killed {
  /** Bytes of the database before the checkpoint. Those of a first start are one page. */
  database: Buffer;
  log: Buffer;
}

async function write(store: EmbeddedStore, { from, to, value }: Values): Promise<void> {
  for (let n = from; n < to; n++) await store.set(keyOf(n), value);
}

/** The files of a store that has written and is still open, as a kill leaves them. */
async function whileOpen(values: Values): Promise<Killed> {
  const store = open();
  await write(store, values);
  const log = readFileSync(logFile());
  const [database, marker] = [readFileSync(databaseFile()), readFileSync(markerFile())];
  await store.close();
  writeFileSync(markerFile(), marker);
  return { database, log };
}

/** The files of a first start: every page, that of the tables' names too, is in the log and not yet in the database. */
function allInTheLog(): Killed {
  const connection = new DatabaseSync(databaseFile());
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0');
  const database = readFileSync(databaseFile()).subarray(0, PAGE_BYTES);
  connection.exec('VACUUM');
  const log = readFileSync(logFile());
  connection.close();
  return { database, log };
}

/** Of each page in the log its latest version, in the order in which a checkpoint moves them. */
function pagesOf(log: Buffer): { start: number; content: Buffer }[] {
  const pages = new Map<number, Buffer>();
  for (let at = WAL_HEADER_BYTES; at + FRAME_BYTES <= log.length; at += FRAME_BYTES) {
    pages.set(log.readUInt32BE(at), log.subarray(at + FRAME_BYTES - PAGE_BYTES, at + FRAME_BYTES));
  }
  return [...pages]
    .sort(([a], [b]) => a - b)
    .map(([page, content]) => ({ start: (page - 1) * PAGE_BYTES, content }));
}

/** The database after the checkpoint has moved so many bytes. */
function moved({ database, log }: Killed, bytes: number): Buffer {
  let result = database;
  let left = bytes;
  for (const { start, content } of pagesOf(log)) {
    const part = content.subarray(0, left);
    if (part.length === 0) break;
    left -= part.length;
    const former = result;
    result = Buffer.alloc(Math.max(former.length, start + part.length));
    former.copy(result);
    part.copy(result, start);
  }
  return result;
}

test(
  'a process that is killed at any byte of a checkpoint has lost nothing, and starts again',
  async () => {
    const scenario = fc.record({
      isFirst: fc.boolean(),
      before: fc.integer({ min: 0, max: 60 }),
      after: fc.integer({ min: 1, max: 60 }),
      valueBytes: fc.integer({ min: 1, max: 3000 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ isFirst, before, after, valueBytes, share }) => {
        const value = 'v'.repeat(valueBytes);
        rmSync(folder, { recursive: true, force: true });
        const former = open();
        await write(former, { from: 0, to: isFirst ? before + after : before, value });
        await former.close();
        const killed = isFirst
          ? allInTheLog()
          : await whileOpen({ from: before, to: before + after, value });
        const bytes = Math.round(share * PAGE_BYTES * pagesOf(killed.log).length);
        // Written into the file that is there: its inode stays, as a kill leaves it.
        writeFileSync(databaseFile(), moved(killed, bytes));
        writeFileSync(logFile(), killed.log);

        const store = open();
        expect(store.origin).toBe('same');
        for (let n = 0; n < before + after; n++) expect(await store.get(keyOf(n))).toBe(value);
        await store.close();
      }),
      { numRuns: numRuns / 10 },
    );
  },
  TIMEOUT_MS,
);
