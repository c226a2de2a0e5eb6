import { expect, test } from '@jest/globals';
import { createAllowance } from '../../src/server/fast-path/learner.ts';
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
