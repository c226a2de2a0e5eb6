import fc from 'fast-check';
import { DEFAULT_FIELDS } from '../../support/records.ts';
import { READ_FAULTS, type ReadFault, WRITE_FAULTS, type WriteFault } from './provider.ts';

export const KINDS = ['update', 'update-hidden', 'create', 'delete', 'award', 'revoke'] as const;

export interface MutationCommand {
  kind: (typeof KINDS)[number];
  /** Indexes of the badge, of the key, and of the input under a key. */
  badge: number;
  key: number;
  variant: number;
  /** How many at once. */
  times: number;
  write: WriteFault;
  read: ReadFault;
}
export type Command = MutationCommand | { kind: 'restart' };

const often = <T>(weight: number, usual: T, others: readonly T[]) =>
  fc.oneof(
    { weight, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

const mutation: fc.Arbitrary<MutationCommand> = fc.record({
  kind: fc.constantFrom(...KINDS),
  badge: fc.nat(1),
  key: fc.nat(1),
  variant: often(3, 0, [1]),
  times: often(7, 1, [2, 3]),
  write: often(1, 'none', WRITE_FAULTS.slice(1)),
  read: often(3, 'none', READ_FAULTS.slice(1)),
});

/** Few badges and keys, so that they meet: a step is often a repeat of an earlier one, with another fault. */
export const sequences: fc.Arbitrary<Command[]> = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: mutation.map((command) => [command]) },
      {
        weight: 4,
        arbitrary: fc
          .tuple(mutation, mutation)
          .map(([first, { write, read, times }]) => [first, { ...first, write, read, times }]),
      },
      { weight: 1, arbitrary: fc.constant([{ kind: 'restart' } as const]) },
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((steps) => steps.flat());

/** Values that are unique to a key and a variant: the provider's badge shows which write it comes from. */
export function toInput({ kind, key, variant }: MutationCommand, badgeId: string): object {
  const own = `k${key}v${variant}`;
  switch (kind) {
    case 'update':
      return { id: badgeId, title: own, hiddenFields: 'OMIT' };
    case 'update-hidden':
      return { id: badgeId, awardXpQuantity: 100 + 10 * key + variant, hiddenFields: 'OMIT' };
    case 'create':
      return { title: own, ...DEFAULT_FIELDS };
    case 'delete':
      return { id: badgeId };
    case 'award':
    case 'revoke':
      return { badgeId, user: { id: String(1_000 + variant) } };
  }
}
