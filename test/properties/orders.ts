import fc from 'fast-check';
import {
  OrderDirection,
  OrderField,
  type OrderedBy,
} from '../../src/badges/reading/badge-index.ts';

export const anyOrder: fc.Arbitrary<OrderedBy> = fc.record({
  field: fc.constantFrom(...Object.values(OrderField)),
  direction: fc.constantFrom(...Object.values(OrderDirection)),
});
