import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BadgeConnection, BadgesArgs } from '../../src/badges/connection.ts';
import type { BadgesContext } from '../../src/badges/context.ts';
import { listBadges } from '../../src/badges/queries.ts';
import {
  type OrderKey,
  type OrderedBy,
  compareCodePoints,
  compareKeys,
  orderKey,
} from '../../src/badges/reading/badge-index.ts';
import {
  DEFAULT_PAGE_SIZE,
  MAX_PAGE_SIZE,
  inOneOrder,
  toCursor,
} from '../../src/badges/reading/page.ts';
import type { BadgeFields } from '../../src/providers/badge-list.ts';
import { anyLists, contextOf } from './listing.ts';
import { anyKeyIn, anyOrder, isInOrder } from './orders.ts';
import { TIMEOUT_MS, numRuns } from './runs.ts';
import { anyText, wellFormedText } from './texts.ts';

const anySize = fc.oneof(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: MAX_PAGE_SIZE }),
);

describe('the order', () => {
  test('of texts is that of their arrays of code points', () => {
    fc.assert(
      fc.property(wellFormedText, wellFormedText, fc.nat(4), (a, b, shared) => {
        const other = Array.from(a).slice(0, shared).join('') + b;
        expect(Math.sign(compareCodePoints(a, b))).toBe(naiveCompare(a, b));
        expect(Math.sign(compareCodePoints(a, other))).toBe(naiveCompare(a, other));
      }),
      { numRuns },
    );
  });

  test('of keys is total, also with lone surrogates: equals are the same key, and it never runs in a circle', () => {
    const parts = fc.array(anyText, { minLength: 1, maxLength: 4 });
    const keys = parts.chain((pool) => {
      const part = fc.constantFrom(...pool);
      const key: fc.Arbitrary<OrderKey> = fc.tuple(part, part, part);
      return fc.array(key, { minLength: 3, maxLength: 3 });
    });
    fc.assert(
      fc.property(keys, anyOrder, (given, order) => {
        for (const a of given) {
          for (const b of given) {
            const sign = Math.sign(compareKeys(a, b, order));
            expect(sign + Math.sign(compareKeys(b, a, order))).toBe(0);
            expect(sign === 0).toBe(JSON.stringify(a) === JSON.stringify(b));
            for (const c of given.filter((key) => sign <= 0 && isInOrder(order, b, key))) {
              expect(compareKeys(a, c, order)).toBeLessThanOrEqual(0);
            }
          }
        }
      }),
      { numRuns },
    );
  });
});

describe('lists of the same snapshots', () => {
  const toPart = (provider: string, ...names: string[]) =>
    names.map((name) => ({ badge: {} as BadgeFields, key: [name, provider, name] as const }));
  const one = toPart('A', 'a', 'c', 'e');
  const other = toPart('B', 'b', 'd');
  const namesOf = (parts: Awaited<ReturnType<typeof inOneOrder>>) =>
    parts.map((part) => part.map(({ key: [name] }) => name).join(''));

  test('are merged once, when they are asked for again, and anew when one of them is replaced', async () => {
    expect(namesOf(await inOneOrder([one, other], 'NAME'))).toEqual(['ace', 'bd']);
    const merged = await inOneOrder([one, other], 'NAME');
    expect(namesOf(merged)).toEqual(['abcde']);
    expect(await inOneOrder([one, other], 'NAME')).toBe(merged);
    const newer = toPart('B', 'b');
    expect(namesOf(await inOneOrder([one, newer], 'NAME'))).toEqual(['ace', 'b']);
    expect(namesOf(await inOneOrder([one, newer], 'NAME'))).toEqual(['abce']);
    expect(namesOf(await inOneOrder([one, []], 'NAME'))).toEqual(['ace']);
  });
});

describe('a walk in pages of any size', () => {
  test(
    'sees every badge once, by value, provider and id, forward and backward',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          anyLists(wellFormedText),
          anyOrder,
          anySize,
          async (lists, order, size) => {
            const expected = naiveOrder(lists.flat(), order).map(describeBadge);
            for (const isForward of [true, false]) {
              const pages = await walk(contextOf(lists), order, { size, isForward });
              const inListOrder = isForward ? pages : pages.toReversed();
              expect(inListOrder.flat().map(describeBadge)).toEqual(expected);
              expect(pages.slice(0, -1).filter((page) => page.length !== size)).toEqual([]);
            }
          },
        ),
        { numRuns },
      );
    },
    TIMEOUT_MS,
  );

  test(
    'sees every badge once when names hold lone surrogates, backward as forward turned round',
    async () => {
      await fc.assert(
        fc.asyncProperty(anyLists(anyText), anyOrder, anySize, async (lists, order, size) => {
          const walkOnce = (isForward: boolean) =>
            walk(contextOf(lists), order, { size, isForward });
          const forward = (await walkOnce(true)).flat().map(describeBadge);
          const backward = (await walkOnce(false)).toReversed().flat().map(describeBadge);

          expect(forward.toSorted()).toEqual(lists.flat().map(describeBadge).toSorted());
          expect(backward).toEqual(forward);
        }),
        { numRuns },
      );
    },
    TIMEOUT_MS,
  );
});

