import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BadgePageDocument, type BadgePageQueryVariables } from '../generated/operations.ts';
import { returningAIStored, tagMangoStored } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';

const id = (digit: number) => String(digit).repeat(24);
/** By the order of their creation, and in another order by that of their last change. */
const TAG_MANGO = [
  { name: 'On', enableAutomation: true, createdAt: '2024-01-01', updatedAt: '2026-01-01' },
  { name: 'Off', enableAutomation: false, createdAt: '2024-02-01', updatedAt: '2025-03-01' },
  { name: 'Also on', enableAutomation: true, createdAt: '2024-03-01', updatedAt: '2025-02-01' },
].map(({ createdAt, updatedAt, ...badge }, at) =>
  tagMangoStored({
    ...badge,
    _id: id(at),
    description: `Number ${at}`,
    createdAt: `${createdAt}T00:00:00.000Z`,
    updatedAt: `${updatedAt}T00:00:00.000Z`,
  }),
);
const RETURNING_AI = ['Undated one', 'Undated two'].map((title, at) =>
  returningAIStored({ id: `badge-${at}`, title, description: 'Given for a trade.' }),
);

let service: TestService;
beforeAll(async () => {
  service = await startTestService({
    sandbox: { returningAI: { badges: RETURNING_AI }, tagMango: { badges: TAG_MANGO } },
  });
});
beforeEach(() => {
  for (const standIn of [service.sandbox.returningAI, service.sandbox.tagMango]) {
    standIn.requests.length = 0;
  }
});
afterAll(() => service.close());

async function page(variables: BadgePageQueryVariables) {
  const { data, errors } = await service.execute(BadgePageDocument, variables);
  if (!data.badges || errors) throw new Error(JSON.stringify(errors));
  return data.badges;
}

async function namesOf(variables: BadgePageQueryVariables): Promise<string[]> {
  return (await page(variables)).edges.map(({ node }) => node.name);
}

describe('a text is looked for', () => {
  test.each([
    ['TRADE', ['Undated one', 'Undated two']],
    ['number 1', ['Off']],
    ['on', ['Also on', 'On', 'Undated one']],
    ['', ['Also on', 'Off', 'On', 'Undated one', 'Undated two']],
    ['nowhere', []],
  ])('in names and descriptions: %j finds %j', async (textContains, names) => {
    expect(await namesOf({ filter: { textContains } })).toEqual(names);
  });
});

describe('automation', () => {
  test.each([
    [true, ['Also on', 'On']],
    [false, ['Off']],
    [null, ['Also on', 'Off', 'On']],
  ])('%s is a filter of TagMango badges alone', async (enableAutomation, names) => {
    const { edges, sources, totalCount } = await page({
      filter: { tagMango: { enableAutomation } },
    });
    expect(edges.map(({ node }) => node.name)).toEqual(names);
    expect(totalCount).toBe(names.length);
    expect(sources).toMatchObject([
      { provider: 'RETURNING_AI', state: 'SKIPPED' },
      { provider: 'TAG_MANGO' },
    ]);
    expect(service.sandbox.returningAI.requests).toEqual([]);
  });

  test('that TagMango does not show is neither on nor off', async () => {
    const { enableAutomation: _, ...badge } = tagMangoStored({ name: 'Unknown' });
    const other = await startTestService({ sandbox: { tagMango: { badges: [] } } });
    other.sandbox.tagMango.faults.set('listBadges', { kind: 'answer', body: [badge] });
    for (const enableAutomation of [true, false]) {
      const { data } = await other.execute(BadgePageDocument, {
        filter: { tagMango: { enableAutomation } },
      });
      expect(data.badges?.totalCount).toBe(0);
    }
    await other.close();
  });

  test('is restricted further by a text and by providers', async () => {
    const tagMango = { enableAutomation: true };
    expect(await namesOf({ filter: { tagMango, textContains: 'also' } })).toEqual(['Also on']);
    expect(await namesOf({ filter: { tagMango, providers: ['RETURNING_AI'] } })).toEqual([]);
    expect(await namesOf({ filter: { tagMango, providers: [] } })).toEqual(['Also on', 'On']);
    expect(await namesOf({ filter: { tagMango: null } })).toHaveLength(5);
  });
});

describe('the order by time', () => {
  const undated = ['Undated one', 'Undated two'];
  test.each([
    ['CREATED_AT', 'ASC', ['On', 'Off', 'Also on', ...undated]],
    ['CREATED_AT', 'DESC', ['Also on', 'Off', 'On', ...undated.toReversed()]],
    ['UPDATED_AT', 'ASC', ['Also on', 'Off', 'On', ...undated]],
    ['UPDATED_AT', 'DESC', ['On', 'Off', 'Also on', ...undated.toReversed()]],
  ] as const)(
    '%s %s has badges without a time last, in pages too',
    async (field, direction, all) => {
      const orderBy = { field, direction };
      expect(await namesOf({ orderBy })).toEqual(all);
      for (const isForward of [true, false]) {
        const seen: string[] = [];
        let cursor: string | null = null;
        for (let pages = 0; pages < all.length; pages += 1) {
          const { edges, pageInfo } = await page({
            orderBy,
            ...(isForward ? { first: 2, after: cursor } : { last: 2, before: cursor }),
          });
          const names = edges.map(({ node }) => node.name);
          if (isForward) seen.push(...names);
          else seen.unshift(...names);
          cursor = (isForward ? pageInfo.endCursor : pageInfo.startCursor) ?? null;
          if (!(isForward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) break;
        }
        expect(seen).toEqual(all);
      }
    },
  );
});
