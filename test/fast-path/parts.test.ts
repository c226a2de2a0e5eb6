import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BODY_CAPS } from '../../src/server/limits/limits.ts';
import { createAsker, toBody, toRequest } from './ask.ts';
import { type World, startWorld } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.warm();
});
afterAll(() => world.close());

/** Of spaces behind the JSON. The system joins some of the bytes that are sent one by one. */
const LENGTH = 10 * BODY_CAPS.pieces;

/** What is answered to a body of this length whose bytes arrive one by one, before it is whole. */
async function dripInto(url: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => void (answer += text));
  const body = toBody([{ __typename: 'TagMangoBadge', id: 'f'.repeat(24) }]).padEnd(LENGTH);
  const request = toRequest(body, { 'X-Request-Id': 'r-1' });
  const start = request.indexOf('\r\n\r\n') + 4;
  socket.write(request.subarray(0, start));
  for (let at = start; at < request.length && answer === ''; at += 1) {
    socket.write(request.subarray(at, at + 1));
    await turn();
  }
  socket.destroy();
  return answer.replace(/date: .*\r\n/i, '');
}

test('a body of a known length that arrives in too many pieces is rejected as without the fast path', async () => {
  const asker = createAsker(world);
  const [id = ''] = world.sandbox.tagMango.badges.keys();
  const request = toRequest(toBody([{ __typename: 'TagMangoBadge', id }]));
  await asker.ask(request);
  expect(await asker.ask(request)).toMatchObject({ isFast: true });
  const answer = await dripInto(world.fast);
  expect(answer).toMatch(/^HTTP\/1.1 413 .*arrive in at most 10,000 pieces/s);
  expect(answer).toBe(await dripInto(world.full));
  asker.close();
});
