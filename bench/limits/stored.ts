import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readHistoryPage } from '../../dist/badges/history.js';
import { createBadgeIndexCodec } from '../../dist/badges/reading/badge-index.js';
import { createRecentWrites } from '../../dist/badges/recent-writes.js';
import { AUDIT_LOG, badgeLog, closeLostAudits } from '../../dist/badges/writing/audit.js';
import { readKeyRecord } from '../../dist/badges/writing/idempotency.js';
import { createHeldBadges, createHiddenMemory } from '../../dist/badges/writing/memory.js';
import type { BadgeFields, BadgeList } from '../../dist/providers/badge-list.js';
import { isHttpsUrl } from '../../dist/providers/graph-types.js';
import { providers } from '../../dist/providers/index.js';
import type { Provider } from '../../dist/providers/provider.js';
import { createRetention } from '../../dist/state/open-state.js';
import { type EmbeddedStore, createEmbeddedStore } from '../../dist/state/sqlite/store.js';
import { StateError } from '../../dist/state/state-store.js';
import { createRandom } from '../../test/support/random.ts';
import { type MeasuredCase, measure } from './longest.ts';
import { ANSWERS, idOf, recordsOf } from './provider-answers.ts';

const KEYS = 150_000;
const RECORDS = 20_000;
const WRITES = 200;
const quiet = () => undefined;
const log = { info: quiet, warn: quiet };

/** Measures the longest delay of others while stored data is read or written. */
export async function measureStored(seed: number): Promise<MeasuredCase[]> {
  const random = createRandom(seed);
  const cases: MeasuredCase[] = [];
  const add = async (name: string, run: () => Promise<unknown>) => {
    cases.push({ name, measured: await measure(run) });
  };
  for (const provider of providers) {
    await measureLists(provider, { seed, add });
    await measureWrites(provider, { random, add });
  }
  await withFolder((folder) => measureKeys(folder, { random, add }));
  await withFolder((folder) => measureHistory(folder, add));
  await withFolder((folder) => measureSweep(folder, add));
  return cases;
}

type Add = (name: string, run: () => Promise<unknown>) => Promise<void>;

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'badges-limits-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Inserts rows directly: through the service they would take minutes. */
function fill(folder: string, write: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(join(folder, 'state.sqlite'));
  database.exec('BEGIN');
  write(database);
  database.exec('COMMIT');
  database.close();
}

function open(folder: string): EmbeddedStore {
  return createEmbeddedStore({ folder, now: Date.now });
}

/** What another replica keeps of a list may be anything that a provider can answer. */
async function measureLists(
  provider: Provider,
  { seed, add }: { seed: number; add: Add },
): Promise<void> {
  const side = provider.key === 'returningAI' ? 'returningAI' : 'tagMango';
  const codec = createBadgeIndexCodec(provider, { isImageUrl: isHttpsUrl, values: undefined });
  for (const family of ANSWERS) {
    if (family.only !== undefined && family.only !== side) continue;
    const records = recordsOf(family, side, seed);
    if (!records) continue;
    const text = `{"format":1,"records":[${records.join(',').replaceAll('"_id"', '"id"')}],"malformedIds":[],"ambiguousIds":[],"droppedRecords":0}`;
    await add(`a list kept by a replica, ${side}: ${family.name}`, () =>
      codec.decode(text).catch(quiet),
    );
  }
}

function listOf(provider: Provider, characters: number): BadgeList {
  const badges: BadgeFields[] = [];
  for (let index = 0; index < RECORDS; index += 1) {
    const record = { id: idOf(index), title: 'a', name: 'a', description: 'x'.repeat(characters) };
    const badge = provider.restoreBadge(record, { isImageUrl: isHttpsUrl, values: undefined });
    if (badge) badges.push(badge);
  }
  const nothing = { malformedIds: new Set<string>(), ambiguousIds: new Set<string>() };
  const about = { droppedRecords: 0, firstMalformedField: undefined };
  return { badges, ...nothing, ...about, unknownFields: [], unreadableFields: {} };
}

/** The writes that a list may not show yet, with a store that answers and one that does not. */
async function measureWrites(
  provider: Provider,
  { random, add }: { random: () => number; add: Add },
): Promise<void> {
  const list = listOf(provider, 100);
  const before = listOf(provider, 200);
  const held = new Map<string, string>();
  let isDown = false;
  const refuse = () => {
    if (isDown) throw new StateError('unavailable', 'down');
  };
  const writes = createRecentWrites({
    store: {
      async get(key) {
        refuse();
        return held.get(key) ?? null;
      },
      async compareAndSet(key, { value }) {
        refuse();
        if (value === null) held.delete(key);
        else held.set(key, value);
        return true;
      },
    },
    key: 'a',
    provider,
    isImageUrl: isHttpsUrl,
    values: undefined,
    wallTime: Date.now,
    onUnreadable: quiet,
  });
  const note = async (index: number) => {
    const written = provider.restoreBadge(
      { id: idOf(index), title: 'b', name: 'b', description: 'y'.repeat(2_400) },
      { isImageUrl: isHttpsUrl, values: undefined },
    );
    const revision = String(random());
    await writes.note({
      id: idOf(index),
      before: before.badges[index],
      after: written,
      hiddenRevision: revision,
    });
  };
  for (let index = 0; index < WRITES; index += 1) await note(index);
  await add(`a list completed with ${WRITES} writes, ${provider.key}`, () => writes.complete(list));
  isDown = true;
  for (let index = 0; index < WRITES; index += 1) await note(index);
  await add(`the same without the store, ${provider.key}`, () => writes.complete(list));
  await add(`one write more without the store, ${provider.key}`, () => note(WRITES));
}

