import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { NODE } from '../support/process.ts';
import { root } from './lock.ts';

/** Loads the settings of V8, collects all that can be collected, and looks at a callback that is new. */
const script = `
  import { createHook } from 'node:async_hooks';
  import { setImmediate as turn } from 'node:timers/promises';
  const { keptTick } = await import(process.argv[1]);
  for (let rounds = 0; rounds < 5; rounds += 1) {
    gc();
    await turn();
  }
  const ticks = [];
  const hook = createHook({ init: (_id, type, _trigger, tick) => void ticks.push({ type, tick }) });
  hook.enable();
  process.nextTick(() => undefined, 'an argument');
  hook.disable();
  console.log(ticks.map(({ type }) => type).join(), %HaveSameMap(keptTick, ticks[0].tick));
`;

test('the shape of the callbacks of process.nextTick outlives every collection of garbage', async () => {
  const { stdout } = await promisify(execFile)(NODE, [
    '--expose-gc',
    '--allow-natives-syntax',
    '--input-type=module',
    '--eval',
    script,
    join(root, 'dist/v8.js'),
  ]);
  expect(stdout.trim()).toBe('TickObject true');
});
