import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  AUDIT_LOG,
  closeLostAudits,
  createAuditEntry,
  readAuditRecord,
} from '../../src/badges/writing/audit.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { StateError, type StateStore } from '../../src/state/state-store.ts';
import { eventually } from '../state/eventually.ts';
import { startTestService } from '../support/service.ts';
import { countTurns } from '../support/clock.ts';

test('the record of a dead process that still seemed alive at the start is written later, once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'badges-lost-'));
  const died = createEmbeddedStore({ folder, now: Date.now });
  const about = { at: new Date().toISOString(), tenant: 'default', caller: 'ada' };
  const badge = { provider: 'TAG_MANGO', badgeIds: ['b'], operation: 'update' };
  await createAuditEntry(died, { ...about, ...badge, idempotencyKey: 'key' }).begin({
    changes: [],
  });
  await died.close();

  const store = createEmbeddedStore({ folder, now: Date.now });
  let looks = 0;
  const isAlive = async (id: string) => (looks += 1) === 1 || store.isAlive(id);
  const service = await startTestService({ store: { ...store, isAlive }, recoverEveryMs: 5 });
  const records = () => store.readBackward(AUDIT_LOG, { limit: 10 });

  await eventually(async () => (await records()).length > 0);
  await service.close();
  expect((await records()).map(({ entry }) => readAuditRecord(entry))).toMatchObject([
    { record: { ...about, ...badge, outcome: 'UNKNOWN', idempotencyKey: 'key' } },
  ]);
  await store.close();
  rmSync(folder, { recursive: true });
});

test('many records that are to be closed let others have their turn after each', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'badges-lost-'));
  const died = createEmbeddedStore({ folder, now: Date.now });
  const about = { at: new Date().toISOString(), tenant: 'default', caller: 'ada' };
  const badge = { provider: 'TAG_MANGO', badgeIds: ['b'], operation: 'update' };
  for (let made = 0; made < 100; made += 1) {
    await createAuditEntry(died, { ...about, ...badge, idempotencyKey: null }).begin({
      changes: [],
    });
  }
  await died.close();

  const store = createEmbeddedStore({ folder, now: Date.now });
  const turns = await countTurns(() =>
    closeLostAudits(store, {
      onUnreadable(record) {
        throw new Error(`${record.key} cannot be read: ${record.reason}`);
      },
    }),
  );
  expect(turns).toBeGreaterThanOrEqual(100);
  expect(await store.readBackward(AUDIT_LOG, { limit: 200 })).toHaveLength(100);
  await store.close();
  rmSync(folder, { recursive: true });
});

test('a record whose beginning the store took without an answer is not written again by the next process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'badges-lost-'));
  const died = createEmbeddedStore({ folder, now: Date.now });
  const set: StateStore['set'] = async (key, value, options) => {
    await died.set(key, value, options);
    if (value !== null) throw new StateError('unavailable', 'the answer was lost');
  };
  const about = { at: new Date().toISOString(), tenant: 'default', caller: 'ada' };
  const badge = { provider: 'TAG_MANGO', badgeIds: ['b'], operation: 'update' };
  const entry = createAuditEntry({ ...died, set }, { ...about, ...badge, idempotencyKey: null });
  await expect(entry.begin({ changes: [] })).rejects.toThrow('the answer was lost');
  await entry.end({ outcome: 'APPLIED', changes: [], badgeIds: ['b'], notFoundIds: [] });
  await died.close();

  const store = createEmbeddedStore({ folder, now: Date.now });
  await closeLostAudits(store, { onUnreadable: () => undefined });
  const records = await store.readBackward(AUDIT_LOG, { limit: 10 });
  expect(records.map(({ entry: text }) => readAuditRecord(text))).toMatchObject([
    { record: { ...about, ...badge, outcome: 'APPLIED' } },
  ]);
  await store.close();
  rmSync(folder, { recursive: true });
});
