import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { createAsker, toBody, toRequest } from './ask.ts';
import { type World, startWorld } from './world.ts';

/** Of answers with this many entities, the system takes a number for a client that does not read. */
const ENTITIES = 500;
const MOST_SENT = 200;
const QUERY =
  'query($representations:[_Any!]!){_entities(representations:$representations){...on TagMangoBadge{id name description imageUrl}}}';

let world: World;
let asker: ReturnType<typeof createAsker>;
let slow: Socket | undefined;
afterEach(async () => {
  slow?.destroy();
  asker.close();
  await world.close();
});

/** Waits for at most a second. */
async function until(isSo: () => boolean): Promise<boolean> {
  for (let times = 0; times < 200 && !isSo(); times += 1) await pause(5);
  return isSo();
}

test('what a client does not read takes from the room of all answers, until its connection ends', async () => {
  world = await startWorld({ answersBudgetBytes: 500_000 });
  asker = createAsker(world);
  await world.warm();
  const [id = ''] = world.sandbox.tagMango.badges.keys();
  const representation = { __typename: 'TagMangoBadge', id };
  const long = toRequest(
    toBody(
      Array.from({ length: ENTITIES }, () => representation),
      QUERY,
    ),
  );
  await asker.ask(toRequest(toBody([representation], QUERY)));
  slow = connect(Number(new URL(world.fast).port), '127.0.0.1').pause();
  await once(slow, 'connect');

  let sent = 0;
  let isFast = true;
  while (isFast && sent < MOST_SENT) {
    const before = world.usage().fast;
    slow.write(long);
    sent += 1;
    expect(await until(() => world.usage().fast > before)).toBe(true);
    ({ isFast } = await asker.ask(long));
  }
  // Every one of the slow client was answered fast; the last is not taken whole, and there is no room for another one.
  expect({ isFast, isOften: sent > 1 }).toEqual({ isFast: false, isOften: true });

  slow.destroy();
  await once(slow, 'close');
  await pause(20);
  expect(await asker.ask(long)).toMatchObject({ status: 200, isFast: true });
});
