import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createGroupedWrites } from '../../src/state/sqlite/database.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { numRuns } from '../properties/runs.ts';
import { settled } from '../support/clock.ts';

/** Writes of one moment share a transaction, and each of them behaves as if it had one of its own. */

let folder: string;
let database: DatabaseSync;
let commits: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'badges-grouped-'));
  database = new DatabaseSync(join(folder, 'grouped.sqlite'));
  database.exec('CREATE TABLE entries (number INTEGER PRIMARY KEY) STRICT');
  commits = 0;
  const exec = database.exec.bind(database);
  database.exec = (sql) => {
    if (sql === 'COMMIT') commits += 1;
    exec(sql);
  };
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const insert = (number: number) => (): string => {
  database.prepare('INSERT INTO entries VALUES (?)').run(number);
  return `entry ${number}`;
};
const stored = () =>
  database
    .prepare('SELECT number FROM entries ORDER BY rowid')
    .all()
    .map(({ number }) => number);

test('writes of one moment are committed together, and resolve only after that', async () => {
  const { write } = createGroupedWrites(database);
  const results = [1, 2, 3].map((number) => write(insert(number)));
  expect([commits, stored()]).toEqual([0, []]);
  expect(await Promise.all(results)).toEqual(['entry 1', 'entry 2', 'entry 3']);
  expect([commits, stored()]).toEqual([1, [1, 2, 3]]);

  await write(insert(4));
  expect([commits, stored()]).toEqual([2, [1, 2, 3, 4]]);
});

test('a write that fails takes no other with it', async () => {
  const { write } = createGroupedWrites(database);
  const results = [1, 2, 2, 3].map((number) => write(insert(number)));
  expect(await Promise.allSettled(results)).toEqual([
    { status: 'fulfilled', value: 'entry 1' },
    { status: 'fulfilled', value: 'entry 2' },
    { status: 'rejected', reason: expect.objectContaining({ code: 'ERR_SQLITE_ERROR' }) },
    { status: 'fulfilled', value: 'entry 3' },
  ]);
  expect(stored()).toEqual([1, 2, 3]);
});

test('more writes than fit into a group wait for the next round of the event loop', async () => {
  const { write } = createGroupedWrites(database);
  const results = Array.from({ length: 250 }, (_, number) => write(insert(number)));
  await settled();
  expect(commits).toBe(1);
  await Promise.all(results);
  expect([commits, stored().length]).toEqual([3, 250]);
});

test('a store that is closed has committed what it was given', async () => {
  const open = () => createEmbeddedStore({ folder: join(folder, 'store'), now: Date.now });
  const store = open();
  const set = store.set('key', 'value');
  await store.close();
  await set;
  const next = open();
  expect(await next.get('key')).toBe('value');
  await next.close();
});

test('changes at the same moment see each other as if each came after the last', async () => {
  const store = createEmbeddedStore({ folder: join(folder, 'model'), now: Date.now });
  const key = fc.constantFrom('a', 'b');
  const value = fc.constantFrom('1', '2', null);
  const change = fc.record({ key, expected: value, value });
  const property = fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
    await Promise.all(['a', 'b'].map((each) => store.set(each, null)));
    const model = new Map<string, string | null>();
    const expected = changes.map((each) => {
      const isChanged = (model.get(each.key) ?? null) === each.expected;
      if (isChanged) model.set(each.key, each.value);
      return isChanged;
    });
    const results = changes.map(({ key: name, ...rest }) => store.compareAndSet(name, rest));
    expect(await Promise.all(results)).toEqual(expected);
    expect(await store.get('a')).toBe(model.get('a') ?? null);
    expect(await store.get('b')).toBe(model.get('b') ?? null);
  });
  await fc.assert(property, { numRuns: Math.ceil(numRuns / 10) });
  await store.close();
});
