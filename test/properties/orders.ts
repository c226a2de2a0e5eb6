import fc from 'fast-check';
import type { OrderedBy } from '../../src/badges/reading/badge-index.ts';

export const anyOrder: fc.Arbitrary<OrderedBy> = fc.record({
  field: fc.constantFrom('NAME', 'ID'),
  direction: fc.constantFrom('ASC', 'DESC'),
});
