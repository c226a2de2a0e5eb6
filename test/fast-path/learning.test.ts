import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { SCOPES } from '../../src/badges/context.ts';
import { createBadgesSchema } from '../../src/badges/schema.ts';
import { createFragments } from '../../src/server/fast-path/fragments.ts';
import { createManners } from '../../src/server/fast-path/head.ts';
import { createKeptAnswers } from '../../src/server/fast-path/kept-answers.ts';
import { createAllowance, createLearner } from '../../src/server/fast-path/learner.ts';
import { type PlanKey, createPlans } from '../../src/server/fast-path/plans.ts';
import { type QueryPlan, readAsked } from '../../src/server/fast-path/query-plan.ts';
import { toExecutable } from '../../src/server/fast-path/render.ts';
import { createKeep } from '../../src/server/keep.ts';
import { createAsker, toBody, toRequest } from './ask.ts';
import { startWorld } from './world.ts';

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

test('that there is no plan is forgotten after the time that was given, and otherwise not', () => {
  let moment = 0;
  const plans = createPlans<QueryPlan>(
    createKeep(),
    () => undefined,
    () => moment,
  );
  plans.refuse(['for a while', ''], 600_000);
  plans.refuse(['for good', '']);
  moment = 599_999;
  expect(plans.find(['for a while', ''])).toBeNull();
  moment = 600_000;
  expect(plans.find(['for a while', ''])).toBeUndefined();
  expect(plans.find(['for good', ''])).toBeNull();
});

test('an answer from lists that had to be read first teaches nothing, and takes no time', async () => {
  const world = await startWorld();
  const [tenant] = [...world.tenants.byId.values()];
  if (!tenant) throw new Error('There is a tenant');
  const keep = createKeep();
  const queryPlans = createPlans<QueryPlan>(keep, () => undefined);
  const find = jest.fn((key: PlanKey) => queryPlans.find(key));
  const learner = createLearner({
    executable: toExecutable((await createBadgesSchema()).schema),
    plans: createPlans(keep, () => undefined),
    queryPlans: { ...queryPlans, find },
    fragments: createFragments(keep),
    answers: createKeptAnswers(keep),
    keep,
    manners: createManners(),
    hasCacheTags: false,
    freshMs: 30_000,
    now: () => world.now(),
    logger: pino({ level: 'silent' }),
  });
  const body = JSON.stringify({ query: '{ badges(first: 1) { totalCount } }' });
  const asked = readAsked(Buffer.from(body), body);
  if (!asked) throw new Error('It is a query');
  const caller = { actor: 'ada', tenant, scopes: new Set(SCOPES) };
  async function answer(meanwhile: () => Promise<void>): Promise<void> {
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    const head = { caller, requestId: 'r-1', bytes: body.length, manners: ['', '', ''] as const };
    if (asked) learner.watchQuery(response, head, { asked, body });
    await meanwhile();
    response.writeHead(200, {
      'cache-control': 'private, max-age=30',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'r-1',
      'content-type': 'application/json; charset=utf-8',
      'content-length': '11',
    });
    response.end('{"data":{}}');
  }

  await answer(() => world.warm());
  expect(find).not.toHaveBeenCalled();
  await answer(async () => undefined);
  expect(find).toHaveBeenCalled();
  await world.close();
});
