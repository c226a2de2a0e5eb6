import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { badgeLog } from '../../src/badges/writing/audit.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';
import { HALL_OF_FAME, STORED } from '../support/operation-cases.ts';
import { type TestService, startTestService } from '../support/service.ts';

/** What versions stored that knew nothing of half characters. */
const HALF = 'Cut \ud83d';
const REPLACED = 'Cut \ufffd';

let folder: string;
let store: StateStore;
let service: TestService;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'badges-half-'));
  store = createEmbeddedStore({ folder, now: Date.now });
  service = await startTestService({ store, sandbox: STORED });
});
afterAll(async () => {
  await service.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

test('a history shows them as U+FFFD, also within the JSON of a value', async () => {
  const record = {
    ...{ id: 'a', at: '2026-01-01T00:00:00.000Z', tenant: 'default', caller: HALF },
    ...{ provider: 'TAG_MANGO', badgeIds: [HALL_OF_FAME], operation: 'update' },
    outcome: 'APPLIED',
    changes: [{ field: 'name', before: null, after: JSON.stringify(HALF) }],
    idempotencyKey: null,
  };
  const log = badgeLog('default', 'TAG_MANGO', HALL_OF_FAME);
  await store.append([log], JSON.stringify(record), {});
  const { data } = await service.execute(
    `{ badgeHistory(provider: TAG_MANGO, id: "${HALL_OF_FAME}") { nodes { caller changes { after } } } }`,
  );
  expect(data).toEqual({
    badgeHistory: { nodes: [{ caller: REPLACED, changes: [{ after: REPLACED }] }] },
  });
});
