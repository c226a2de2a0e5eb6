import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createAsker, toBody, toRequest } from './ask.ts';
import { type World, startWorld } from './world.ts';

let world: World;
let asker: ReturnType<typeof createAsker>;
beforeEach(async () => {
  world = await startWorld();
  await world.warm();
  asker = createAsker(world);
});
afterEach(async () => {
  asker.close();
  await world.close();
});

const ids = () => ({
  tagMango: [...world.sandbox.tagMango.badges.keys()],
  returningAI: [...world.sandbox.returningAI.badges.keys()],
});
const inGraphQL = (query: string) => JSON.stringify({ query });
const BODIES: [string, () => string][] = [
  [
    'entities of both providers',
    () =>
      toBody([
        ...ids().tagMango.map((id) => ({ __typename: 'TagMangoBadge', id })),
        ...ids().returningAI.map((id) => ({ __typename: 'ReturningAIBadge', id })),
      ]),
  ],
  [
    'a list',
    () =>
      inGraphQL(
        '{ badges { totalCount nodes { ... on BadgeFields { name } } sources { state asOf code } } }',
      ),
  ],
  [
    'a badge',
    () =>
      inGraphQL(
        `{ badge(provider: TAG_MANGO, id: "${ids().tagMango[0]}") { ... on BadgeFields { name } } }`,
      ),
  ],
];
const calls = (): number =>
  world.sandbox.tagMango.requests.length + world.sandbox.returningAI.requests.length;
const ask = (body: string) => asker.ask(toRequest(body, { 'X-Request-Id': 'r-1' }));

describe.each(BODIES)('%s:', (_what, toOne) => {
  test('from lists that are fresh, no provider is called on either path', async () => {
    const before = calls();
    for (let times = 0; times < 5; times += 1) {
      expect(await ask(toOne())).toMatchObject({ status: 200 });
      await pause(1);
    }
    expect(world.usage().fast).toBeGreaterThan(2);
    for (let times = 0; times < 5; times += 1) {
      await asker.askFull(toRequest(toOne()));
    }
    expect(calls()).toBe(before);
  });

  test('while a refresh hangs, only the first reader waits, and the others are answered fast', async () => {
    for (let times = 0; times < 3; times += 1) {
      await ask(toOne());
      await pause(1);
    }
    world.sandbox.tagMango.faults.set('listBadges', { kind: 'hang' });
    world.sandbox.returningAI.faults.set('listBadges', { kind: 'hang' });
    world.pass(31_000);
    const before = calls();
    const answers: { isFast: boolean; ms: number }[] = [];
    for (let reader = 0; reader < 100; reader += 1) {
      const begun = performance.now();
      const { status, isFast } = await ask(toOne());
      expect(status).toBe(200);
      answers.push({ isFast, ms: performance.now() - begun });
      if (reader < 3) await pause(1);
    }
    const [first, ...others] = answers;
    expect(first?.ms).toBeGreaterThan(200);
    // The second one of a list or badge is looked at, since what it tells has changed.
    expect(others.filter(({ isFast }) => isFast).length).toBeGreaterThanOrEqual(98);
    expect(others.reduce((sum, { ms }) => sum + ms, 0)).toBeLessThan(99 * 50);
    expect(calls() - before).toBeLessThanOrEqual(2);
    const { isFast: _, ...answer } = await ask(toOne());
    expect(answer).toEqual(await asker.askFull(toRequest(toOne(), { 'X-Request-Id': 'r-1' })));
  });
});
