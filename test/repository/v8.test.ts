import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { NODE } from '../support/process.ts';
import { root } from './lock.ts';

/** Loads the settings of V8, collects all that can be collected, and looks at a callback that is new. */
const script = `
  import { executionAsyncResource } from 'node:async_hooks';
  import { setImmediate as turn } from 'node:timers/promises';
  const { keptTick } = await import(process.argv[1]);
  for (let rounds = 0; rounds < 5; rounds += 1) {
    gc();
    await turn();
  }
  process.nextTick(() => {
    const tick = executionAsyncResource();
    console.log(typeof tick.callback, keptTick !== tick && %HaveSameMap(keptTick, tick));
  }, 'an argument');
`;

test('the shape of the callbacks of process.nextTick outlives every collection of garbage, and promises stay fast', async () => {
  const { stdout } = await promisify(execFile)(NODE, [
    '--expose-gc',
    '--allow-natives-syntax',
    '--trace-protector-invalidation',
    '--input-type=module',
    '--eval',
    script,
    join(root, 'dist/v8.js'),
  ]);
  expect(stdout).toContain('function true');
  expect(stdout).not.toContain('PromiseHook');
});
