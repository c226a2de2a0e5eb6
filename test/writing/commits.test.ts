import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { toRename } from '../support/load-operations.ts';
import { operationCases, resetStandIns } from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';

/** Each transaction waits for the disk, which takes most of the time that this service adds to a write. */

let service: TestService;
const spy = jest.spyOn(DatabaseSync.prototype, 'exec');
beforeEach(async () => {
  service = await startTestService();
  spy.mockClear();
});
afterEach(() => service.close());
afterAll(() => spy.mockRestore());

const commits = (): number => spy.mock.calls.filter(([sql]) => sql === 'COMMIT').length;

const idOf = (provider: string): string => {
  const { returningAI, tagMango } = service.sandbox;
  const [id = ''] = (provider === 'TAG_MANGO' ? tagMango : returningAI).badges.keys();
  return id;
};

/** Hidden fields, which only one of them has, are two more values, in the same transactions. */
const COMMITS = [
  { provider: 'RETURNING_AI', plain: 2, withKey: 4 },
  { provider: 'TAG_MANGO', plain: 2, withKey: 4 },
] as const;

test.each(COMMITS)(
  'an update at $provider is committed before it is sent, and once after its answer, with its outcome',
  async ({ provider, plain }) => {
    const { query, variables } = toRename({ provider, id: idOf(provider) }, 'Renamed');
    const { data } = await service.execute(query, variables);
    expect(data).toMatchObject({ result: { userErrors: [] } });
    expect(commits()).toBe(plain);
  },
);

test.each(COMMITS)(
  'the next update at $provider forgets the one before it in the same transactions',
  async ({ provider, plain }) => {
    const first = toRename({ provider, id: idOf(provider) }, 'First');
    await service.execute(first.query, first.variables);
    spy.mockClear();
    const next = toRename({ provider, id: idOf(provider) }, 'Next');
    await service.execute(next.query, next.variables);
    expect(commits()).toBe(plain);
  },
);

test.each(COMMITS)(
  'one with a key at $provider also when the key is claimed, sent and closed',
  async ({ provider, withKey }) => {
    const { query, variables } = toRename({ provider, id: idOf(provider) }, 'Renamed', 'key-1');
    await service.execute(query, variables);
    expect(commits()).toBe(withKey);
    await service.execute(query, variables);
    expect(commits()).toBe(withKey);
  },
);

test.each(operationCases)(
  '$what, committed once before it is sent and once after its answer',
  async ({ asked, payload }) => {
    resetStandIns(service.sandbox);
    const { data } = await service.execute(asked.document, asked.variables);
    expect(data).toMatchObject({ [asked.field]: payload });
    expect(commits()).toBe(2);
  },
);

test('an update that the provider alters is committed before and after it is read again, and with its outcome once', async () => {
  service.sandbox.tagMango.behaviour.alters = [{ kind: 'lower-case' }];
  const { query, variables } = toRename(
    { provider: 'TAG_MANGO', id: idOf('TAG_MANGO') },
    'Renamed',
  );
  const { data } = await service.execute(query, variables);
  expect(data).toMatchObject({ result: { userErrors: [] } });
  // Staged, shown as it was answered, found in the list, shown as the list has it, and its result with its audit record.
  expect(commits()).toBe(5);
});

test('what is remembered of a badge is read once for each update, while the list is on its way', async () => {
  const events: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'badges-commits-'));
  const store = createEmbeddedStore({ folder, now: Date.now });
  const watched = await startTestService({
    store: {
      ...store,
      get(key) {
        if (key.startsWith('hidden/')) events.push('remembered');
        return store.get(key);
      },
    },
    observer: { attemptEnded: ({ operation }) => events.push(operation) },
  });
  const [id = ''] = watched.sandbox.returningAI.badges.keys();
  for (const name of ['First', 'Next']) {
    events.length = 0;
    const { query, variables } = toRename({ provider: 'RETURNING_AI', id }, name);
    const { data } = await watched.execute(query, variables);
    expect(data).toMatchObject({ result: { userErrors: [] } });
    expect(events).toEqual(['remembered', 'listBadges', 'updateBadge']);
  }
  await watched.close();
  rmSync(folder, { recursive: true });
});
