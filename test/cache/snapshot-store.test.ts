import { expect, test } from '@jest/globals';
import {
  type Held,
  type SnapshotStore,
  createSnapshotStore,
} from '../../src/cache/snapshot-entry.ts';

const held = (value: string, bytes = 1): Held<string> => ({
  snapshot: { value, asOf: 0 },
  freshUntil: 0,
  epoch: 0,
  bytes,
});

function storeOf(
  bounds: { maxEntries?: number; maxBytes?: number },
  entries: [string, number?][],
): SnapshotStore<string> {
  const store = createSnapshotStore<string>({ maxEntries: 100, maxBytes: 100, ...bounds });
  for (const [name, bytes] of entries) store.set(name, held(name, bytes));
  return store;
}

/** Without using any of them, for `get` does. */
const namesOn = (store: SnapshotStore<string>, names: string) =>
  [...names].filter((name) => store.get(name) !== undefined).join('');

test('it gives what was put under a name, and nothing else', () => {
  const store = storeOf({}, [['a'], ['b']]);
  expect(store.get('a')).toEqual(held('a'));
  expect(store.get('c')).toBeUndefined();
});

test('it holds so many entries, and the one that was put first goes first', () => {
  const store = storeOf({ maxEntries: 3 }, [['a'], ['b'], ['c']]);
  expect(namesOn(store, 'abc')).toBe('abc');
  store.set('d', held('d'));
  expect(namesOn(store, 'abcd')).toBe('bcd');
});

test('it holds so many bytes, and makes room for as many as it must', () => {
  const store = storeOf({ maxBytes: 10 }, [
    ['a', 4],
    ['b', 4],
    ['c', 2],
  ]);
  expect(namesOn(store, 'abc')).toBe('abc');
  store.set('d', held('d', 7));
  expect(namesOn(store, 'abcd')).toBe('cd');
});

test('what was not used for longest goes first, whenever it was put', () => {
  const store = storeOf({ maxEntries: 3 }, [['a'], ['b'], ['c']]);
  store.get('a');
  store.set('d', held('d'));
  expect(namesOn(store, 'abcd')).toBe('acd');
});

test('what is put anew is used, and takes the place of what was there', () => {
  const store = storeOf({ maxEntries: 3, maxBytes: 10 }, [
    ['a', 4],
    ['b', 3],
    ['c', 3],
  ]);
  store.set('a', held('new', 4));
  expect(store.get('a')).toEqual(held('new', 4));
  store.set('d', held('d', 3));
  expect(namesOn(store, 'abcd')).toBe('acd');
});

test('one that is larger than all bytes is not kept', () => {
  const store = storeOf({ maxBytes: 10 }, []);
  store.set('a', held('a', 11));
  expect(store.get('a')).toBeUndefined();
  store.set('b', held('b', 10));
  expect(namesOn(store, 'ab')).toBe('b');
});

test('a value of no bytes is kept like any other', () => {
  expect(namesOn(storeOf({ maxEntries: 1 }, [['a', 0]]), 'a')).toBe('a');
});

test('what is removed, or taken off, costs no bytes any more', () => {
  const store = storeOf({ maxBytes: 10 }, [['a', 10]]);
  store.delete('a');
  store.delete('a');
  store.delete('never there');
  store.set('b', held('b', 20));
  for (const name of ['c', 'd']) store.set(name, held(name, 5));
  expect(namesOn(store, 'abcd')).toBe('cd');
});
