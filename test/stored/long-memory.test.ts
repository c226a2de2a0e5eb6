import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHiddenMemory } from '../../src/badges/writing/memory.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';

let folder: string;
let store: StateStore;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'badges-memory-'));
  store = createEmbeddedStore({ folder, now: Date.now });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const memoryOf = (key: string) =>
  createHiddenMemory(store, {
    key,
    wallTime: () => 0,
    doubtful: new Set(),
    onUnreadable: (record) => {
      throw new Error(`${record.key} cannot be read`);
    },
  });

test.each([
  ['a badge with a long text', 600_000, true],
  ['a badge whose texts are as long as an answer', 5_000_000, false],
])('%s is remembered by what takes no long time to store', async (name, length, isWhole) => {
  const values = { title: 'A', description: 'x'.repeat(length), award: true };
  await memoryOf(name).settle(values, values);
  expect(await memoryOf(name).recall()).toEqual({
    at: '1970-01-01T00:00:00.000Z',
    // Where nothing is left of it, the rest is sent only if the caller asks for it.
    ...(isWhole ? { values, left: [values] } : { values: { title: 'A', award: true }, left: [] }),
  });
});

test('of writes that never settle, the records of the last five are kept, however many there were', async () => {
  const memory = memoryOf('unsettled');
  await memory.settle({ award: true }, { title: '0' });
  const kept: unknown[] = [{ title: '0' }];
  for (let write = 1; write <= 12; write += 1) {
    await memory.pend({ award: true }, { title: `${write}` });
    kept.unshift({ title: `${write}` });
    expect(await memory.recall()).toMatchObject({
      values: { award: true },
      left: kept.slice(0, 5),
    });
  }
  const { length = Infinity } = (await store.get('unsettled')) ?? '';
  expect(length).toBeLessThan(500);
});
