import { registerEnumType } from 'type-graphql';
import { cutText } from '../../http/whole-text.ts';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import { compareCodePoints } from './code-points.ts';

export const OrderField = { NAME: 'NAME', ID: 'ID' } as const;
export type OrderField = keyof typeof OrderField;
export const OrderDirection = { ASC: 'ASC', DESC: 'DESC' } as const;
export type OrderDirection = keyof typeof OrderDirection;

registerEnumType(OrderField, {
  name: 'BadgeOrderField',
  description: 'Fields that badges can be sorted by.',
  valuesConfig: {
    NAME: { description: 'Sort by name in Unicode code point order: `A` before `B` before `a`.' },
    ID: { description: "Sort by the provider's ID in Unicode code point order." },
  },
});
registerEnumType(OrderDirection, {
  name: 'OrderDirection',
  description: 'Sort direction.',
  valuesConfig: {
    ASC: { description: 'Ascending order.' },
    DESC: { description: 'Descending order.' },
  },
});

export interface OrderedBy {
  field: OrderField;
  direction: OrderDirection;
}

/** Where a badge stands in the total order over all providers. */
export type OrderKey = readonly [value: string, provider: string, id: string];

/** Of a name in a key: a cursor must stay short, however long a provider lets names be. */
const NAME_CHARACTERS = 1_000;

export function orderKey(field: OrderField, badge: BadgeFields): OrderKey {
  return [
    field === 'NAME' ? cutText(badge.name, NAME_CHARACTERS) : badge.id,
    badge.provider,
    badge.id,
  ];
}

export function compareKeys(a: OrderKey, b: OrderKey): number {
  return (
    compareCodePoints(a[0], b[0]) || compareCodePoints(a[1], b[1]) || compareCodePoints(a[2], b[2])
  );
}
