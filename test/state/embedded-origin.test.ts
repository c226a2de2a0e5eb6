import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { backUp } from '../../src/state/sqlite/copies.ts';
import {
  type EmbeddedStore,
  createEmbeddedStore,
  openEmbeddedLog,
} from '../../src/state/sqlite/store.ts';
import { type OtherProcess, startOther } from './embedded-process.ts';
import { all, entriesOf } from './state-store.suite.ts';

let parent: string;
let folder: string;
const stores: EmbeddedStore[] = [];
const others: OtherProcess[] = [];

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'embedded-origin-'));
  folder = join(parent, 'state');
});
afterEach(async () => {
  await Promise.all(others.splice(0).map((other) => other.kill()));
  await Promise.all(stores.splice(0).map((store) => store.close()));
  rmSync(parent, { recursive: true });
});

function open(at = folder): EmbeddedStore {
  const store = createEmbeddedStore({ folder: at, now: Date.now });
  stores.push(store);
  return store;
}

/** One start of the service that writes so many entries, and its stop. */
async function run(entries: readonly string[], at = folder): Promise<string> {
  const store = open(at);
  const { origin } = store;
  if (origin === 'copy') store.adopt();
  for (const entry of entries) await store.append(['log'], entry);
  await store.close();
  return origin;
}

test('a folder that cannot be taken is closed again', () => {
  // In the place of a file that is written at every start.
  mkdirSync(join(folder, 'state.marker.next'), { recursive: true });
  expect(() => open()).toThrow(`The state in ${folder} is unavailable`);
  expect(readdirSync(folder)).not.toContain('state.sqlite-wal');
});

const sqlite = (at = folder) => join(at, 'state.sqlite');

/** Puts it there as `cp` does to a file that is there already: its inode stays. */
const overwrite = (from: string, to: string) => writeFileSync(to, readFileSync(from));

test('a folder is new once, and then the same, whether it was stopped or killed', async () => {
  expect(await run(['1'])).toBe('new');
  expect(await run([])).toBe('same');
  const owner = startOther('owner', folder);
  others.push(owner);
  await owner.says();
  await owner.ask();
  await owner.kill();
  expect(await run(['2'])).toBe('same');
  expect(await run([])).toBe('same');
});

test('a marker that a killed process was writing does not keep the next one from starting', async () => {
  await run(['1']);
  writeFileSync(join(folder, 'state.marker.next'), '{"ids":');
  expect(await run(['2'])).toBe('same');
  expect(await run([])).toBe('same');
});

test('a folder that a version before had is the same', async () => {
  await run(['1']);
  rmSync(join(folder, 'state.marker'));
  const database = new DatabaseSync(sqlite());
  database.exec('DROP TABLE identity');
  database.close();
  expect(await run(['2'])).toBe('same');
  expect(await run([])).toBe('same');
});

test('a stop leaves everything in one file', async () => {
  await run(['1', '2']);
  expect(readdirSync(folder).sort()).toEqual(['owner.sqlite', 'state.marker', 'state.sqlite']);

  const elsewhere = join(parent, 'elsewhere');
  mkdirSync(elsewhere);
  copyFileSync(sqlite(), sqlite(elsewhere));
  const log = openEmbeddedLog({ folder: elsewhere });
  expect(entriesOf(await all(log.readForward('log')))).toEqual(['1', '2']);
  await log.close();
  expect(readdirSync(elsewhere)).toEqual(['state.sqlite']);
});

test('a stop while somebody reads leaves everything in the file too', async () => {
  const store = open();
  await store.append(['log'], '1');
  const log = openEmbeddedLog({ folder });
  await all(log.readForward('log'));
  await store.close();
  const elsewhere = join(parent, 'elsewhere');
  mkdirSync(elsewhere);
  copyFileSync(sqlite(), sqlite(elsewhere));
  await log.close();
  const copied = openEmbeddedLog({ folder: elsewhere });
  expect(entriesOf(await all(copied.readForward('log')))).toEqual(['1']);
  await copied.close();
  expect(await run([])).toBe('same');
});

