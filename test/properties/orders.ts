import fc from 'fast-check';
import { OrderDirection, OrderField } from '../../src/badges/reading/order.ts';
import type { OrderedBy } from '../../src/badges/reading/order.ts';

export const anyOrder: fc.Arbitrary<OrderedBy> = fc.record({
  field: fc.constantFrom(...Object.values(OrderField)),
  direction: fc.constantFrom(...Object.values(OrderDirection)),
});
