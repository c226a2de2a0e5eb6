import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { OrderKey, OrderedBy } from '../../src/badges/reading/badge-index.ts';
import { readCursor, toCursor } from '../../src/badges/reading/page.ts';
import { anyJson, stringText, toArrayText } from './json-texts.ts';
import { anyKeyIn, anyOrder } from './orders.ts';
import { numRuns } from './runs.ts';
import { anyText } from './texts.ts';

const anyOrderedKey: fc.Arbitrary<[OrderedBy, OrderKey]> = anyOrder.chain((order) =>
  fc.tuple(fc.constant(order), anyKeyIn(order, anyText)),
);
const anyCursor = anyOrderedKey.map(([order, key]) => toCursor(order, key));

test('a cursor gives its key again in its own order, and null in any other', () => {
  fc.assert(
    fc.property(anyOrderedKey, anyOrder, ([order, key], other) => {
      const cursor = toCursor(order, key);
      const isSame = order.field === other.field && order.direction === other.direction;

      expect(cursor).toMatch(/^[\w-]+$/);
      expect(readCursor(order, cursor)).toEqual(key);
      expect(readCursor(other, cursor)).toEqual(isSame ? key : null);
    }),
    { numRuns },
  );
});

test('a cursor whose value no badge can have in its order is null', () => {
  const keys: [OrderedBy['field'], string][] = [
    ['NAME', 'Éclair'],
    ['NAME', 'Zebra'],
    ['NAME', ' a'],
    ['CREATED_AT', '2024-05-31T15:03:26+02:00'],
    ['UPDATED_AT', 'yesterday'],
  ];
  for (const [field, value] of keys) {
    const order = { field, direction: 'ASC' } as const;
    expect(readCursor(order, toCursor(order, [value, 'TAG_MANGO', 'a']))).toBeNull();
  }
});

test('whatever text is null, or the one cursor of a key', () => {
  const toBase64 = (text: string) => Buffer.from(text).toString('base64url');
  const text = fc.oneof(
    anyText,
    anyJson.map(toBase64),
    fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url')),
  );
  const parts = fc.array(
    fc.oneof({ weight: 4, arbitrary: stringText }, { weight: 1, arbitrary: anyJson }),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(anyOrder, text, parts, (order, other, rest) => {
      const almostCursor = toArrayText([`"${order.field}"`, `"${order.direction}"`, ...rest]);
      expectNullOrOwnKey(order, toBase64(almostCursor));
      expectNullOrOwnKey(order, other);
    }),
    { numRuns },
  );
});

test('a cursor with a character changed, put in or left out is null, or the one cursor of another key', () => {
  const character = fc.oneof(
    fc.constantFrom('=', '+', '/', ' ', '\n', '\0', '!', '\ud800'),
    fc.string({ minLength: 1, maxLength: 1 }),
    fc.constant(''),
  );
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      anyOrder,
      anyCursor,
      fc.record({ place, character, removed: fc.nat(2) }),
      (order, cursor, change) => {
        const at = Math.round(change.place * cursor.length);
        const rest = cursor.slice(at + change.removed);
        expectNullOrOwnKey(order, cursor.slice(0, at) + change.character + rest);
      },
    ),
    { numRuns },
  );
});

function expectNullOrOwnKey(order: OrderedBy, text: string): void {
  const key = readCursor(order, text);
  if (key === null) return;
  expect(key.map((part) => typeof part)).toEqual(['string', 'string', 'string']);
  expect(toCursor(order, key)).toBe(text);
}