const losses: [string, () => void][] = [
  ['state.sqlite was removed', () => rmSync(sqlite())],
  ['state.sqlite was emptied', () => truncateSync(sqlite())],
  [
    'state.sqlite was copied by a version before, without its write-ahead log',
    () => {
      const full = new DatabaseSync(join(parent, 'full.sqlite'));
      full.exec('PRAGMA journal_mode = WAL; CREATE TABLE state_values (key TEXT)');
      copyFileSync(join(parent, 'full.sqlite'), sqlite());
      full.close();
    },
  ],
];

test.each(losses)('a folder where %s has lost its state, and says so once', async (_how, lose) => {
  await run(['1']);
  lose();
  expect(await run(['2'])).toBe('lost');
  expect(await run([])).toBe('same');
});

const restores: [string, (copies: { cold: string; hot: string; folder: string }) => void][] = [
  ['the file of a former stop was put over it', ({ cold }) => overwrite(sqlite(cold), sqlite())],
  ['the file of a former stop was moved there', ({ cold }) => renameSync(sqlite(cold), sqlite())],
  ['a backup was put over it', ({ hot }) => overwrite(hot, sqlite())],
  [
    'the whole folder of a former stop was put in its place',
    ({ cold }) => {
      rmSync(folder, { recursive: true });
      cpSync(cold, folder, { recursive: true });
    },
  ],
  [
    'a backup was put in an empty folder',
    ({ hot }) => {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      copyFileSync(hot, sqlite());
    },
  ],
  ['another state was put over it', ({ folder: other }) => overwrite(sqlite(other), sqlite())],
  ['its marker cannot be read', () => writeFileSync(join(folder, 'state.marker'), '{"ids":')],
];

test.each(restores)(
  'a folder in which %s holds a copy, until it is adopted',
  async (_how, restore) => {
    const [cold, hot, other] = ['cold', 'hot', 'other'].map((name) => join(parent, name));
    if (cold === undefined || hot === undefined || other === undefined) throw new Error('no names');
    await run(['1']);
    cpSync(folder, cold, { recursive: true });
    const store = open();
    await store.append(['log'], '2');
    backUp({ folder, file: hot });
    await store.append(['log'], '3');
    await store.close();
    await run(['a', 'b', 'c', 'd', 'e', 'f'], other);

    restore({ cold, hot, folder: other });

    const unadopted = open();
    expect(unadopted.origin).toBe('copy');
    await unadopted.close();
    expect(await run(['4'])).toBe('copy');
    expect(await run([])).toBe('same');
  },
);

test.each(['new', 'same', 'copy'])(
  'a file that is put back after a start from a state that is %s, and more records, is a copy',
  async (origin) => {
    if (origin !== 'new') await run(['1']);
    if (origin === 'copy') {
      const backup = join(parent, 'backup.sqlite');
      backUp({ folder, file: backup });
      overwrite(backup, sqlite());
    }
    const store = open();
    expect(store.origin).toBe(origin);
    if (origin === 'copy') store.adopt();
    const early = join(parent, 'early.sqlite');
    copyFileSync(sqlite(), early);
    await store.append(['log'], '2');
    await store.close();

    overwrite(early, sqlite());
    expect(await run([])).toBe('copy');
  },
);

test('a copy of the file alone that is made while the service runs is known for one', async () => {
  const store = open();
  await store.append(['log'], '1');
  const elsewhere = join(parent, 'elsewhere');
  mkdirSync(elsewhere);
  copyFileSync(sqlite(), sqlite(elsewhere));
  expect(open(elsewhere).origin).toBe('copy');
});

