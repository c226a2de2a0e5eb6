import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { OperationKind } from '../../src/providers/provider.ts';
import type { FaultInput } from '../../src/sandbox/faults.ts';
import { createSkippingClock } from '../support/clock.ts';
import { HIDDEN_VALUES, returningAIStored, tagMangoStored } from '../support/records.ts';
import {
  type MutationCall,
  type WritingService,
  codesOf,
  startWritingService,
  warningsOf,
} from '../support/writing.ts';

/** The lists are inferred or may fail; a documented call that needs nothing of them is made all the same. */

const RAI = returningAIStored().id;
const TM = tagMangoStored()._id;
const { id: _id, awarded: _awarded, ...ALL_THIRTEEN } = returningAIStored({ title: 'Renamed' });

const WRITES: [string, OperationKind, object, string[]][] = [
  [
    'a TagMango update',
    'update',
    { tagMango: { id: TM, name: 'Renamed' } },
    ['PREVIOUS_VALUES_UNKNOWN'],
  ],
  [
    'a whole Returning.AI update',
    'update',
    { returningAI: { id: RAI, ...ALL_THIRTEEN } },
    ['PREVIOUS_VALUES_UNKNOWN'],
  ],
  ['a Returning.AI deletion', 'delete', { returningAI: { id: RAI } }, ['PREVIOUS_VALUES_UNKNOWN']],
  [
    'a Returning.AI award',
    'award',
    { returningAI: { badgeId: RAI, user: { id: '1102' } } },
    ['PREVIOUS_VALUES_UNKNOWN'],
  ],
  [
    'a Returning.AI revocation',
    'revoke',
    { returningAI: { badgeId: RAI, user: { id: '1102' } } },
    ['PREVIOUS_VALUES_UNKNOWN'],
  ],
  [
    'a TagMango award',
    'award',
    { tagMango: { userId: '6650aa11bb22cc33dd44ee55', badgeIds: [TM] } },
    ['PREVIOUS_VALUES_UNKNOWN'],
  ],
  ['a Returning.AI creation', 'create', { returningAI: { title: 'Scout' } }, []],
  ['a TagMango creation', 'create', { tagMango: { name: 'Scout' } }, []],
];

const FAILING_LISTS: [string, FaultInput][] = [
  ['answers 404', { kind: 'answer', status: 404 }],
  ['answers 503', { kind: 'answer', status: 503 }],
  ['answers 403', { kind: 'answer', status: 403 }],
  ['answers something else', { kind: 'answer', body: { unexpected: true } }],
  ['hangs', { kind: 'hang' }],
  ['is reset', { kind: 'reset' }],
];

let service: WritingService;
beforeEach(async () => {
  const clock = createSkippingClock();
  service = await startWritingService({
    operationDeadlineMs: 6_000,
    attemptTimeoutMs: 800,
    now: clock.now,
    http: { clock, budget: undefined },
    sandbox: {
      returningAI: { badges: [returningAIStored()] },
      tagMango: { badges: [tagMangoStored()], requestLimit: 1_000_000 },
    },
  });
});
afterEach(() => service.close());

function breakLists(fault: FaultInput): void {
  service.sandbox.returningAI.faults.set('listBadges', fault);
  service.sandbox.tagMango.faults.set('listBadges', fault);
}

describe.each(FAILING_LISTS)('with a list that %s', (_how, fault) => {
  test.each(WRITES)('%s is sent', async (_name, kind, input, warnings) => {
    breakLists(fault);
    const payload = await service.mutate({ kind, input });
    expect(codesOf(payload)).toEqual([]);
    expect(warningsOf(payload)).toEqual(expect.arrayContaining(warnings));
    expect(service.writes()).toHaveLength(1);
    for (const { before } of payload.changes.filter(({ field }) => field !== 'holders')) {
      expect(before).toBeNull();
    }
  });

  test.each<[string, MutationCall]>([
    [
      'an update with a version',
      {
        kind: 'update',
        input: { tagMango: { id: TM, name: 'Renamed' } },
        expectedVersion: 'x',
      },
    ],
    [
      'a deletion with a version',
      { kind: 'delete', input: { returningAI: { id: RAI } }, expectedVersion: 'x' },
    ],
    [
      'a part of a Returning.AI update',
      {
        kind: 'update',
        input: { returningAI: { id: RAI, title: 'Renamed', ...HIDDEN_VALUES } },
      },
    ],
  ])('%s needs it, and nothing is sent', async (_name, call) => {
    breakLists(fault);
    const payload = await service.mutate(call);
    expect(codesOf(payload)).toHaveLength(1);
    expect(payload.userErrors).toMatchObject([{ __typename: 'BadgeProviderError' }]);
    expect(service.writes()).toEqual([]);
  });
});

