import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { returningAIStored, tagMangoStored } from '../support/records.ts';
import { createStoreSwitch, toSwitchable } from '../support/switchable-store.ts';
import {
  type MutationCall,
  type WritingService,
  codesOf,
  startWritingService,
  warningsOf,
} from '../support/writing.ts';

/** Deletions, awards and revocations say what they change; refused writes leave lists and memory as they were. */

const RAI = returningAIStored().id;
const TM = tagMangoStored()._id;
const OTHER_TM = '6657092c8142bfe0656481c5';
const USER = '6650aa11bb22cc33dd44ee55';
const { id: _id, awarded: _awarded, ...ALL_THIRTEEN } = returningAIStored();

let state: ReturnType<typeof createStoreSwitch>;
let service: WritingService;
beforeEach(async () => {
  state = createStoreSwitch();
  service = await startWritingService({
    attemptTimeoutMs: 3_000,
    wrapStore: (store) => toSwitchable(store, state),
    sandbox: {
      returningAI: { badges: [returningAIStored()] },
      tagMango: {
        badges: [tagMangoStored(), tagMangoStored({ _id: OTHER_TM, name: 'Other' })],
        requestLimit: 1_000_000,
      },
    },
  });
});
afterEach(() => service.close());

const holder = (badgeId: string, userId: string) => ({ badgeId, userId });
const historyOf = async (provider: string, id: string) => {
  const { badgeHistory } = await service.query(
    `{ badgeHistory(provider: ${provider}, id: "${id}") { nodes { operation changes { field sharedField before beforeKnown after } } } }`,
  );
  return (badgeHistory as { nodes: { operation: string; changes: unknown[] }[] }).nodes;
};
const award = (input: object): MutationCall => ({ kind: 'award', input });

test('a deletion shows every field that the badge showed going to null, and history keeps it', async () => {
  const shown = [
    'title',
    'action',
    'quantity',
    'image',
    'description',
    'attachRequired',
    'awarded',
  ];
  const dry = await service.query(
    `mutation { deleteBadge(dryRun: true, input: { returningAI: { id: "${RAI}" } }) { changes { field sharedField before beforeKnown after } } }`,
  );
  const removed = await service.mutate({ kind: 'delete', input: { returningAI: { id: RAI } } });

  expect(removed.changes.map(({ field }) => field)).toEqual(shown);
  expect(new Set(removed.changes.map(({ after }) => after))).toEqual(new Set([null]));
  expect(removed.changes).toContainEqual({
    field: 'title',
    sharedField: 'name',
    before: 'Major',
    beforeKnown: true,
    after: null,
  });
  expect((dry.deleteBadge as typeof removed).changes).toEqual(removed.changes);
  expect(await historyOf('RETURNING_AI', RAI)).toMatchObject([
    { operation: 'DELETE', changes: removed.changes },
  ]);
});

describe('an award', () => {
  test('says who gets which badges, in a dry run, the payload and the history', async () => {
    const input = { tagMango: { userId: USER, badgeIds: [TM, OTHER_TM] } };
    const changes = [TM, OTHER_TM].map((id) => ({
      field: 'holders',
      sharedField: null,
      before: null,
      beforeKnown: false,
      after: holder(id, USER),
    }));
    const dry = await service.query(
      `mutation { awardBadge(dryRun: true, input: { tagMango: { userId: "${USER}", badgeIds: ["${TM}", "${OTHER_TM}"] } }) { changes { field sharedField before beforeKnown after } } }`,
    );
    expect(dry.awardBadge).toEqual({ changes });
    expect(await service.mutate(award(input))).toMatchObject({ changes, warnings: [] });
    expect(await historyOf('TAG_MANGO', TM)).toMatchObject([{ operation: 'AWARD' }]);
    expect(JSON.stringify(await historyOf('TAG_MANGO', TM))).toContain(USER);
  });

  test.each<[string, object, object | null]>([
    [
      'Returning.AI',
      { returningAI: { badgeId: RAI, user: { id: '1102' } } },
      { returningAI: { badgeId: RAI, user: { id: '1102' } } },
    ],
    ['TagMango', { tagMango: { userId: USER, badgeIds: [TM] } }, null],
  ])(
    'of a badge that the member is known to hold says so, at %s',
    async (_name, input, revocation) => {
      await service.mutate(award(input));
      const again = await service.mutate(award(input));
      expect(codesOf(again)).toEqual([]);
      expect(warningsOf(again)).toEqual(['ALREADY_HELD']);
      expect(again.changes[0]?.before).toEqual(again.changes[0]?.after);
      expect(again.changes[0]?.beforeKnown).toBe(true);
      if (!revocation) return;
      await service.mutate({ kind: 'revoke', input: revocation });
      expect(warningsOf(await service.mutate(award(input)))).toEqual([]);
    },
  );
});

