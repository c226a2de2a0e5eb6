import { expect } from '@jest/globals';
import type { Provider } from '../../../src/providers/provider.ts';
import { WRITE_CASES } from '../../faults/write-cases.ts';
import {
  type Check,
  type World,
  codesOf,
  exampleOf,
  examplesOf,
  expectFor,
  inWorld,
} from './world.ts';

/** Everything that a stand-in stores, including what it never shows. */
const held = ({ standIn: { badges, awards } }: World) => structuredClone([badges, awards]);

function needed(provider: Provider, kind: 'create' | 'update' | 'award' | 'delete'): object {
  const input = exampleOf(provider, kind);
  if (input) return input;
  throw new Error(`${provider.key} has no example of ${kind}`);
}

export const writingChecks: readonly Check[] = [
  {
    name: 'a write that fails has its code, says whether it may have been applied, and is sent once',
    run: (provider) =>
      inWorld(provider, async ({ mutate, standIn, writes, reset }) => {
        for (const { what, fault, by, codes } of WRITE_CASES) {
          reset();
          standIn.faults.set(`${by}Badge`, fault);
          const payload = await mutate(by, needed(provider, by));
          expectFor({ what }, codesOf(payload), codes);
          expectFor({ what, of: 'writes' }, writes().length, 1);
        }
      }),
  },
  {
    name: 'a dry run sends nothing, and tells the changes and warnings of the real run',
    async run(provider) {
      for (const { kind, input } of examplesOf(provider)) {
        await inWorld(provider, async (world) => {
          const before = held(world);
          const predicted = await world.mutate(kind, input, { dryRun: true });
          expectFor({ kind, of: 'writes' }, world.writes(), []);
          expect(held(world)).toEqual(before);
          const real = await world.mutate(kind, input);
          expectFor({ kind }, codesOf(real), []);
          expectFor({ kind }, predicted.changes, real.changes);
          expectFor({ kind }, predicted.warnings, real.warnings);
          expectFor({ kind, changes: 'some' }, predicted.changes.length > 0, true);
          expectFor({ kind, of: 'writes' }, world.writes().length, 1);
        });
      }
    },
  },
  {
    name: 'a key writes once, answers the same again, and is refused for another input',
    async run(provider) {
      for (const { kind, input } of examplesOf(provider)) {
        await inWorld(provider, async ({ mutate, writes }) => {
          const idempotencyKey = 'the-same-key';
          const first = await mutate(kind, input, { idempotencyKey });
          const again = await mutate(kind, input, { idempotencyKey });
          expectFor({ kind }, codesOf(first), []);
          expectFor({ kind }, again, first);
          expectFor({ kind, of: 'writes' }, writes().length, 1);
          const { nameField } = provider.check.scratch;
          const other =
            kind === 'create' || kind === 'update' ? { ...input, [nameField]: 'Another' } : input;
          if (other === input) return;
          const reused = await mutate(kind, other, { idempotencyKey });
          expectFor({ kind }, codesOf(reused), ['IDEMPOTENCY_KEY_REUSED']);
          expectFor({ kind, of: 'writes' }, writes().length, 1);
        });
      }
    },
  },
  {
    name: 'a write of unknown outcome is not sent again under its key',
    async run(provider) {
      for (const { kind, input } of examplesOf(provider)) {
        await inWorld(provider, async ({ mutate, standIn, writes }) => {
          const [operation] = operationsOf(provider, standIn.operations, kind);
          if (operation === undefined) return;
          standIn.faults.set(operation, { kind: 'reset', isApplied: true });
          const first = await mutate(kind, input, { idempotencyKey: 'key' });
          expectFor(
            { kind },
            codesOf(first).filter((code) => code !== 'OUTCOME_UNKNOWN'),
            [],
          );
          standIn.faults.clear();
          await mutate(kind, input, { idempotencyKey: 'key' });
          expectFor({ kind, of: 'writes' }, writes().length, 1);
        });
      }
    },
  },
  {
    name: 'another version than the expected one is a conflict that shows the badge, and nothing is sent',
    async run(provider) {
      for (const kind of ['update', 'delete'] as const) {
        const input = exampleOf(provider, kind);
        if (!input) continue;
        await inWorld(provider, async ({ mutate, writes, read }) => {
          const id = 'id' in input ? String(input.id) : '';
          const conflict = await mutate(kind, input, { expectedVersion: 'an old one' });
          expectFor({ kind }, codesOf(conflict), ['CONFLICT']);
          expectFor({ kind, of: 'writes' }, writes(), []);
          const { badge } = (await read(id)).data;
          expect(conflict.userErrors[0]?.currentBadge).toEqual(badge);
          const right = await mutate(kind, input, { expectedVersion: badge?.version });
          expectFor({ kind }, codesOf(right), []);
          expectFor({ kind, of: 'writes' }, writes().length, 1);
        });
      }
    },
  },
  {
    name: 'what was written is read, also while the list of the provider still shows what was before',
    async run(provider) {
      for (const listLagMs of [0, 60_000]) {
        await inWorld(provider, async ({ mutate, read, standIn }) => {
          Object.assign(standIn.behaviour, { listLagMs });
          const created = await mutate('create', needed(provider, 'create'));
          const id = created.badge?.id ?? '';
          expectFor({ listLagMs, of: 'create' }, (await read(id)).data.badge, created.badge);
          const updated = await mutate('update', needed(provider, 'update'));
          const shown = (await read()).data;
          expectFor({ listLagMs, of: 'update' }, shown.badge, updated.badge);
          expect(shown._entities).toEqual([updated.badge]);
          expect(shown.badges?.nodes).toContainEqual(updated.badge);
          const gone = exampleOf(provider, 'delete');
          if (!gone) return;
          const { deletedBadgeId } = await mutate('delete', gone);
          expectFor({ listLagMs }, (await read(deletedBadgeId ?? '')).data.badge, null);
        });
      }
    },
  },
  {
    name: 'a change names the field that every badge has, as the badge shows it',
    run: (provider) =>
      inWorld(provider, async ({ mutate }) => {
        const fields = Object.entries(provider.sharedFields);
        expect(fields.map(([, shared]) => shared).sort()).toEqual([
          'description',
          'imageUrl',
          'name',
        ]);
        const values = {
          name: 'Seen',
          description: 'Seen.',
          imageUrl: 'https://img.example/s.png',
        };
        const input = Object.fromEntries(fields.map(([field, shared]) => [field, values[shared]]));
        const { badge, changes } = await mutate('update', {
          ...needed(provider, 'update'),
          ...input,
        });
        expect(badge).toMatchObject(values);
        for (const [field, sharedField] of fields) {
          expectFor(
            { field },
            changes.find((change) => change.field === field),
            {
              field,
              sharedField,
              before: expect.anything(),
              beforeKnown: true,
              after: values[sharedField],
            },
          );
        }
      }),
  },
  {
    name: 'the outcome of a payload says what the lists beside it explain',
    run: (provider) =>
      inWorld(provider, async ({ mutate, standIn }) => {
        const input = needed(provider, 'update');
        const nothing = { id: provider.example.badgeId };
        const version = 'an old one';
        expectFor({}, (await mutate('update', input, { dryRun: true })).outcome, 'DRY_RUN');
        expectFor({}, (await mutate('update', nothing, { dryRun: true })).outcome, 'REFUSED');
        const old = await mutate('update', input, { expectedVersion: version });
        expectFor({ version }, old.outcome, 'REFUSED');
        expectFor({}, (await mutate('update', input)).outcome, 'APPLIED');
        expectFor({}, (await mutate('update', input)).outcome, 'UNCHANGED');
        standIn.faults.set('createBadge', { kind: 'reset', isApplied: false });
        const lost = await mutate('create', needed(provider, 'create'), { idempotencyKey: 'lost' });
        expectFor({ lost: true }, lost.outcome, 'UNKNOWN');
      }),
  },
  {
    name: 'a deletion shows the badge as it was, and what a cache has to forget',
    run: (provider) =>
      inWorld(provider, async ({ mutate, read }) => {
        const input = exampleOf(provider, 'delete');
        if (!input) return;
        const id = 'id' in input ? String(input.id) : '';
        const { badge } = (await read(id)).data;
        for (const idempotencyKey of ['once', 'once']) {
          expect(await mutate('delete', input, { idempotencyKey })).toMatchObject({
            outcome: 'APPLIED',
            deletedBadge: badge,
            deletedBadgeId: id,
            deletedBadgeType: provider.badgeClass.name,
          });
        }
      }),
  },
  {
    name: 'an award and a revocation show the badge as it is then',
    async run(provider) {
      await inWorld(provider, async ({ mutate, read }) => {
        const { awardedBadges = [] } = await mutate('award', needed(provider, 'award'));
        const { badge } = (await read()).data;
        expect(awardedBadges.map(({ id, version }) => [id, version])).toContainEqual([
          badge?.id,
          badge?.version,
        ]);
        const taken = exampleOf(provider, 'revoke');
        if (taken) expect((await mutate('revoke', taken)).badge?.version).toBe(badge?.version);
      });
    },
  },
  {
    name: 'an update without a change is not sent',
    run: (provider) =>
      inWorld(provider, async ({ mutate, writes }) => {
        const input = needed(provider, 'update');
        await mutate('update', input);
        const sent = writes().length;
        const again = await mutate('update', input);
        expect(again.warnings.map(({ code }) => code)).toContain('NO_CHANGE');
        expect(writes()).toHaveLength(sent);
      }),
  },
];

/** The stand-in's operations of a kind. The contract files use the same names for all providers. */
function operationsOf(provider: Provider, operations: ReadonlySet<string>, kind: string): string[] {
  const reads = new Set(provider.check.reads.map(({ operation }) => operation));
  const writes = [...operations].filter((operation) => !reads.has(operation));
  const plain = writes.filter((operation) => operation === `${kind}Badge`);
  if (plain.length > 0 || kind !== 'award') return plain;
  return writes.filter((operation) => /award|assign|grant/i.test(operation));
}
