import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BadgeHistoryDocument, type BadgeProvider } from '../generated/operations.ts';
import {
  ADA,
  type Asked,
  HALL_OF_FAME,
  MAJOR,
  QUIZ_MASTER,
  STORED,
  award,
  create,
  remove,
  revoke,
  update,
  writesTo,
} from '../support/operation-cases.ts';
import { HIDDEN_VALUES } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';

let service: TestService;
beforeEach(async () => {
  // A list once read is kept for an hour: only a write can make it new.
  service = await startTestService({
    sandbox: STORED,
    freshSeconds: 3_600,
    attemptTimeoutMs: 1_000,
  });
  await run(update({ returningAI: { id: MAJOR, title: 'Before', ...HIDDEN_VALUES } }));
  await run(update({ tagMango: { id: HALL_OF_FAME, name: 'Before' } }));
  expect(await names()).toEqual(['Before', 'Before', 'Quiz Master']);
  service.sandbox.returningAI.requests.length = 0;
  service.sandbox.tagMango.requests.length = 0;
});

afterEach(() => service.close());

async function run({ document, variables }: Asked) {
  const { errors } = await service.execute<unknown, object>(document, variables);
  expect(errors).toBeUndefined();
}

/** Names of all badges, as `badges` shows them: from the cache, where it has them. */
async function names(): Promise<string[]> {
  const { data } = await service.execute<{ badges: { nodes: { name: string }[] } }, unknown>(
    '{ badges { nodes { ... on BadgeFields { name } } } }',
  );
  return data.badges.nodes.map(({ name }) => name);
}

async function nameOf(provider: BadgeProvider, id: string): Promise<string | undefined> {
  const { data } = await service.execute<{ badge: { name: string } | null }, object>(
    'query ($provider: BadgeProvider!, $id: ID!) { badge(provider: $provider, id: $id) { ... on BadgeFields { name } } }',
    { provider, id },
  );
  return data.badge?.name;
}

const renamed = (id: string) => update({ returningAI: { id, title: 'After', ...HIDDEN_VALUES } });
const renamedAtTagMango = update({ tagMango: { id: HALL_OF_FAME, name: 'After' } });
const UNCLEAR = [
  ['hangs', { kind: 'hang' }],
  ['is reset', { kind: 'reset' }],
  ['is answered with 503', { kind: 'answer', status: 503 }],
  ['is answered with nonsense', { kind: 'answer', body: [] }],
] as const;

describe('the next request shows', () => {
  test.each<[string, Asked, string[]]>([
    [
      'a badge made at Returning.AI',
      create({ returningAI: { title: 'Made' } }),
      ['Before', 'Before', 'Made', 'Quiz Master'],
    ],
    [
      'a badge made at TagMango',
      create({ tagMango: { name: 'Made' } }),
      ['Before', 'Before', 'Made', 'Quiz Master'],
    ],
    ['the new name at Returning.AI', renamed(MAJOR), ['After', 'Before', 'Quiz Master']],
    ['the new name at TagMango', renamedAtTagMango, ['After', 'Before', 'Quiz Master']],
    [
      'the list without a deleted badge',
      remove({ returningAI: { id: MAJOR } }),
      ['Before', 'Quiz Master'],
    ],
  ])('%s', async (_what, asked, expected) => {
    await run(asked);
    expect(await names()).toEqual(expected);
  });

  test('null in the place of a deleted badge', async () => {
    await run(remove({ returningAI: { id: MAJOR } }));
    expect(await nameOf('RETURNING_AI', MAJOR)).toBeUndefined();
  });

  test.each(UNCLEAR)('what a write that %s has done', async (_how, fault) => {
    service.sandbox.tagMango.faults.set('updateBadge', { ...fault, isApplied: true });
    await run(renamedAtTagMango);
    expect(await names()).toEqual(['After', 'Before', 'Quiz Master']);
  });

  test.each(UNCLEAR)('what a creation that %s has made', async (_how, fault) => {
    service.sandbox.returningAI.faults.set('createBadge', { ...fault, isApplied: true });
    await run(create({ returningAI: { title: 'Made' } }));
    expect(await names()).toEqual(['Before', 'Before', 'Made', 'Quiz Master']);
  });

  test('that a badge is gone after a deletion without a clear answer', async () => {
    service.sandbox.returningAI.faults.set('deleteBadge', { kind: 'reset', isApplied: true });
    await run(remove({ returningAI: { id: MAJOR } }));
    expect(await nameOf('RETURNING_AI', MAJOR)).toBeUndefined();
  });

  test.each<[string, Asked]>([
    ['an award', award({ returningAI: { badgeId: MAJOR, user: { id: '1102' } } })],
    ['a revocation', revoke({ returningAI: { badgeId: MAJOR, user: { id: '1102' } } })],
  ])('the provider’s list as of after %s', async (_what, asked) => {
    await run(asked);
    service.sandbox.returningAI.requests.length = 0;
    await names();
    expect(service.sandbox.returningAI.requests.map(({ operation }) => operation)).toEqual([
      'listBadges',
    ]);
  });

  test('the member’s badges after an award', async () => {
    await run(award({ tagMango: { userId: ADA.tagMango, badgeIds: [QUIZ_MASTER] } }));
    const { data } = await service.execute(
      `{ tagMangoMember(email: "${ADA.email}") { badges { id } } }`,
    );
    expect(data).toEqual({ tagMangoMember: { badges: [{ id: QUIZ_MASTER }] } });
  });
});

