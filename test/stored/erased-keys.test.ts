import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createKeyErasure } from '../../src/badges/erasing/records.ts';
import { claimIdempotencyKey } from '../../src/badges/writing/idempotency.ts';
import { toStateKey } from '../../src/badges/writing/stored-record.ts';
import { type EmbeddedStore, createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';

const DAY = 24 * 60 * 60 * 1_000;
const KEY = toStateKey('key', 'acme', 'ada', 'update', 'a-key');
/** Of a version that this one cannot read, so that its write may have been sent. */
const UNREADABLE = '{}';

let folder: string;
let store: EmbeddedStore;
let time: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'badges-erased-'));
  time = Date.parse('2026-01-01T00:00:00Z');
  store = createEmbeddedStore({ folder, now: () => time });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** What a mutation with the key is told that comes now. */
async function claim(): Promise<string> {
  const toLostOutcome = () => {
    throw new Error('No write was lost');
  };
  const options = { key: KEY, inputHash: 'of the input', waitMs: 0, toLostOutcome };
  return (await claimIdempotencyKey(store, options)).kind;
}

/** After the processes of all mutations have ended. */
function eraseKey(from: StateStore = store): Promise<string> {
  const selection = { tenant: 'acme', badge: undefined, member: undefined };
  const afterwards = { ...from, isAlive: async () => false };
  return createKeyErasure(afterwards, selection, { isDryRun: false }).eraseKey(KEY);
}

test('an erased key whose write may have been sent is not used again for a day, and then it is', async () => {
  await store.set(KEY, UNREADABLE);
  expect(await eraseKey()).toBe('erased');
  expect(await claim()).toBe('erased');
  time += DAY - 1;
  expect(await claim()).toBe('erased');
  time += 1;
  expect(await claim()).toBe('held');
});

test('an erased key of a mutation that sent nothing can be used again at once', async () => {
  expect(await claim()).toBe('held');
  expect(await eraseKey()).toBe('erased');
  expect(await claim()).toBe('held');
});

test('a mutation that comes in the very moment of the erasure does not use the key again either', async () => {
  await store.set(KEY, UNREADABLE);
  const told: string[] = [];
  const watched: StateStore = {
    ...store,
    async compareAndSet(key, change) {
      const isSet = await store.compareAndSet(key, change);
      told.push(await claim());
      return isSet;
    },
  };
  expect(await eraseKey(watched)).toBe('erased');
  expect(told).toEqual(['erased']);
});
