import fc from 'fast-check';
import {
  type OrderKey,
  type OrderedBy,
  compareKeys,
  orderKey,
} from '../../src/badges/reading/badge-index.ts';
import type { BadgeFields } from '../../src/providers/badge-list.ts';

export const anyOrder: fc.Arbitrary<OrderedBy> = fc.record({
  field: fc.constantFrom('NAME', 'CREATED_AT', 'UPDATED_AT', 'ID'),
  direction: fc.constantFrom('ASC', 'DESC'),
});

/** Times as providers write them: the same moment in two ways, and none. */
export const anyTime = fc.constantFrom(
  ...['2024-05-31T13:03:26.000Z', '2024-05-31T15:03:26+02:00', '2024-05-31T13:03:26.001Z'],
  ...['1999-12-31T23:59:59Z', '9999-12-31T23:59:59-23:59', null],
);

/** A key that a badge could have in this order. */
export function anyKeyIn({ field }: OrderedBy, text: fc.Arbitrary<string>): fc.Arbitrary<OrderKey> {
  return fc.record({ id: text, name: text, provider: text, time: anyTime }).map((badge) => {
    const { time: createdAt, time: updatedAt, ...rest } = badge;
    return orderKey(field, { ...rest, createdAt, updatedAt } as BadgeFields);
  });
}

export const isInOrder = (order: OrderedBy, a: OrderKey, b: OrderKey): boolean =>
  compareKeys(a, b, order) <= 0;
