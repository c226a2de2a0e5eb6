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

function shelfOf(
  bounds: { maxEntries?: number; maxBytes?: number },
  entries: [string, number?][],
): SnapshotStore<string> {
  const shelf = createSnapshotStore<string>({ maxEntries: 100, maxBytes: 100, ...bounds });
  for (const [name, bytes] of entries) shelf.set(name, held(name, bytes));
  return shelf;
}

/** Without using any of them, for `get` does. */
const namesOn = (shelf: SnapshotStore<string>, names: string) =>
  [...names].filter((name) => shelf.get(name) !== undefined).join('');

test('it gives what was put under a name, and nothing else', () => {
  const shelf = shelfOf({}, [['a'], ['b']]);
  expect(shelf.get('a')).toEqual(held('a'));
  expect(shelf.get('c')).toBeUndefined();
});

test('it holds so many entries, and the one that was put first goes first', () => {
  const shelf = shelfOf({ maxEntries: 3 }, [['a'], ['b'], ['c']]);
  expect(namesOn(shelf, 'abc')).toBe('abc');
  shelf.set('d', held('d'));
  expect(namesOn(shelf, 'abcd')).toBe('bcd');
});

test('it holds so many bytes, and makes room for as many as it must', () => {
  const shelf = shelfOf({ maxBytes: 10 }, [
    ['a', 4],
    ['b', 4],
    ['c', 2],
  ]);
  expect(namesOn(shelf, 'abc')).toBe('abc');
  shelf.set('d', held('d', 7));
  expect(namesOn(shelf, 'abcd')).toBe('cd');
});

test('what was not used for longest goes first, whenever it was put', () => {
  const shelf = shelfOf({ maxEntries: 3 }, [['a'], ['b'], ['c']]);
  shelf.get('a');
  shelf.set('d', held('d'));
  expect(namesOn(shelf, 'abcd')).toBe('acd');
});

test('what is put anew is used, and takes the place of what was there', () => {
  const shelf = shelfOf({ maxEntries: 3, maxBytes: 10 }, [
    ['a', 4],
    ['b', 3],
    ['c', 3],
  ]);
  shelf.set('a', held('new', 4));
  expect(shelf.get('a')).toEqual(held('new', 4));
  shelf.set('d', held('d', 3));
  expect(namesOn(shelf, 'abcd')).toBe('acd');
});

test('one that is larger than all bytes is not kept', () => {
  const shelf = shelfOf({ maxBytes: 10 }, []);
  shelf.set('a', held('a', 11));
  expect(shelf.get('a')).toBeUndefined();
  shelf.set('b', held('b', 10));
  expect(namesOn(shelf, 'ab')).toBe('b');
});

test('a value of no bytes is kept like any other', () => {
  expect(namesOn(shelfOf({ maxEntries: 1 }, [['a', 0]]), 'a')).toBe('a');
});

test('what is removed, or taken off, costs no bytes any more', () => {
  const shelf = shelfOf({ maxBytes: 10 }, [['a', 10]]);
  shelf.delete('a');
  shelf.delete('a');
  shelf.delete('never there');
  shelf.set('b', held('b', 20));
  for (const name of ['c', 'd']) shelf.set(name, held(name, 5));
  expect(namesOn(shelf, 'abcd')).toBe('cd');
});