const PARTS = 'changes { field before after } userErrors { code fields }';

describe('the next field of the same operation sees', () => {
  test('the first update’s value as the one before, and both fields stand', async () => {
    const { data } = await service.execute(`mutation {
      first: updateBadge(input: { tagMango: { id: "${HALL_OF_FAME}", name: "First" } }) { ${PARTS} }
      other: updateBadge(input: { tagMango: { id: "${HALL_OF_FAME}", description: "Other" } }) {
        badge { ... on BadgeFields { name description } }
      }
      second: updateBadge(input: { tagMango: { id: "${HALL_OF_FAME}", name: "Second" } }) { ${PARTS} }
    }`);
    const change = { field: 'name', before: 'Before', after: 'First' };
    expect(data).toEqual({
      first: { changes: [change], userErrors: [] },
      other: { badge: { name: 'First', description: 'Other' } },
      second: {
        changes: [{ field: 'name', before: 'First', after: 'Second' }],
        userErrors: [],
      },
    });
    expect(await nameOf('TAG_MANGO', HALL_OF_FAME)).toBe('Second');
  });

  test('at Returning.AI, the hidden values that the first update wrote', async () => {
    const { data } = await service.execute(`mutation {
      first: updateBadge(input: { returningAI: { id: "${MAJOR}", awardXpQuantity: 500 } }) { ${PARTS} }
      second: updateBadge(input: { returningAI: { id: "${MAJOR}", title: "Second" } }) { ${PARTS} }
    }`);
    expect(data).toEqual({
      first: {
        changes: [{ field: 'awardXpQuantity', before: 70, after: 500 }],
        userErrors: [],
      },
      second: {
        changes: [{ field: 'title', before: 'Before', after: 'Second' }],
        userErrors: [],
      },
    });
    expect(service.sandbox.returningAI.badges.get(MAJOR)).toMatchObject({
      title: 'Second',
      awardXpQuantity: 500,
    });
  });

  test('that the badge was deleted, so that its update and its award are NOT_FOUND', async () => {
    const { data } = await service.execute(`mutation {
      deleteBadge(input: { returningAI: { id: "${MAJOR}" } }) { deletedBadgeId }
      updateBadge(input: { returningAI: { id: "${MAJOR}", title: "x", hiddenFields: OMIT } }) {
        badge { __typename } ${PARTS}
      }
      awardBadge(input: { returningAI: { badgeId: "${MAJOR}", user: { id: "1102" } } }) {
        awardedBadges { __typename } ${PARTS}
      }
      again: deleteBadge(input: { returningAI: { id: "${MAJOR}" } }) { deletedBadgeId ${PARTS} }
    }`);
    const notFound = (field: string) => ({
      changes: [],
      userErrors: [{ code: 'NOT_FOUND', fields: [['input', 'returningAI', field]] }],
    });
    expect(data).toEqual({
      deleteBadge: { deletedBadgeId: MAJOR },
      updateBadge: { badge: null, ...notFound('id') },
      awardBadge: { awardedBadges: [], ...notFound('badgeId') },
      again: { deletedBadgeId: null, ...notFound('id') },
    });
    expect(writesTo(service.sandbox).map(({ method }) => method)).toEqual(['DELETE']);
  });

  test('the new name in the payload of an award', async () => {
    const { data } = await service.execute(`mutation {
      updateBadge(input: { tagMango: { id: "${HALL_OF_FAME}", name: "After" } }) { ${PARTS} }
      awardBadge(input: { tagMango: { userId: "${ADA.tagMango}", badgeIds: ["${HALL_OF_FAME}"] } }) {
        awardedBadges { ... on BadgeFields { name } }
      }
    }`);
    expect(data).toMatchObject({ awardBadge: { awardedBadges: [{ name: 'After' }] } });
  });

  test('what an update of unknown outcome has done', async () => {
    service.sandbox.tagMango.faults.set('updateBadge', {
      kind: 'reset',
      isApplied: true,
      times: 1,
    });
    const { data } = await service.execute(`mutation {
      first: updateBadge(input: { tagMango: { id: "${HALL_OF_FAME}", name: "First" } }) { ${PARTS} }
      second: updateBadge(input: { tagMango: { id: "${HALL_OF_FAME}", name: "Second" } }) { ${PARTS} }
    }`);
    expect(data).toEqual({
      first: { changes: [], userErrors: [{ code: 'OUTCOME_UNKNOWN', fields: [] }] },
      second: {
        changes: [{ field: 'name', before: 'First', after: 'Second' }],
        userErrors: [],
      },
    });
  });
});

test('the next request shows the mutation in the history of the badge', async () => {
  await run(renamedAtTagMango);
  const { data } = await service.execute(BadgeHistoryDocument, {
    provider: 'TAG_MANGO',
    id: HALL_OF_FAME,
    first: 1,
  });
  expect(data.badgeHistory?.edges.map(({ node }) => node)).toMatchObject([
    {
      operation: 'UPDATE',
      outcome: 'APPLIED',
      changes: [{ field: 'name', before: 'Before', after: 'After' }],
    },
  ]);
});
