import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { badgeLog } from '../../src/badges/writing/audit.ts';
import { hashInput } from '../../src/badges/writing/stored-record.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { ADA, HALL_OF_FAME, MAJOR, QUIZ_MASTER, STORED } from '../support/operation-cases.ts';
import {
  type MutationCall,
  type WritingService,
  codesOf,
  startWritingService,
} from '../support/writing.ts';

/** What the first version of this service stored, when payloads and inputs had other fields. */

let store: StateStore;
let service: WritingService;
beforeEach(async () => {
  service = await startWritingService({
    sandbox: STORED,
    wrapStore: (opened) => (store = opened),
  });
});
afterEach(() => service.close());

interface Kept {
  inputHash: string;
  outcome: { badges: object[]; memberBadges?: unknown; userErrors: Record<string, unknown>[] };
}

async function editKept(edit: (kept: Kept) => void): Promise<void> {
  for await (const key of store.keys('key/')) {
    const kept = JSON.parse((await store.get(key)) ?? '') as Kept;
    edit(kept);
    await store.set(key, JSON.stringify(kept));
  }
}

test('a key of an input that held expectedVersion stands for the same change with the argument', async () => {
  const { badge } = await service.query(
    `{ badge(provider: TAG_MANGO, id: "${HALL_OF_FAME}") { ... on BadgeFields { version } } }`,
  );
  const { version: expectedVersion } = badge as { version: string };
  const fields = { id: HALL_OF_FAME, name: 'New' };
  const call: MutationCall = {
    kind: 'update',
    input: { tagMango: fields },
    expectedVersion,
    key: 'kept',
  };
  const first = await service.mutate(call);
  await editKept((kept) => {
    kept.inputHash = hashInput({ tagMango: { ...fields, expectedVersion } });
    delete kept.outcome.memberBadges;
  });

  expect(await service.mutate(call)).toEqual(first);
  const other = await service.mutate({ ...call, expectedVersion: 'another' });
  expect(codesOf(other)).toEqual(['IDEMPOTENCY_KEY_REUSED']);
  expect(service.writes()).toHaveLength(1);
});

test('an award whose payload held all badges of the member shows the awarded ones, and no more is known', async () => {
  const call: MutationCall = {
    kind: 'award',
    input: { returningAI: { badgeId: MAJOR, user: { id: ADA.returningAI } } },
    key: 'kept',
  };
  const first = await service.mutate(call);
  expect(first.memberBadges).toMatchObject([{ id: MAJOR }]);
  await editKept(({ outcome }) => {
    const [record = {}] = outcome.badges as { record?: object }[];
    outcome.badges.push({ ...record, record: { ...record.record, id: 'another' } });
    delete outcome.memberBadges;
  });

  expect(await service.mutate(call)).toEqual({ ...first, memberBadges: null });
  expect(service.writes()).toHaveLength(1);
});

test('a deletion whose payload held the ID alone says what a cache has to forget', async () => {
  const call: MutationCall = { kind: 'delete', input: { returningAI: { id: MAJOR } }, key: 'kept' };
  const first = await service.mutate(call);
  await editKept(({ outcome }) => {
    outcome.badges = [];
    delete outcome.memberBadges;
  });

  expect(await service.mutate(call)).toEqual({ ...first, deletedBadge: null });
  expect(first).toMatchObject({
    deletedBadge: { id: MAJOR, name: 'Major' },
    deletedBadgeId: MAJOR,
    deletedBadgeType: 'ReturningAIBadge',
  });
});

test('an error that had the path of one field has it still', async () => {
  service.sandbox.tagMango.faults.set('assignBadges', { kind: 'reset' });
  const call: MutationCall = {
    kind: 'award',
    input: { tagMango: { userId: ADA.tagMango, badgeIds: [QUIZ_MASTER] } },
    key: 'kept',
  };
  await service.mutate(call);
  const field = ['input', 'tagMango', 'badgeIds'];
  await editKept(({ outcome }) => {
    outcome.userErrors = outcome.userErrors.map(({ fields: _, ...error }) => ({ ...error, field }));
  });

  expect(await service.mutate(call)).toMatchObject({
    outcome: 'UNKNOWN',
    awardedBadges: [],
    userErrors: [{ code: 'OUTCOME_UNKNOWN', fields: [field] }],
  });
});

test('an entry shows its kind and its values as they are shown now, and an unknown kind as another', async () => {
  const record = {
    ...{ id: 'a', at: '2026-01-01T00:00:00.000Z', tenant: 'default', caller: 'ada' },
    ...{ provider: 'RETURNING_AI', badgeIds: [MAJOR], operation: 'update', outcome: 'APPLIED' },
    changes: [
      { field: 'title', before: '"Old"', after: '"New"' },
      { field: 'image', before: null, after: 'null' },
      { field: 'quantity', before: 'null', after: '3' },
      { field: 'toString', before: 'no JSON', after: '[1,{"a":null}]' },
    ],
    idempotencyKey: null,
  };
  const log = badgeLog('default', 'RETURNING_AI', MAJOR);
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  await store.append([log], JSON.stringify(record), {});
  await store.append(
    [log],
    JSON.stringify({
      ...record,
      operation: 'merge',
      changes: [{ field: 'title', before: null, after: deep }],
    }),
    {},
  );
  await store.append([log], JSON.stringify({ ...record, operation: 'create' }), {});
  const { badgeHistory } = await service.query(
    `{ badgeHistory(provider: RETURNING_AI, id: "${MAJOR}") { nodes {
      operation changes { field sharedField before beforeKnown after }
    } } }`,
  );
  const changes = [
    { field: 'title', sharedField: 'name', before: 'Old', beforeKnown: true, after: 'New' },
    { field: 'image', sharedField: 'imageUrl', before: null, beforeKnown: false, after: null },
    { field: 'quantity', sharedField: null, before: null, beforeKnown: true, after: 3 },
    {
      field: 'toString',
      sharedField: null,
      before: 'no JSON',
      beforeKnown: true,
      after: [1, { a: null }],
    },
  ];
  expect(badgeHistory).toMatchObject({
    nodes: [
      { operation: 'CREATE', changes: changes.map((change) => ({ ...change, beforeKnown: true })) },
      { operation: 'OTHER', changes: [{ after: deep }] },
      { operation: 'UPDATE', changes },
    ],
  });
});
