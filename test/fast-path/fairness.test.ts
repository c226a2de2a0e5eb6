import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createAnswerCache } from '../../src/server/fast-path/answer-cache.ts';
import { createRound } from '../../src/server/fast-path/fast-path.ts';
import { createKeep } from '../../src/server/keep.ts';
import { createAsker, toBody, toRequest } from './ask.ts';
import { createRawCaller } from './wire.ts';
import { type World, type WorldOptions, startWorld } from './world.ts';

let world: World;
let asker: ReturnType<typeof createAsker>;
beforeEach(() => begin());
afterEach(() => end());

async function begin(options: WorldOptions = {}): Promise<void> {
  world = await startWorld(options);
  await world.warm();
  asker = createAsker(world);
}
async function end(): Promise<void> {
  asker.close();
  await world.close();
}

const OTHER = { 'x-badges-tenant': 'second' };
const LIST = 'query($first: Int) { badges(first: $first) { totalCount } }';
const toList = (variables: object): string => JSON.stringify({ query: LIST, variables });
const toEntities = (query?: string): string =>
  toBody(
    [{ __typename: 'TagMangoBadge', id: [...world.sandbox.tagMango.badges.keys()][0] ?? '' }],
    query,
  );
/** What was answered may be looked at once more after it was sent. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

test('large variables no two of which are alike keep no answer to another tenant from being kept', async () => {
  const body = toList({ first: 1 });
  await asker.ask(toRequest(body, OTHER));
  await settle();
  for (let at = 0; at < 60; at += 1)
    await asker.ask(toRequest(toList({ first: 1, more: `${at} ${'x'.repeat(10_000)}` })));
  expect(world.usage().answers).toBe(0);
  expect(await asker.ask(toRequest(body, OTHER))).toMatchObject({ isFast: true });
  expect(world.usage().answers).toBe(1);
});

test('of what a tenant asks again after 500 other texts nearly all is known, whatever others ask', () => {
  const [tenant, other] = [...world.tenants.byId.values()];
  if (!tenant || !other) throw new Error('There are two tenants');
  const answers = createAnswerCache(createKeep());
  const plan = {};
  const ask = (at: number, by = tenant): boolean => answers.isRepeated(plan, `{"at":${at}}`, by);
  for (let at = 0; at < 4_000; at += 1) expect(ask(at)).toBe(false);
  for (let at = 0; at < 50_000; at += 1) ask(at, other);
  const known = (from: number) =>
    Array.from({ length: 200 }, (_, at) => ask(from + at)).filter(Boolean).length;
  // Each of these is asked again after 500 others.
  expect(known(3_500)).toBeGreaterThan(190);
  expect(known(0)).toBeLessThan(30);
});

test('heads no two of which are alike keep no other tenant from being answered fast', async () => {
  const body = toEntities();
  for (let times = 0; times < 2; times += 1) await asker.ask(toRequest(body, OTHER));
  for (let at = 0; at < 300; at += 1)
    await asker.ask(toRequest(body, { Accept: `application/json;q=0.9, x/y${at}` }));
  expect(await asker.ask(toRequest(body, OTHER))).toMatchObject({ status: 200, isFast: true });
});

test('documents no two of which are alike keep no other tenant from having its own learned, and what it uses stays', async () => {
  await end();
  await begin({ keptBytes: 4_000_000 });
  const names = (at: number) => Array.from({ length: 20 }, (_, one) => `a${at}_${one}: name`);
  const toOne = (at: number): string =>
    `query($representations: [_Any!]!) { _entities(representations: $representations) { ... on TagMangoBadge { ${names(at).join(' ')} } } }`;
  async function flood(at: number): Promise<void> {
    for (let more = 0; more < 15; more += 1)
      await asker.ask(toRequest(toEntities(toOne(15 * at + more))));
  }
  const own = [toEntities(), toList({ first: 1 })];
  for (let at = 0; at < 20; at += 1) {
    await flood(at);
    for (const body of own) {
      const { isFast } = await asker.ask(toRequest(body, OTHER));
      expect({ at, isFast }).toEqual({ at, isFast: at > 0 });
    }
    await settle();
  }
  const { plans, answers, bytes } = world.usage();
  expect(bytes).toBeLessThanOrEqual(4_000_000);
  // Those of the flood were dropped.
  expect(plans).toBeLessThan(150);
  expect(answers).toBe(1);
});

/** 900 representations, of a document that is answered fast to this tenant. */
async function toLongRequest(headers = {}): Promise<Buffer> {
  const ids = [...world.sandbox.tagMango.badges.keys()];
  const representations = Array.from({ length: 900 }, (_, at) => ({
    __typename: 'TagMangoBadge',
    id: ids[at % ids.length] ?? '',
  }));
  const request = toRequest(toBody(representations), headers);
  for (let times = 0; times < 2; times += 1) await asker.ask(request);
  expect(await asker.ask(request)).toMatchObject({ status: 200, isFast: true });
  return request;
}

test('of connections that ask more than a round has time for, none is answered much less often than another one', async () => {
  const request = await toLongRequest();
  const callers = Array.from({ length: 120 }, () => createRawCaller(world.fast));
  await Promise.all(callers.map((caller) => caller.ask(request)));

  let left = 2_400;
  const answered = await Promise.all(
    callers.map(async (caller) => {
      let answers = 0;
      for (; left > 0; left -= 1) {
        await caller.ask(request);
        answers += 1;
      }
      return answers;
    }),
  );
  callers.forEach((caller) => caller.close());
  expect(Math.min(...answered)).toBeGreaterThan(Math.max(...answered) / 2);
});

test('a request that comes after many of another tenant is answered before most of them', async () => {
  const flood = await toLongRequest();
  const own = await toLongRequest(OTHER);
  const callers = Array.from({ length: 200 }, () => createRawCaller(world.fast));
  const caller = createRawCaller(world.fast);
  await Promise.all([...callers.map((one) => one.ask(flood)), caller.ask(own)]);

  let before = 0;
  for (let times = 0; times < 10; times += 1) {
    let answered = 0;
    const flooding = callers.map(async (one) => {
      await one.ask(flood);
      answered += 1;
    });
    await caller.ask(own);
    before += answered;
    await Promise.all(flooding);
  }
  [caller, ...callers].forEach((one) => one.close());
  expect(before).toBeLessThan((10 * callers.length) / 2);
});

test('time in which a fast answer waited counts for its round, but is not left out of the time of others', async () => {
  let leftOutMs = 0;
  const round = createRound({ onSpent: (ms) => (leftOutMs += ms) });
  expect(await round.spendOn(pause(10, 'done'))).toBe('done');
  expect(round.hasRoom()).toBe(false);
  expect(leftOutMs).toBe(0);
});