test(
  'a page is what a filter and a slice make of the whole list, between any two keys',
  async () => {
    /** The place of a badge, by its number, or of none. */
    const markIn = (order: OrderedBy) =>
      fc.option(fc.oneof(fc.nat(40), anyKeyIn(order, wellFormedText)));
    const size = fc.option(fc.oneof(fc.nat(4), fc.nat(MAX_PAGE_SIZE)));
    const request = anyOrder.chain((order) =>
      fc.record({
        order: fc.constant(order),
        after: markIn(order),
        before: markIn(order),
        size,
        isForward: fc.boolean(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(anyLists(wellFormedText), request, async (lists, { order, ...asked }) => {
        const all = naiveOrder(lists.flat(), order);
        const toKey = (at: number | OrderKey | null) => {
          if (typeof at !== 'number') return at;
          const badge = all[at];
          return badge ? keyOf(badge, order) : null;
        };
        const window = { after: toKey(asked.after), before: toKey(asked.before) };
        // Without a size the page is taken from the start.
        const isForward = asked.isForward || asked.size === null;

        const { edges, pageInfo, totalCount } = await ask(contextOf(lists), {
          ...(isForward ? { first: asked.size } : { last: asked.size }),
          after: window.after && toCursor(order, window.after),
          before: window.before && toCursor(order, window.before),
          orderBy: order,
        });
        const expected = naivePage(all, order, { ...window, size: asked.size, isForward });
        expect(edges.map(({ node }) => describeBadge(node))).toEqual(
          expected.badges.map(describeBadge),
        );
        const cursors = expected.badges.map((badge) => toCursor(order, keyOf(badge, order)));
        expect(edges.map(({ cursor }) => cursor)).toEqual(cursors);
        const { hasNextPage, hasPreviousPage, startCursor, endCursor } = pageInfo;
        const shown = { hasNextPage, hasPreviousPage, startCursor, endCursor, totalCount };
        expect(shown).toEqual({
          hasNextPage: expected.hasNextPage,
          hasPreviousPage: expected.hasPreviousPage,
          startCursor: cursors.at(0) ?? null,
          endCursor: cursors.at(-1) ?? null,
          totalCount: all.length,
        });
      }),
      { numRuns },
    );
  },
  TIMEOUT_MS,
);

async function ask(context: BadgesContext, args: BadgesArgs): Promise<BadgeConnection> {
  const { connection, errors } = await listBadges(context, args);
  if (!connection || errors.length > 0) throw new Error('a provider could not be read');
  return connection;
}

/** The pages in the order in which they are met. */
async function walk(
  context: BadgesContext,
  orderBy: OrderedBy,
  { size, isForward }: { size: number; isForward: boolean },
): Promise<BadgeFields[][]> {
  const pages: BadgeFields[][] = [];
  let cursor: string | null = null;
  for (;;) {
    const { nodes, pageInfo, totalCount }: BadgeConnection = await ask(context, {
      ...(isForward ? { first: size, after: cursor } : { last: size, before: cursor }),
      orderBy,
    });
    pages.push(nodes);
    cursor = isForward ? pageInfo.endCursor : pageInfo.startCursor;
    if (!(isForward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) return pages;
    if (pages.length > (totalCount ?? 0)) throw new Error('the walk never ends');
  }
}

function describeBadge({ name, provider, id }: BadgeFields): string {
  return JSON.stringify([name, provider, id]);
}

/** What the schema documents, in the plainest way: no code of the service is in it. */

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

function naiveCompare(a: string, b: string): number {
  const [left, right] = [codePoints(a), codePoints(b)];
  const at = left.findIndex((point, index) => point !== right[index]);
  if (at === -1) return Math.sign(left.length - right.length);
  return Math.sign((left[at] ?? -1) - (right[at] ?? -1));
}

/** How a name is folded has tests of its own. */
function keyOf(badge: BadgeFields, { field }: OrderedBy): OrderKey {
  const { provider, id } = badge;
  const toTime = (time: string | null): string =>
    time === null
      ? ''
      : new Date(Math.min(Date.parse(time), Date.UTC(10_000, 0) - 1)).toISOString();
  const values = {
    NAME: () => orderKey('NAME', badge)[0],
    CREATED_AT: () => toTime(badge.createdAt),
    UPDATED_AT: () => toTime(badge.updatedAt),
    ID: () => id,
  };
  return [values[field](), provider, id];
}

function naiveCompareKeys(a: OrderKey, b: OrderKey, { field, direction }: OrderedBy): number {
  const isOfTime = field === 'CREATED_AT' || field === 'UPDATED_AT';
  if (isOfTime && (a[0] === '') !== (b[0] === '')) return a[0] === '' ? 1 : -1;
  const differences = a.map((part, index) => naiveCompare(part, b[index] ?? ''));
  const ascending = differences.find((difference) => difference !== 0) ?? 0;
  return direction === 'ASC' ? ascending : -ascending;
}

function naiveOrder(badges: readonly BadgeFields[], order: OrderedBy): BadgeFields[] {
  return badges.toSorted((a, b) => naiveCompareKeys(keyOf(a, order), keyOf(b, order), order));
}

interface Asked {
  after: OrderKey | null;
  before: OrderKey | null;
  size: number | null;
  isForward: boolean;
}

function naivePage(all: readonly BadgeFields[], order: OrderedBy, asked: Asked) {
  const { after, before, size, isForward } = asked;
  const isAfter = (badge: BadgeFields) =>
    after === null || naiveCompareKeys(keyOf(badge, order), after, order) > 0;
  const isBefore = (badge: BadgeFields) =>
    before === null || naiveCompareKeys(keyOf(badge, order), before, order) < 0;

  const between = all.filter((badge) => isAfter(badge) && isBefore(badge));
  const count = Math.min(size ?? DEFAULT_PAGE_SIZE, between.length);
  const isCut = count < between.length;
  return {
    badges: isForward ? between.slice(0, count) : between.slice(between.length - count),
    hasNextPage: isForward ? isCut : !all.every(isBefore),
    hasPreviousPage: isForward ? !all.every(isAfter) : isCut,
  };
}
