import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  type UnreadableRecord,
  createSharedValue,
} from '../../src/badges/writing/stored-record.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { StateError, type StateStore } from '../../src/state/state-store.ts';

const KEY = 'shared/value';
const schema = z.object({ names: z.array(z.string()) });

let folder: string;
let store: StateStore;
let told: UnreadableRecord[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'badges-shared-'));
  store = createEmbeddedStore({ folder, now: Date.now });
  told = [];
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const open = () =>
  createSharedValue({
    store,
    key: KEY,
    kind: 'recent writes',
    schema,
    empty: { names: [] },
    onUnreadable: (record) => told.push(record),
  });

test.each(['{', '[]', 'null', '7', '{"names":7}', '{"format":1,"names":[1]}', '{"format":"x"}'])(
  'a damaged text %j counts as empty, is told of, and is replaced by the next change',
  async (text) => {
    await store.set(KEY, text);
    expect(await open().read()).toEqual({ names: [] });
    expect(told).toMatchObject([{ kind: 'recent writes', key: KEY }]);
    await open().change(({ names }) => ({ names: [...names, 'new'] }));
    expect(await open().read()).toEqual({ names: ['new'] });
  },
);

test('what a newer version wrote counts as empty, and is never written over', async () => {
  const text = '{"format":2,"names":{"of":"another shape"}}';
  await store.set(KEY, text);
  expect(await open().read()).toEqual({ names: [] });
  await expect(open().change(() => ({ names: ['ours'] }))).rejects.toBeInstanceOf(StateError);
  expect(await store.get(KEY)).toBe(text);
});

test('changes at the same moment are all kept', async () => {
  const names = Array.from({ length: 15 }, (_, number) => `name ${number}`);
  await Promise.all(
    names.map((name) => open().change((held) => ({ names: [...held.names, name] }))),
  );
  expect((await open().read()).names.toSorted()).toEqual(names.toSorted());
});

test('what another process has written or damaged since is seen, although texts are parsed once', async () => {
  const [one, other] = [open(), open()];
  const add = (name: string) => (value: { names: string[] }) => ({ names: [...value.names, name] });
  await one.change(add('a'));
  await other.change(add('b'));
  expect(await one.read()).toEqual({ names: ['a', 'b'] });
  expect(await one.read()).toBe(await one.read());
  await store.set(KEY, '{');
  expect(await one.read()).toEqual({ names: [] });
  await store.set(KEY, '{"format":2}');
  await expect(one.change(add('c'))).rejects.toBeInstanceOf(StateError);
  await store.set(KEY, '{"format":1,"names":["d"]}');
  await one.change(add('e'));
  expect(await other.read()).toEqual({ names: ['d', 'e'] });
});

test('fifty changes of one process at the same moment are all kept, in two writes', async () => {
  let tries = 0;
  const counted = createSharedValue({
    store: {
      get: (key) => store.get(key),
      compareAndSet: (key, change) => {
        tries += 1;
        return store.compareAndSet(key, change);
      },
    },
    key: KEY,
    kind: 'recent writes',
    schema,
    empty: { names: [] },
    onUnreadable: (record) => told.push(record),
  });
  const names = Array.from({ length: 50 }, (_, number) => `name ${number}`);
  await Promise.all(
    names.map((name) => counted.change((value) => ({ names: [...value.names, name] }))),
  );
  expect([tries, await open().read()]).toEqual([2, { names }]);
});
