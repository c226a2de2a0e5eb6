import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { retryInBackground } from '../../src/badges/writing/stored-record.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { StateError, type StateStore } from '../../src/state/state-store.ts';
import { eventually } from '../state/eventually.ts';

/** Changes that the store could not take, and that wait until it is back. */

const WAITING = 1_000;
/** Two rounds, which ask ten times each. */
const ROUNDS_MS = 2_500;

let folder: string;
let store: StateStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'badges-retries-'));
  store = createEmbeddedStore({ folder, now: Date.now });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

let asked = 0;
let isDown = true;
const done = new Set<number>();

function retry(number: number): void {
  retryInBackground(store, () => {
    asked += 1;
    if (isDown) return Promise.reject(new StateError('unavailable', 'The store is down'));
    done.add(number);
    return Promise.resolve();
  });
}

test('a store that is down is asked a few times a second, however many changes wait, and takes each once it is back', async () => {
  for (let number = 0; number < WAITING; number += 1) retry(number);
  await pause(ROUNDS_MS);
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThanOrEqual(20);

  isDown = false;
  await eventually(() => done.size === WAITING);
  const before = asked;
  // The next one is retried though none waits any more.
  retry(WAITING);
  await eventually(() => done.has(WAITING));
  expect(asked).toBe(before + 1);
});
