import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { SCOPES } from '../../src/badges/context.ts';
import { createBadgesSchema } from '../../src/badges/schema.ts';
import { createEntityFragments } from '../../src/server/fast-path/fragments.ts';
import { createContentTypes } from '../../src/server/fast-path/head.ts';
import { createAnswerCache } from '../../src/server/fast-path/answer-cache.ts';
import { createAllowance, createLearner } from '../../src/server/fast-path/learner.ts';
import {
  type EntitiesPlan,
  type PlanKey,
  createPlans,
  splitBody,
} from '../../src/server/fast-path/plans.ts';
import { type QueryPlan, readAsked } from '../../src/server/fast-path/query-plan.ts';
import { toExecutable } from '../../src/server/fast-path/render.ts';
import { createKeep } from '../../src/server/keep.ts';
import { createAsker, toBody, toRequest } from './ask.ts';
import { type World, startWorld } from './world.ts';

test('a tenant may spend a second on learning, and a twentieth of the time after that, whatever others spend', async () => {
  const world = await startWorld();
  const [tenant, other] = [...world.tenants.byId.values()];
  await world.close();
  if (!tenant || !other) throw new Error('There are two tenants');
  let moment = 0;
  const allowance = createAllowance(1_000, () => moment);
  let spentMs = 0;
  const learn = (ms: number): void => {
    const done = allowance.begin(tenant);
    moment += ms;
    done();
    spentMs += ms;
  };
  for (const seconds of [0, 10, 100]) {
    moment += seconds * 1_000;
    while (allowance.hasTime(tenant)) learn(4);
    expect(allowance.hasTime(other)).toBe(true);
    const most = 1_000 + 0.05 * moment + 4;
    expect(spentMs).toBeLessThanOrEqual(most);
    expect(spentMs).toBeGreaterThan(seconds === 100 ? 1_900 : 1_000);
  }
});

test('documents no two of which are alike are answered as ever, and not all of them are learned', async () => {
  const world = await startWorld({ keptBytes: 1e9, fastPath: { shadow: 0, learningMs: 10 } });
  const asker = createAsker(world);
  await world.warm();
  const [id = ''] = world.sandbox.tagMango.badges.keys();
  const toOne = (at: number): Buffer => {
    const fields = Array.from({ length: 45 }, (_, index) => `a${at}_${index}:name`).join(' ');
    const query = `query($representations:[_Any!]!){_entities(representations:$representations){...on TagMangoBadge{${fields}}}}`;
    return toRequest(toBody([{ __typename: 'TagMangoBadge', id }], query));
  };
  let asked = 0;
  while (asked < 3_000 && world.usage().plans > asked - 50) {
    expect(await asker.ask(toOne(asked))).toMatchObject({ status: 200, isFast: false });
    asked += 1;
  }
  expect(world.usage().plans).toBe(asked - 50);
  asker.close();
  await world.close();
});

describe('variables that no plan is for', () => {
  const query =
    'query A { badges { totalCount } } query B($x: String) { badge(provider: TAG_MANGO, id: "a") { ...on TagMangoBadge { name @include(if: true) } } badges(filter: {textContains: $x}) { totalCount } }';
  const SECOND = { 'x-badges-tenant': 'second' };
  const toAsk = (x: unknown, headers = {}): Buffer =>
    toRequest(JSON.stringify({ query, operationName: 'A', variables: { x } }), headers);

  test.each<[string, unknown]>([
    ['a long text', 'x'.repeat(200)],
    ['a list', ['x']],
    ['an object', { x: 1 }],
  ])('such as %s keep the document of no other tenant from being learned', async (_what, x) => {
    const world = await startWorld();
    const asker = createAsker(world);
    await world.warm();
    for (let time = 0; time < 10; time += 1)
      expect(await asker.ask(toAsk(x, SECOND))).toMatchObject({ status: 200, isFast: false });
    expect(await asker.ask(toAsk('y'))).toMatchObject({ status: 200, isFast: false });
    expect(await asker.ask(toAsk('y'))).toMatchObject({ status: 200, isFast: true });
    asker.close();
    await world.close();
  });

  test('end the learning of a document for their own tenant, for ten minutes', async () => {
    const world = await startWorld();
    const asker = createAsker(world);
    await world.warm();
    const isFastAfterTwo = async (): Promise<boolean> => {
      await asker.ask(toAsk('y'));
      return (await asker.ask(toAsk('y'))).isFast;
    };
    for (let time = 0; time < 3; time += 1) await asker.ask(toAsk('x'.repeat(200)));
    expect(await isFastAfterTwo()).toBe(false);
    world.pass(599_999);
    await world.warm();
    expect(await isFastAfterTwo()).toBe(false);
    world.pass(1);
    expect(await isFastAfterTwo()).toBe(true);
    asker.close();
    await world.close();
  });
});

