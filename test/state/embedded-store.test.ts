import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  KEYS_IN_RANGE,
  createEmbeddedStore,
  openEmbeddedLog,
} from '../../src/state/sqlite/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { numRuns } from '../properties/runs.ts';
import { type OtherProcess, startOther } from './embedded-process.ts';
import { all, entriesOf } from './state-store.suite.ts';

let parent: string;
let folder: string;
let time: number;
const stores: StateStore[] = [];
const others: OtherProcess[] = [];

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'embedded-store-'));
  folder = join(parent, 'deep', 'state');
  time = 1_800_000_000_000.5;
});
afterEach(async () => {
  await Promise.all(others.splice(0).map((other) => other.kill()));
  await Promise.all(stores.splice(0).map((store) => store.close()));
  rmSync(parent, { recursive: true });
});

function open(): StateStore {
  const store = createEmbeddedStore({ folder, now: () => time });
  stores.push(store);
  return store;
}

function start(...given: Parameters<typeof startOther>): OtherProcess {
  const other = startOther(...given);
  others.push(other);
  return other;
}

test('keeps everything over a restart, and expires by the time that passed meanwhile', async () => {
  const first = open();
  await first.set('kept', '1');
  await first.set('short', '1', { ttlMs: 1000 });
  await first.set('long', '1', { ttlMs: 10_000 });
  await first.append(['log'], 'one');
  const [before] = await first.readBackward('log', { limit: 1 });
  await first.close();

  time += 1000;
  const second = open();
  expect([await second.get('kept'), await second.get('short'), await second.get('long')]).toEqual([
    '1',
    null,
    '1',
  ]);
  await second.append(['log'], 'two');
  expect(entriesOf(await all(second.readForward('log')))).toEqual(['one', 'two']);
  const [newest] = await second.readBackward('log', { limit: 1 });
  expect(await second.readBackward('log', { before: newest?.position ?? '', limit: 5 })).toEqual([
    before,
  ]);
});

test('is another instance after each start, and the earlier ones are dead', async () => {
  const first = open();
  await first.close();
  const second = open();
  expect(await second.isAlive(first.instanceId)).toBe(false);
  expect(await second.isAlive(second.instanceId)).toBe(true);
});

test('removes what has expired, some of it with later writes', async () => {
  const store = open();
  for (let key = 0; key < 150; key++) await store.set(`old${key}`, '1', { ttlMs: 1 });
  time += 1;
  for (let key = 0; key < 100; key++) await store.set(`new${key}`, '1', { ttlMs: 1 });
  await store.close();

  const database = new DatabaseSync(join(folder, 'state.sqlite'), { readOnly: true });
  expect(database.prepare('SELECT count(*) AS count FROM state_values').get()?.count).toBe(100);
  database.close();
});

test('a value lives for its time while it runs, however often the clock is set forward by a minute or more', async () => {
  let monotonic = 0;
  const store = createEmbeddedStore({ folder, now: () => time, monotonic: () => monotonic });
  stores.push(store);
  const step = fc.record({
    setByMs: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 60_000, max: 100_000 }),
      fc.integer({ min: 60_000, max: 100_000_000_000 }),
    ),
    passedMs: fc.nat(600_000),
  });
  const lifetime = fc.integer({ min: 1, max: 2_000_000 });
  let values = 0;
  const property = fc.asyncProperty(lifetime, fc.array(step), async (ttlMs, steps) => {
    const key = `value-${(values += 1)}`;
    const setAt = monotonic;
    await store.set(key, '1', { ttlMs });
    for (const { setByMs, passedMs } of steps) {
      // As the clock is corrected some time after the last use, or just before the next one.
      time += setByMs;
      if (setByMs > 0) await store.get('any');
      time += passedMs;
      monotonic += passedMs;
      expect(await store.get(key)).toBe(monotonic - setAt < ttlMs ? '1' : null);
    }
  });
  await fc.assert(property, { numRuns: Math.ceil(numRuns / 10) });
});

test('what was deleted or replaced is nowhere in the file', async () => {
  const store = open();
  for (let index = 0; index < 50; index += 1) {
    await store.set(`kept-${index}`, 'x'.repeat(index * 30));
    await store.set(`gone-${index}`, `secret of one ${'y'.repeat(index * 100)}`);
  }
  for (let index = 0; index < 50; index += 1) {
    await store.set(`gone-${index}`, index % 2 === 0 ? null : 'z');
  }
  await store.close();
  expect(readFileSync(join(folder, 'state.sqlite')).includes('secret of one')).toBe(false);
});

test('lets nobody else read the folder that it makes, nor its files', async () => {
  const store = open();
  await store.set('a', '1');
  expect((statSync(folder).mode & 0o777).toString(8)).toBe('700');
  const modes = readdirSync(folder).map((file) => statSync(join(folder, file)).mode & 0o777);
  expect(modes.length).toBeGreaterThan(2);
  expect(new Set(modes)).toEqual(new Set([0o600]));
});

