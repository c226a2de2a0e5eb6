import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { AUDIT_LOG } from '../../src/badges/writing/audit.ts';
import { COMMANDS } from '../../src/commands.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { startOther } from './embedded-process.ts';

let parent: string;
let folder: string;
let end: () => Promise<void>;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'embedded-reading-'));
  chmodSync(parent, 0o755);
  folder = join(parent, 'state');
  end = async () => undefined;
});
afterEach(async () => {
  await end();
  for (const name of readdirSync(parent)) chmodSync(join(parent, name), 0o755);
  rmSync(parent, { recursive: true });
});

/** What is in it may be read, and nothing may be written. */
function makeReadOnly(place: string): void {
  for (const file of readdirSync(place)) chmodSync(join(place, file), 0o444);
  chmodSync(place, 0o555);
}

async function readAsGuest(place: string): Promise<unknown> {
  const guest = startOther('guest', place);
  try {
    return await guest.says();
  } finally {
    await guest.kill();
  }
}

async function start(): Promise<void> {
  const store = createEmbeddedStore({ folder, now: Date.now });
  for (const entry of ['1', '2']) await store.append(['log'], entry);
  end = () => store.close();
}

async function stop(): Promise<void> {
  await start();
  await end();
}

function copy(...files: string[]): string {
  const place = join(parent, 'copy');
  mkdirSync(place);
  for (const file of files) copyFileSync(join(folder, file), join(place, file));
  return place;
}

const places: [string, () => Promise<string>][] = [
  ['of a service that was stopped', async () => stop().then(() => folder)],
  ['of a service that runs', async () => start().then(() => folder)],
  [
    'of a service that was killed',
    async () => start().then(() => copy('state.sqlite', 'state.sqlite-wal', 'state.sqlite-shm')),
  ],
  [
    'of a service that was killed, as a backup leaves it',
    async () => start().then(() => copy('state.sqlite', 'state.sqlite-wal')),
  ],
  [
    'with nothing but the copied file of a stop',
    async () => stop().then(() => copy('state.sqlite')),
  ],
  [
    'of a version before, that was stopped',
    async () => {
      await stop();
      const place = copy('state.sqlite');
      const database = new DatabaseSync(join(place, 'state.sqlite'));
      database.exec('PRAGMA journal_mode = WAL');
      database.close();
      return place;
    },
  ],
];

const RECORD = {
  id: '1',
  at: '2026-01-02T03:04:05.678Z',
  tenant: 'default',
  caller: 'ada',
  provider: 'TAG_MANGO',
  badgeIds: ['1'],
  operation: 'update',
  outcome: 'UNKNOWN',
  changes: [],
  idempotencyKey: null,
};
const OPEN_FILES = '/proc/self/fd';
if (!existsSync(OPEN_FILES)) console.log('Skipped: what stays open, since only Linux lists it.');

(existsSync(OPEN_FILES) ? test : test.skip)(
  'an export that fails while it reads leaves no file open',
  async () => {
    const store = createEmbeddedStore({ folder: join(parent, 'other'), now: Date.now });
    await store.append([AUDIT_LOG], JSON.stringify(RECORD));
    await store.close();
    const exporting = COMMANDS.get('--export-audit')?.run({
      config: readConfig({ STATE_DIR: join(parent, 'other') }),
      args: [],
      print: () => {
        throw new Error('of the output');
      },
      tell: () => undefined,
      now: Date.now,
      startDemo: () => Promise.reject(new Error('not needed')),
    });
    await expect(exporting).rejects.toThrow('of the output');
    const open = readdirSync(OPEN_FILES).flatMap((fd) => {
      const path = join(OPEN_FILES, fd);
      // Listing them opened one that is closed by now.
      return existsSync(path) ? [readlinkSync(path)] : [];
    });
    expect(open.filter((path) => path.startsWith(join(parent, 'other')))).toEqual([]);
  },
);

test.each(places)(
  'a folder that cannot be written, %s, is read whole and left as it is',
  async (_of, make) => {
    const place = await make();
    makeReadOnly(place);
    const before = readdirSync(place);
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('badges-state-'));
    const others = left();

    expect(await readAsGuest(place)).toEqual(['1', '2']);

    expect(readdirSync(place)).toEqual(before);
    expect((statSync(place).mode & 0o777).toString(8)).toBe('555');
    expect(left()).toEqual(others);
  },
);