/** A learner of its own, for the lists and the clock of a world. */
async function createLearnerOf(
  world: World,
  parts: Partial<Parameters<typeof createLearner>[0]>,
): Promise<ReturnType<typeof createLearner>> {
  const keep = createKeep();
  return createLearner({
    executable: toExecutable((await createBadgesSchema()).schema),
    plans: createPlans(keep, () => undefined),
    queryPlans: createPlans(keep, () => undefined),
    fragments: createEntityFragments(keep),
    answers: createAnswerCache(keep),
    keep,
    contentTypes: createContentTypes(),
    hasCacheTags: false,
    freshMs: 30_000,
    now: () => world.now(),
    logger: pino({ level: 'silent' }),
    ...parts,
  });
}

/** What the full path answers with. */
function respond(response: ServerResponse, text: string): void {
  response.writeHead(200, {
    'cache-control': 'private, max-age=30',
    'x-content-type-options': 'nosniff',
    'x-request-id': 'r-1',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(text.length),
  });
  response.end(text);
}

test('an answer from lists that had to be read first teaches nothing, and takes no time; others are learned from no more than three times', async () => {
  const world = await startWorld();
  const [tenant] = [...world.tenants.byId.values()];
  if (!tenant) throw new Error('There is a tenant');
  const queryPlans = createPlans<QueryPlan>(createKeep(), () => undefined);
  const find = jest.fn((key: PlanKey) => queryPlans.find(key));
  const { schema, resolvers } = toExecutable((await createBadgesSchema()).schema);
  const plan = jest.fn(() => schema);
  const learner = await createLearnerOf(world, {
    executable: {
      resolvers,
      get schema() {
        return plan();
      },
    },
    queryPlans: { ...queryPlans, find },
  });
  const body = JSON.stringify({ query: '{ badges(first: 1) { totalCount } }' });
  const asked = readAsked(Buffer.from(body), body);
  if (!asked) throw new Error('It is a query');
  const caller = { actor: 'ada', tenant, scopes: new Set(SCOPES) };
  async function answer(meanwhile: () => Promise<void>): Promise<void> {
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    const head = { caller, requestId: 'r-1', bytes: body.length, varyBy: ['', '', ''] as const };
    if (asked) learner.watchQuery(response, head, asked);
    await meanwhile();
    respond(response, '{"data":{}}');
  }

  await answer(() => world.warm());
  expect(find).not.toHaveBeenCalled();
  for (const isPlanned of [true, true, true, false, false]) {
    plan.mockClear();
    await answer(async () => undefined);
    await setImmediate();
    expect(find).toHaveBeenCalled();
    expect(plan.mock.calls.length > 0).toBe(isPlanned);
  }
  await world.close();
});

test('entities of lists that are not at hand any longer say nothing of their document', async () => {
  const world = await startWorld();
  const [tenant] = [...world.tenants.byId.values()];
  const body = toBody([{ __typename: 'TagMangoBadge', id: 'a' }]);
  const split = splitBody(body);
  if (!tenant || !split) throw new Error('There is a tenant, and the body has representations');
  const plans = createPlans<EntitiesPlan>(createKeep(), () => undefined);
  const answer = jest.fn((): string | undefined => undefined);
  const learner = await createLearnerOf(world, {
    plans,
    fragments: { answer, forget: () => undefined },
  });
  const caller = { actor: 'ada', tenant, scopes: new Set(SCOPES) };
  const head = { caller, requestId: 'r-1', bytes: body.length, varyBy: ['', '', ''] as const };
  const learnOnce = (): void => {
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    learner.watchEntities(response, head, split);
    respond(response, '{"data":{}}');
  };
  for (let time = 0; time < 4; time += 1) learnOnce();
  expect(plans.find(split.key)).toBeUndefined();
  answer.mockReturnValue('{"data":{}}');
  learnOnce();
  expect(answer).toHaveBeenCalledTimes(5);
  expect(plans.find(split.key)).toBeDefined();
  await world.close();
});
