import { setImmediate as nextRound } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { readHistoryPage } from '../../src/badges/history.ts';
import { createTextSearch } from '../../src/badges/reading/text-search.ts';
import { nextTurn } from '../../src/http/json.ts';

const AT_ONCE = 30;
const TURNS = 10;
const LONG = 'x'.repeat(300_000);
/** Only so many characters of a text are searched. */
const TEXTS = 100;

let isOver = false;
afterEach(() => void (isOver = false));

/** Search one list for ever, one after the other. */
function startSearches(): Promise<void>[] {
  const search = createTextSearch();
  const list = Array.from({ length: TEXTS }, (_, number) => ({
    badge: { name: `${number}${LONG.slice(0, 9_000)}`, description: null },
  }));
  return start(() => search(list, 'nothing'));
}

/** Read histories of one tenant for ever. */
function startHistories(): Promise<void>[] {
  const tenant = {};
  const entries = Array.from({ length: 5 }, (_, at) => ({ position: `${at}`, entry: LONG }));
  const store = {
    readBackward: async (_log: string, { before }: { before?: string }) => (before ? [] : entries),
  };
  const page = { size: 5, after: null, onUnreadable: () => undefined, of: tenant };
  return start((number) => readHistoryPage(store, { log: `${number}`, ...page }));
}

function start(work: (number: number) => Promise<unknown>): Promise<void>[] {
  return Array.from({ length: AT_ONCE }, async (_, number) => {
    while (!isOver) await work(number);
  });
}

test.each([
  ['searches of one list', startSearches],
  ['histories of one tenant', startHistories],
])(
  'many %s delay the turns of other work no longer than one of them does',
  async (_what, begin) => {
    const works = begin();
    let rounds = 0;
    async function count(): Promise<void> {
      for (; !isOver; rounds += 1) await nextRound();
    }
    const counting = count();
    for (let turns = 0; turns < TURNS; turns += 1) await nextTurn();
    isOver = true;

    // Theirs and ours alternate.
    expect(rounds).toBeLessThanOrEqual(2 * TURNS + 2);
    await Promise.all([...works, counting]);
  },
);
