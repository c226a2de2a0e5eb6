import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  type IdempotencyClaim,
  type StoredAttempt,
  claimIdempotencyKey,
} from '../../src/badges/writing/idempotency.ts';
import { toStoredOutcome, toOutcome } from '../../src/badges/writing/outcome.ts';
import { type EmbeddedStore, createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import type { StateStore } from '../../src/state/state-store.ts';

/** An idempotency key of which a process that is taken for dead believes that it holds it still. */

const KEY = 'key/of-all';
const ATTEMPT: StoredAttempt = {
  provider: 'TAG_MANGO',
  badgeId: 'a',
  body: {},
  changes: [],
  hiddenValues: null,
  isVisible: true,
  earlierIds: '1 2 3',
  warnings: [],
};
const APPLIED = toStoredOutcome(toOutcome('APPLIED'));
const UNKNOWN = toStoredOutcome(toOutcome('UNKNOWN'));

let folder: string;
let store: EmbeddedStore;
let dead: Set<string>;
let storesOf: Map<string, StateStore>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'badges-claims-'));
  store = createEmbeddedStore({ folder, now: Date.now });
  dead = new Set();
  storesOf = new Map();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function storeOf(instanceId: string): StateStore {
  const known = storesOf.get(instanceId);
  const own = known ?? { ...store, instanceId, isAlive: async (id: string) => !dead.has(id) };
  storesOf.set(instanceId, own);
  return own;
}

const claimAs = (instanceId: string, waitMs = 0) =>
  claimIdempotencyKey(storeOf(instanceId), {
    key: KEY,
    inputHash: 'of the input',
    waitMs,
    toLostOutcome: () => UNKNOWN,
  });

async function hold(instanceId: string): Promise<IdempotencyClaim> {
  const claim = await claimAs(instanceId);
  if (claim.kind !== 'held') throw new Error(`the key is ${claim.kind}`);
  return claim.key;
}

const lost = expect.objectContaining({ name: 'StateError', kind: 'unavailable' });

test.each<[string, (former: IdempotencyClaim) => Promise<void>, boolean]>([
  ['sends', (former) => former.markSending(ATTEMPT), true],
  ['has applied its write', (former) => former.end(APPLIED), true],
  ['has sent nothing', (former) => former.end(null), false],
  ['gives up', (former) => former.abandon(), false],
])(
  'one whose key was taken over and that %s leaves the key to its holder',
  async (_what, act, isTold) => {
    const former = await hold('former');
    dead.add('former');
    const holder = await hold('holder');
    const before = await store.get(KEY);

    if (isTold) await expect(act(former)).rejects.toEqual(lost);
    else await act(former);
    expect(await store.get(KEY)).toBe(before);
    await holder.markSending(ATTEMPT);
    if (isTold) await expect(act(former)).rejects.toEqual(lost);
    else await act(former);
    await holder.end(APPLIED);
    expect(await claimAs('next')).toMatchObject({ kind: 'ended', outcome: APPLIED });
  },
);

test('a write that was sent by a process that died is never sent again, and its end is told to nobody', async () => {
  const former = await hold('former');
  await former.markSending(ATTEMPT);
  dead.add('former');
  const ended = { kind: 'ended', outcome: UNKNOWN, attempt: ATTEMPT };
  expect(await claimAs('next')).toMatchObject(ended);
  expect(await claimAs('next')).toMatchObject(ended);
});

test('what only finds out an unknown outcome is kept as long as it is unknown', async () => {
  const former = await hold('one');
  await former.markSending(ATTEMPT);
  await former.end(UNKNOWN);
  const unknown = await claimAs('two');
  expect(unknown).toMatchObject({ kind: 'ended', outcome: UNKNOWN, attempt: ATTEMPT });
  if (unknown.kind === 'ended') await unknown.resolve(APPLIED);
  const { earlierIds: _, warnings: __, ...rest } = ATTEMPT;
  const known = await claimAs('two');
  expect(known).toMatchObject({ kind: 'ended', outcome: APPLIED });
  expect(known.kind === 'ended' && known.attempt).toEqual(rest);
});

test('of many that wait for a key, each is told that its mutation is in progress', async () => {
  await hold('holder');
  const waiting = Array.from({ length: 5 }, () => claimAs('holder', 60));
  expect(await Promise.all(waiting)).toEqual(Array(5).fill({ kind: 'in-progress' }));
});