async function measureKeys(
  folder: string,
  { random, add }: { random: () => number; add: Add },
): Promise<void> {
  await open(folder).close();
  fill(folder, (database) => {
    const insert = database.prepare('INSERT INTO state_values (key, value) VALUES (?, ?)');
    for (let index = 0; index < KEYS; index += 1)
      insert.run(`${random() < 0.5 ? 'a' : 'key'}/${index}`, '{}');
    for (let index = 0; index < RECORDS; index += 1) insert.run(`audit-open/dead/${index}`, 'cut');
  });
  const store = open(folder);
  await add(`open records among ${KEYS} keys, ${RECORDS} of which cannot be read`, () =>
    closeLostAudits(store, { onUnreadable: quiet }),
  );
  const opened = JSON.stringify({ ...auditRecord('x'.repeat(100)), badgeIds: ['a'] });
  for (let index = 0; index < 500; index += 1) await store.set(`audit-open/dead/${index}`, opened);
  await add('500 records of dead processes closed', () =>
    closeLostAudits(store, { onUnreadable: quiet }),
  );

  const ids = Array.from({ length: 1_000 }, (_, index) => idOf(index));
  const holder = createHeldBadges({ store, key: 'held', onUnreadable: quiet });
  await holder.award(ids);
  await add('1,000 badges of a member', async () => {
    await holder.among(ids);
    await holder.award(ids.toReversed());
  });
  const text = 'x'.repeat(5_000_000);
  const memory = createHiddenMemory(store, {
    key: 'hidden',
    wallTime: Date.now,
    doubtful: new Set(),
    onUnreadable: quiet,
  });
  await add('5 MB remembered of a badge', () =>
    memory.settle({ title: 'a' }, { description: text }),
  );
  await add('5 MB remembered of a badge, read', () => memory.recall());
  const key = {
    inputHash: '',
    claim: '',
    owner: '',
    ownerUntil: 0,
    attempt: { description: text },
  };
  await add('5 MB under an idempotency key', async () => readKeyRecord(JSON.stringify(key)));
  await store.close();
}

function auditRecord(before: string): object {
  return {
    id: 'a',
    at: new Date().toISOString(),
    tenant: 'default',
    caller: 'ada',
    provider: 'TAG_MANGO',
    badgeIds: ['a'],
    operation: 'update',
    outcome: 'APPLIED',
    changes: [{ field: 'description', before: JSON.stringify(before), after: '""' }],
    idempotencyKey: null,
  };
}

async function measureHistory(folder: string, add: Add): Promise<void> {
  await open(folder).close();
  const long = JSON.stringify(auditRecord('x'.repeat(5_000_000)));
  const logs: [string, number, string][] = [
    ['unreadable', 2_000, 'cut'],
    ['usual', 200, JSON.stringify(auditRecord('x'.repeat(10_000)))],
    ['escaped', 200, JSON.stringify(auditRecord('\n'.repeat(10_000)))],
    ['long', 25, long],
    ['long and unreadable', 25, long.slice(0, -1)],
  ];
  fill(folder, (database) => {
    const insert = database.prepare('INSERT INTO log_entries (log, entry) VALUES (?, ?)');
    for (const [name, count, entry] of logs) {
      for (let index = 0; index < count; index += 1)
        insert.run(badgeLog('default', 'TAG_MANGO', name), entry);
    }
    for (let index = 0; index < 100; index += 1) insert.run(AUDIT_LOG, logs[1]?.[2] ?? '');
  });
  const store = open(folder);
  for (const [name] of logs) {
    await add(`a page of a history, ${name}`, () =>
      readHistoryPage(store, {
        log: badgeLog('default', 'TAG_MANGO', name),
        size: 100,
        after: null,
        onUnreadable: quiet,
      }),
    );
  }
  await store.close();
}

/** Old records are removed while requests are served. */
async function measureSweep(folder: string, add: Add): Promise<void> {
  await open(folder).close();
  const entry = JSON.stringify(auditRecord('x'.repeat(10_000)));
  fill(folder, (database) => {
    const insert = database.prepare('INSERT INTO log_entries (log, entry) VALUES (?, ?)');
    for (let index = 0; index < 5_000; index += 1) insert.run(AUDIT_LOG, entry);
    const value = database.prepare('INSERT INTO state_values (key, value) VALUES (?, ?)');
    for (let index = 0; index < RECORDS; index += 1) value.run(`key/${index}`, 'x'.repeat(1_000));
  });
  const store = open(folder);
  const retention = createRetention({ keeper: store, keptMs: 1, everyMs: 10, log });
  await retention.start(0);
  await add('a sweep of what is too old, while others are served', async () => {
    while ((await store.readBackward(AUDIT_LOG, { limit: 1 })).length > 0) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  retention.stop();
  await store.close();
}