test('a dry run of such a write says what it would do', async () => {
  breakLists({ kind: 'answer', status: 404 });
  const { updateBadge } = await service.query(
    `mutation { updateBadge(dryRun: true, input: { tagMango: { id: "${TM}", name: "New" } }) {
      changes { field before after } warnings { code } userErrors { code }
    } }`,
  );
  expect(updateBadge).toEqual({
    changes: [{ field: 'name', before: null, after: 'New' }],
    warnings: [{ code: 'PREVIOUS_VALUES_UNKNOWN' }],
    userErrors: [],
  });
});

test('a list that fails for long stops no write that can do without it', async () => {
  breakLists({ kind: 'answer', status: 503 });
  for (const name of ['One', 'Two', 'Three', 'Four', 'Five', 'Six']) {
    const payload = await service.mutate({
      kind: 'update',
      input: { tagMango: { id: TM, name } },
    });
    expect(codesOf(payload)).toEqual([]);
  }
  expect(service.writes()).toHaveLength(6);
});

test('a badge that the list does not have is still not written', async () => {
  const payload = await service.mutate({
    kind: 'update',
    input: { tagMango: { id: 'f'.repeat(24), name: 'New' } },
  });
  expect(codesOf(payload)).toEqual(['NOT_FOUND']);
  expect(service.writes()).toEqual([]);
});

test('a deletion of what the provider does not have leaves no history, though no list said so', async () => {
  const id = 'never-there';
  service.sandbox.returningAI.faults.set('listBadges', { kind: 'answer', status: 503 });
  const payload = await service.mutate({ kind: 'delete', input: { returningAI: { id } } });
  expect(codesOf(payload)).toEqual(['NOT_FOUND']);
  const historyOf = async (badgeId: string) => {
    const { badgeHistory } = await service.query(
      `{ badgeHistory(provider: RETURNING_AI, id: "${badgeId}") { nodes { outcome } } }`,
    );
    return badgeHistory;
  };
  expect(await historyOf(id)).toEqual({ nodes: [] });
  // What was there once keeps its history.
  await service.mutate({ kind: 'delete', input: { returningAI: { id: RAI } } });
  await service.mutate({ kind: 'delete', input: { returningAI: { id: RAI } } });
  expect(await historyOf(RAI)).toEqual({
    nodes: [{ outcome: 'REFUSED' }, { outcome: 'APPLIED' }],
  });
});

test('an award whose answer leaves fields out shows what the list has of them', async () => {
  const { badges, faults } = service.sandbox.returningAI;
  const other = returningAIStored({ id: 'other', description: 'Of another badge.' });
  badges.set('other', other);
  const body = [RAI, 'other', 'unlisted'].map((id) => ({ id, title: 'As answered' }));
  const answer = { meta: { success: true }, body };
  faults.set('awardBadge', { kind: 'answer', isApplied: true, body: answer });
  const payload = await service.mutate({
    kind: 'award',
    input: { returningAI: { badgeId: RAI, user: { id: '1102' } } },
  });
  const { description } = returningAIStored();
  const shown = { id: RAI, title: 'As answered', description };
  expect(payload.awardedBadges).toMatchObject([shown]);
  expect(payload.memberBadges).toMatchObject([
    shown,
    { id: 'other', title: 'As answered', description: other.description },
    { id: 'unlisted', title: 'As answered', description: null },
  ]);
});