test('a revocation says who loses which badge', async () => {
  const revoked = await service.mutate({
    kind: 'revoke',
    input: { returningAI: { badgeId: RAI, user: { email: 'ada@example.com' } } },
  });
  expect(revoked.changes).toEqual([
    {
      field: 'holders',
      sharedField: null,
      before: holder(RAI, '1102'),
      beforeKnown: true,
      after: null,
    },
  ]);
});

test.each([true, false])(
  'a badge that a member may have lost is not said to be held (lost: %s)',
  async (isApplied) => {
    const input = { returningAI: { badgeId: RAI, user: { id: '1102' } } };
    await service.mutate(award(input));
    service.sandbox.returningAI.faults.set('removeBadge', { kind: 'reset', isApplied });
    const revoked = await service.mutate({ kind: 'revoke', input });
    expect(codesOf(revoked)).toEqual(['OUTCOME_UNKNOWN']);
    const again = await service.mutate(award(input));
    expect(warningsOf(again)).toEqual([]);
    expect(again.changes).toMatchObject([{ before: null, beforeKnown: false }]);
  },
);

test('a badge that a member keeps for certain is said to be held', async () => {
  const input = { returningAI: { badgeId: RAI, user: { id: '1102' } } };
  await service.mutate(award(input));
  service.sandbox.returningAI.faults.set('removeBadge', { kind: 'answer', status: 400, times: 1 });
  expect((await service.mutate({ kind: 'revoke', input })).outcome).toBe('REFUSED');
  expect(warningsOf(await service.mutate(award(input)))).toEqual(['ALREADY_HELD']);
});

describe('a refused write', () => {
  test.each([429, 400, 401, 404, 409])(
    'with %s leaves the list that was read before',
    async (status) => {
      const list =
        '{ badges(filter: { providers: [TAG_MANGO] }) { sources { state } totalCount } }';
      await service.query(list);
      service.sandbox.tagMango.faults.set('updateBadge', { kind: 'answer', status });
      const refused = await service.mutate({
        kind: 'update',
        input: { tagMango: { id: TM, name: 'New' } },
      });
      expect(codesOf(refused)).toHaveLength(1);
      service.sandbox.tagMango.faults.set('listBadges', { kind: 'answer', status: 429 });
      const { badges } = await service.query(list);
      expect(badges).toMatchObject({ totalCount: 2 });
    },
  );

  test('for want of the store, before it was sent, leaves what was remembered', async () => {
    const update = (fields: object, key: string | null = null) =>
      service.mutate({ kind: 'update', input: { returningAI: { id: RAI, ...fields } }, key });
    await update(ALL_THIRTEEN);
    const asked = state.asked;
    await update({ title: 'Counted' });
    let refusals = 0;
    const questions = state.asked - asked;
    for (let down = 0; down < questions; down += 1) {
      for (const isLastCarriedOut of [false, true]) {
        // A write that was sent and could not be recorded is rightly in doubt: it has to be made certain again.
        await update(ALL_THIRTEEN);
        const sent = service.writes().length;
        Object.assign(state, { downAfter: state.asked + down, isLastCarriedOut });
        const payload = await update({ title: `Try ${down} ${isLastCarriedOut}` });
        Object.assign(state, { isDown: false, downAfter: null });
        if (service.writes().length > sent) continue;
        refusals += 1;
        expect(codesOf(payload)).toEqual(['STATE_UNAVAILABLE']);
        // What could not be taken back at once is taken back a second later.
        const deadline = performance.now() + 5_000;
        let next = await update({ title: `After ${down} ${isLastCarriedOut}` });
        while (codesOf(next).length > 0 && performance.now() < deadline) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          next = await update({ title: `After ${down} ${isLastCarriedOut}` });
        }
        expect(codesOf(next)).toEqual([]);
      }
    }
    expect(refusals).toBeGreaterThan(3);
    expect(service.sandbox.returningAI.badges.get(RAI)).toMatchObject({
      award: ALL_THIRTEEN.award,
      awardXpQuantity: ALL_THIRTEEN.awardXpQuantity,
    });
  });
});