test.each(['a backup', 'the file of a former stop'])(
  '%s whose process is killed before it has adopted it starts again with what it wrote, as a copy',
  async (what) => {
    await run(['1']);
    const elsewhere = join(parent, 'elsewhere');
    mkdirSync(elsewhere);
    if (what === 'a backup') backUp({ folder, file: sqlite(elsewhere) });
    else cpSync(folder, elsewhere, { recursive: true });
    for (const written of [1, 2]) {
      const owner = startOther('owner', elsewhere);
      others.push(owner);
      expect(await owner.says()).toBe('open');
      expect(await owner.ask()).toBe(1);
      await owner.kill();
      const log = openEmbeddedLog({ folder: elsewhere });
      expect(entriesOf(await all(log.readForward('log')))).toHaveLength(1 + written);
      await log.close();
    }
    expect(await run([], elsewhere)).toBe('copy');
    expect(await run([], elsewhere)).toBe('same');
  },
);

test.each(['a backup', 'the file of a former stop'])(
  'a start refuses %s beside the write-ahead log of another state, and damages nothing',
  async (what) => {
    await run(['1']);
    const cold = join(parent, 'cold.sqlite');
    copyFileSync(sqlite(), cold);
    const owner = startOther('owner', folder);
    others.push(owner);
    await owner.says();
    await owner.ask();
    const hot = join(parent, 'hot.sqlite');
    backUp({ folder, file: hot });
    await owner.ask();
    await owner.kill();
    const log = readFileSync(`${sqlite()}-wal`);
    overwrite(what === 'a backup' ? hot : cold, sqlite());
    const restored = readFileSync(sqlite());

    // Nor is one read with the other, for an export or a backup.
    const belongs = /state\.sqlite-wal belongs to a different/;
    expect(() => openEmbeddedLog({ folder })).toThrow(belongs);
    expect(() => backUp({ folder, file: join(parent, 'mixed.sqlite') })).toThrow(belongs);
    expect(readFileSync(sqlite())).toEqual(restored);
    expect(() => open()).toThrow(
      expect.objectContaining({
        kind: 'unavailable',
        message: expect.stringMatching(
          /state\.sqlite-wal belongs to a different.*Move it/,
        ) as unknown,
      }),
    );
    expect(readFileSync(sqlite()).equals(restored)).toBe(true);
    expect(readFileSync(`${sqlite()}-wal`).equals(log)).toBe(true);

    rmSync(`${sqlite()}-wal`);
    expect(await run([])).toBe('copy');
  },
);

test('a folder that is moved as a whole stays the same', async () => {
  await run(['1']);
  renameSync(folder, join(parent, 'moved'));
  expect(await run([], join(parent, 'moved'))).toBe('same');
});

test('a backup made while the service writes is one file for its owner only, has all until then, and replaces none', async () => {
  const store = open();
  await store.set('key', 'value');
  await store.append(['log'], '1');
  const file = join(parent, 'backup.sqlite');
  backUp({ folder, file });
  await store.append(['log'], '2');

  expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
  expect(() => backUp({ folder, file })).toThrow(
    expect.objectContaining({ kind: 'unavailable', message: `${file} exists already.` }),
  );
  const restored = join(parent, 'restored');
  mkdirSync(restored);
  renameSync(file, sqlite(restored));
  const copy = open(restored);
  expect(await copy.get('key')).toBe('value');
  expect(entriesOf(await all(copy.readForward('log')))).toEqual(['1']);
});

test('a backup that fails leaves nothing', () => {
  const file = join(parent, 'backup.sqlite');
  expect(() => backUp({ folder, file })).toThrow(
    expect.objectContaining({
      kind: 'unavailable',
      message: expect.stringContaining('STATE_DIR') as unknown,
    }),
  );
  expect(existsSync(file)).toBe(false);
});

test('what holds no records is said to, with what to do', async () => {
  await run(['1']);
  truncateSync(sqlite());
  expect(() => openEmbeddedLog({ folder })).toThrow(/is empty.*state\.sqlite-wal/);
  rmSync(sqlite());
  expect(() => openEmbeddedLog({ folder })).toThrow(/no state\.sqlite in .*STATE_DIR/);
});