test('a folder that cannot be used is told by its name', () => {
  const file = join(parent, 'file');
  writeFileSync(file, '');
  expect(() => createEmbeddedStore({ folder: join(file, 'state'), now: () => time })).toThrow(
    expect.objectContaining({
      kind: 'unavailable',
      message: expect.stringContaining(join(file, 'state')),
    }),
  );
});

test('a database that is damaged is told, and the folder is free again', async () => {
  await open().close();
  const file = join(folder, 'state.sqlite');
  writeFileSync(file, 'no database');
  const damaged = expect.objectContaining({ name: 'StateError', kind: 'unavailable' });
  expect(open).toThrow(damaged);
  rmSync(file);
  expect(await open().get('a')).toBeNull();
});

describe('the one process of a folder', () => {
  test('refuses a second one at once, by the name of the folder, and goes on itself', async () => {
    const store = open();
    expect(await start('opener', folder).says()).toEqual({
      name: 'StateError',
      kind: 'unavailable',
      message: expect.stringContaining(folder),
    });
    expect(open).toThrow(expect.objectContaining({ kind: 'unavailable' }));
    // Neither attempt has taken the lock from its owner.
    expect(await start('opener', folder).says()).toMatchObject({ kind: 'unavailable' });
    await store.set('a', '1');
    expect(await store.get('a')).toBe('1');
  });

  test('leaves the folder free when it closes it', async () => {
    await open().close();
    expect(await start('opener', folder).says()).toBe('open');
  });

  test('leaves the folder free when it is killed, with all that it acknowledged', async () => {
    const owner = start('owner', folder);
    expect(await owner.says()).toBe('open');
    expect(open).toThrow(expect.objectContaining({ kind: 'unavailable' }));
    expect([await owner.ask(), await owner.ask()]).toEqual([1, 2]);
    await owner.kill();
    expect(entriesOf(await all(open().readForward('log')))).toEqual(['1', '2']);
  });
});

describe('a reader of the logs', () => {
  test('in another process sees each entry that the owner has acknowledged', async () => {
    const store = open();
    const reader = start('reader', folder);
    expect(await reader.ask()).toEqual([]);
    for (const entries of [['1'], ['1', '2'], ['1', '2', '3']]) {
      await store.append(['log'], entries.at(-1) ?? '');
      expect(await reader.ask()).toEqual(entries);
    }
  });

  test('reads in both directions while no owner runs, and is unavailable once closed', async () => {
    const store = open();
    await store.append(['log'], '1');
    await store.append(['log'], '2');
    await store.close();

    const log = openEmbeddedLog({ folder });
    expect(entriesOf(await all(log.readForward('log')))).toEqual(['1', '2']);
    expect(entriesOf(await log.readBackward('log', { limit: 5 }))).toEqual(['2', '1']);
    await log.close();
    await expect(log.readBackward('log', { limit: 5 })).rejects.toMatchObject({
      kind: 'unavailable',
    });
    expect(await open().get('a')).toBeNull();
  });

  test('makes no folder where there is none, and says so', () => {
    expect(() => openEmbeddedLog({ folder })).toThrow(
      expect.objectContaining({ kind: 'unavailable' }),
    );
    expect(readdirSync(parent)).toEqual([]);
  });
});

test('an existing folder keeps its mode', async () => {
  await open().close();
  chmodSync(folder, 0o750);
  open();
  expect((statSync(folder).mode & 0o777).toString(8)).toBe('750');
});

test('keys that begin so are looked up in a range of the index, and by no scan', () => {
  open();
  const database = new DatabaseSync(join(folder, 'state.sqlite'), { readOnly: true });
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${KEYS_IN_RANGE}`);
  expect(plan.all({ from: 'a', end: 'b', now: 1 }).map(({ detail }) => detail)).toEqual([
    'SEARCH state_values USING INDEX sqlite_autoindex_state_values_1 (key>? AND key<?)',
  ]);
  database.close();
});

test('many keys are read in pages, between which others have their turn', async () => {
  const store = open();
  for (let index = 0; index < 1_200; index += 1) await store.set(`in/${index}`, '1');
  let turns = 0;
  let isRunning = true;
  const tick = (): void => {
    turns += 1;
    if (isRunning) setImmediate(tick);
  };
  tick();
  expect(await all(store.keys('in/'))).toHaveLength(1_200);
  isRunning = false;
  expect(turns).toBeGreaterThanOrEqual(3);
});

test.each(['/proc/1/badges/state', '/proc/self/badges'])(
  'a folder that cannot be made, %s, is refused at once with what to do',
  (place) => {
    expect(() => createEmbeddedStore({ folder: place, now: Date.now })).toThrow(
      expect.objectContaining({
        kind: 'unavailable',
        message: expect.stringMatching(/cannot be created .*Set STATE_DIR to a folder/),
      }),
    );
  },
);
