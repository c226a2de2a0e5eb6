import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { toRename } from '../support/load-operations.ts';
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

const PROVIDERS = ['RETURNING_AI', 'TAG_MANGO'] as const;
const idOf = (provider: (typeof PROVIDERS)[number]): string => {
  const { returningAI, tagMango } = service.sandbox;
  const [id = ''] = (provider === 'TAG_MANGO' ? tagMango : returningAI).badges.keys();
  return id;
};

test.each(PROVIDERS)(
  'an update at %s is committed before it is sent, after its answer, and with its outcome',
  async (provider) => {
    const { query, variables } = toRename({ provider, id: idOf(provider) }, 'Renamed');
    const { data } = await service.execute(query, variables);
    expect(data).toMatchObject({ result: { userErrors: [] } });
    expect(commits()).toBe(3);
  },
);

test.each(PROVIDERS)(
  'one with a key at %s also when the key is claimed and when it is closed',
  async (provider) => {
    const { query, variables } = toRename({ provider, id: idOf(provider) }, 'Renamed', 'key-1');
    await service.execute(query, variables);
    expect(commits()).toBe(5);
    await service.execute(query, variables);
    expect(commits()).toBe(5);
  },
);
