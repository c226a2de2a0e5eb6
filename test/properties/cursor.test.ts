import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { OrderKey, OrderedBy } from '../../src/badges/reading/badge-index.ts';
import { readCursor, toCursor } from '../../src/badges/reading/page.ts';
import { anyJson, stringText, toArrayText } from './json-texts.ts';
import { anyOrder } from './orders.ts';
import { numRuns } from './runs.ts';
import { anyText } from './texts.ts';

const anyKey: fc.Arbitrary<OrderKey> = fc.tuple(anyText, anyText, anyText);
const anyCursor = fc.tuple(anyOrder, anyKey).map(([order, key]) => toCursor(order, key));

test('a cursor gives its key again in its own order, and null in any other', () => {
  fc.assert(
    fc.property(anyOrder, anyOrder, anyKey, (order, other, key) => {
      const cursor = toCursor(order, key);
      const isSame = order.field === other.field && order.direction === other.direction;

      expect(cursor).toMatch(/^[\w-]+$/);
      expect(readCursor(order, cursor)).toEqual(key);
      expect(readCursor(other, cursor)).toEqual(isSame ? key : null);
    }),
    { numRuns },
  );
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
