import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { providers } from '../../src/providers/index.ts';
import { BadgePageDocument, type BadgePageQueryVariables } from '../generated/operations.ts';
import { manyBadges, returningAIStored, tagMangoStored } from '../support/records.ts';
import { type TestService, startTestService } from '../support/service.ts';

const COUNT = 60;

let service: TestService;
let now = Date.now();
beforeEach(async () => {
  service = await startTestService({ sandbox: manyBadges(COUNT), now: () => now });
});
afterEach(() => service.close());

async function page(variables: BadgePageQueryVariables) {
  const { data, errors } = await service.execute(BadgePageDocument, variables);
  if (!data.badges || errors) throw new Error(JSON.stringify(errors));
  return data.badges;
}

const keyOf = ({ node }: { node: { name: string; provider: string; id: string } }) =>
  [node.name, node.provider, node.id].join('\0');

/** Follows the cursors to the end, calling `between` after every page. Gives what it saw, in list order. */
async function walk(
  direction: 'forward' | 'backward',
  size: number,
  between: (seen: number) => void = () => undefined,
  rest: BadgePageQueryVariables = {},
): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages <= 2 * COUNT + 1; pages += 1) {
    const isForward = direction === 'forward';
    const { edges, pageInfo } = await page({
      ...rest,
      ...(isForward ? { first: size, after: cursor } : { last: size, before: cursor }),
    });
    const keys = edges.map(keyOf);
    if (isForward) seen.push(...keys);
    else seen.unshift(...keys);
    between(seen.length);
    cursor = (isForward ? pageInfo.endCursor : pageInfo.startCursor) ?? null;
    if (!(isForward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return seen;
  }
  throw new Error('the walk never ends');
}

const expected = () => {
  const { returningAI, tagMango } = manyBadges(COUNT);
  return [
    ...returningAI.badges.map(({ title, id }) => [title, 'RETURNING_AI', id].join('\0')),
    ...tagMango.badges.map(({ name, _id }) => [name, 'TAG_MANGO', _id].join('\0')),
  ].sort();
};

describe.each([1, 7, 100])('pages of %i', (size) => {
  test('visit every badge once, forward and backward, in one order', async () => {
    expect(await walk('forward', size)).toEqual(expected());
    expect(await walk('backward', size)).toEqual(expected());
  });

  test('in descending order are the same, turned round', async () => {
    const orderBy = { field: 'NAME', direction: 'DESC' } as const;
    const seen = await walk('forward', size, undefined, { orderBy });
    expect(seen).toEqual(expected().reverse());
  });
});

describe.each(['forward', 'backward'] as const)('a %s walk', (direction) => {
  test.each([1, 7, 100])(
    'in pages of %i sees all others once when badges come and go on the way',
    async (size) => {
      const { returningAI, tagMango } = service.sandbox;
      const gone = ['badge-0', 'badge-59'];
      let hasChanged = false;
      const seen = await walk(direction, size, (count) => {
        if (count < 30 || hasChanged) return;
        hasChanged = true;
        now += 31_000;
        gone.forEach((id) => returningAI.badges.delete(id));
        for (const [index, name] of ['Badge 0', 'Badge 3a', 'Badge 6'].entries()) {
          const _id = `fffffffffffffffffffffff${index}`;
          tagMango.badges.set(_id, tagMangoStored({ _id, name }));
        }
      });

      const stable = expected().filter((key) => !gone.some((id) => key.endsWith(`\0${id}`)));
      expect(seen.filter((key) => stable.includes(key))).toEqual(stable);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual([...seen].sort());
    },
  );
});

test('without first and last a page holds 50', async () => {
  const { edges, totalCount, pageInfo } = await page({});
  expect([edges.length, totalCount, pageInfo.hasNextPage, pageInfo.hasPreviousPage]).toEqual([
    50,
    2 * COUNT,
    true,
    false,
  ]);
});

test('a page of none has no cursors, and knows that there is more', async () => {
  const { edges, pageInfo } = await page({ first: 0 });
  expect([edges, pageInfo]).toEqual([
    [],
    { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
  ]);
});

test('after and before together cut out what lies between', async () => {
  const { edges } = await page({ first: 10 });
  const between = await page({ after: edges[2]?.cursor ?? '', before: edges[6]?.cursor ?? '' });
  expect(between.edges).toEqual(edges.slice(3, 6));
  expect(between.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false });
});

test('names are ordered as people read them: neither case nor accents separate words', async () => {
  const names = ['b', 'a', 'B', '\u{1F3C5} medal', '\uFF5E wave', 'Ä', ''];
  const ordered = ['', 'a', 'Ä', 'b', 'B', '\uFF5E wave', '\u{1F3C5} medal'];
  service.sandbox.returningAI.badges.clear();
  service.sandbox.tagMango.badges.clear();
  for (const [index, title] of names.entries()) {
    const id = `n${index}`;
    service.sandbox.returningAI.badges.set(id, returningAIStored({ id, title }));
  }
  const { edges } = await page({});
  expect(edges.map(({ node }) => node.name)).toEqual(ordered);
});

test('order by id ignores the names', async () => {
  const { edges } = await page({ orderBy: { field: 'ID', direction: 'ASC' }, first: 100 });
  const ids = edges.map(({ node }) => node.id);
  expect(ids).toEqual([...ids].sort());
});

test.each([
  ['BADGE 3', 2 * 9],
  ['badge 3', 2 * 9],
  ['nowhere', 0],
])('textContains %s finds %i, in upper and lower case', async (textContains, count) => {
  const { totalCount } = await page({ filter: { textContains } });
  expect(totalCount).toBe(count);
});

test('an empty list of providers restricts nothing, like an empty text', async () => {
  const { totalCount, sources } = await page({ filter: { providers: [], textContains: '' } });
  expect([totalCount, sources.map(({ state }) => state)]).toEqual([
    2 * COUNT,
    providers.map(() => 'FRESH'),
  ]);
});

test.each<[string, BadgePageQueryVariables]>([
  ['first and last together', { first: 1, last: 1 }],
  ['a negative first', { first: -1 }],
  ['a first above 100', { first: 101 }],
  ['a last above 100', { last: 101 }],
  ['a cursor that is none', { after: 'nonsense' }],
  ['a cursor with something behind it', { after: `${toCursor('NAME', 'ASC')}!` }],
  ['a cursor of another order', { after: toCursor('ID', 'ASC') }],
  ['a cursor of the other direction', { before: toCursor('NAME', 'DESC') }],
  ['an empty cursor', { after: '' }],
])('%s is INVALID_INPUT, and nothing is read', async (_name, variables) => {
  const { data, errors } = await service.execute(BadgePageDocument, variables);
  expect([data.badges, errors?.map(({ extensions }) => extensions?.code)]).toEqual([
    null,
    ['INVALID_INPUT'],
  ]);
  expect(service.sandbox.returningAI.requests).toEqual([]);
});

function toCursor(field: string, direction: string): string {
  const key = [field, direction, 'badge 1', 'TAG_MANGO', '1'];
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}
