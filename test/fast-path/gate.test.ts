import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NAME, NEW, OLD, WRONG_CREDENTIALS } from '../identity/credentials.ts';
import { createAsker, toBody, toRequest } from './ask.ts';
import { type World, startWorld } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ routerSecrets: [NEW, OLD] });
});
afterAll(() => world.close());

/** What every caller of the router is answered fast. */
function toBytes(credentials: readonly (readonly [string, string])[]): Buffer {
  const [id = ''] = world.sandbox.tagMango.badges.keys();
  const plain = toRequest(toBody([{ __typename: 'TagMangoBadge', id }])).toString('latin1');
  const lines = credentials.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(plain.replace('\r\n', `\r\n${lines}`), 'latin1');
}

describe('what is answered fast with the secret of the router is rejected', () => {
  test.each(WRONG_CREDENTIALS)('with %s', async (_what, credentials) => {
    const asker = createAsker(world);
    await world.warm();
    for (const secret of [NEW, OLD, NEW]) await asker.ask(toBytes([[NAME, secret]]));
    // On the connection on which the secret was accepted, and on a new one.
    expect(await asker.ask(toBytes([[NAME, NEW]]))).toMatchObject({ status: 200, isFast: true });
    const { requests } = world.usage();
    const rejected = { status: 401, isFast: false };
    expect(await asker.ask(toBytes(credentials))).toMatchObject(rejected);
    expect(await asker.ask(toBytes(credentials))).toMatchObject(rejected);
    expect(world.usage().requests).toBe(requests);
    asker.close();
  });
});
