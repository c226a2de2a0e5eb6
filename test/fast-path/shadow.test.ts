import { afterEach, describe, expect, test } from '@jest/globals';
import { createAsker, toBody, toRequest } from './ask.ts';
import { type World, type WorldOptions, startWorld } from './world.ts';

let world: World;
let asker: ReturnType<typeof createAsker>;

async function begin(shadow: number, options: WorldOptions = {}): Promise<void> {
  world = await startWorld({ fastPath: { shadow }, ...options });
  await world.warm();
  asker = createAsker(world);
}
afterEach(async () => {
  asker.close();
  await world.close();
});

const idOfFirst = (): string => [...world.sandbox.tagMango.badges.keys()][0] ?? '';
const ofFirst = () => ({ __typename: 'TagMangoBadge', id: idOfFirst() });
const inGraphQL = (query: string): string => JSON.stringify({ query });
const BODIES: [string, () => string][] = [
  ['entities', () => toBody([ofFirst()])],
  ['a list', () => inGraphQL('{ badges { nodes { ... on BadgeFields { name } } } }')],
  [
    'a badge',
    () =>
      inGraphQL(
        `{ badge(provider: TAG_MANGO, id: "${idOfFirst()}") { ... on BadgeFields { name } } }`,
      ),
  ],
];
const LINE = {
  level: 50,
  msg: 'A fast answer differs from the full path’s. Its request is not answered fast again',
};
const MOST_TIMES = 500;

async function askFor(body: string) {
  const answer = await asker.ask(toRequest(body));
  // Answers are looked at once more before they are kept.
  await new Promise((resolve) => setImmediate(resolve));
  return answer;
}

/** Asks until it is so. */
async function askUntil(body: string, isSo: (answer: { isFast: boolean }) => boolean) {
  for (let times = 0; times < MOST_TIMES; times += 1) if (isSo(await askFor(body))) return;
  throw new Error('It never was so');
}

/** Makes the lists in memory differ from what was made of them, as a fault of the fast path would. */
function injectDifference(): void {
  for (const { providers } of world.tenants.byId.values()) {
    for (const { access } of providers) {
      const badge = access?.snapshots.peek()?.snapshot.value.find(idOfFirst());
      if (badge) Object.defineProperty(badge, 'name', { value: 'Injected' });
    }
  }
}

describe('of a share of the fast answers, the full path’s is sent instead, and compared:', () => {
  test.each(BODIES)('%s', async (_what, toOne) => {
    await begin(0.5);
    await askUntil(toOne(), ({ isFast }) => isFast);
    const { fast } = world.usage();
    for (let times = 0; times < 100; times += 1) await askFor(toOne());
    const share = (world.usage().fast - fast) / 100;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.8);
    expect(world.log).toEqual([]);
  });
});

describe('a difference is logged, and ends the use of what was kept:', () => {
  test.each(BODIES)('%s', async (_what, toOne) => {
    await begin(0.5);
    const body = toOne();
    await askUntil(body, ({ isFast }) => isFast);
    injectDifference();
    await askUntil(body, () => world.log.length > 0);
    expect(world.log).toEqual([expect.objectContaining(LINE)]);
    for (let times = 0; times < 50; times += 1) {
      expect(await askFor(body)).toMatchObject({
        status: 200,
        isFast: false,
        body: expect.stringContaining('"Injected"') as unknown,
      });
    }
    expect(world.log).toHaveLength(1);
  });
});

test('what the full path rejects for an overload is no difference', async () => {
  await begin(0.5, { answersBudgetBytes: 8_000 });
  const body = toBody([ofFirst()]);
  await askUntil(body, ({ isFast }) => isFast);
  const many = toBody(Array.from({ length: 200 }, ofFirst));
  let rejected = 0;
  for (let times = 0; times < 50; times += 1) {
    const { status } = await askFor(many);
    rejected += status === 503 ? 1 : 0;
  }
  expect(rejected).toBeGreaterThan(5);
  expect(world.log).toEqual([]);
  await askUntil(body, ({ isFast }) => isFast);
});

test('a list that is replaced meanwhile is no difference', async () => {
  await begin(1);
  const body = toBody([ofFirst()]);
  const { tagMango } = world.sandbox;
  for (let times = 0; times < 40; times += 1) {
    const name = times % 2 === 0 ? 'One' : 'Other';
    const badge = tagMango.badges.get(idOfFirst());
    if (badge) tagMango.badges.set(idOfFirst(), { ...badge, name });
    const asked = askFor(body);
    world.pass(31_000);
    await Promise.all([asked, world.warm()]);
  }
  expect(world.log).toEqual([]);
});
