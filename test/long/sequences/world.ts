import { setTimeout as pause } from 'node:timers/promises';
import { SCOPES, createBadgesContext } from '../../../src/badges/context.ts';
import { createRecentWrites } from '../../../src/badges/recent-writes.ts';
import type { Tenant } from '../../../src/badges/tenant.ts';
import { badgeLog, closeLostAudits, readAuditRecord } from '../../../src/badges/writing/audit.ts';
import type { Outcome } from '../../../src/badges/writing/outcome.ts';
import { runMutation } from '../../../src/badges/writing/run-mutation.ts';
import type { StoredReading, UnreadableRecord } from '../../../src/badges/writing/stored-record.ts';
import { createSnapshotStore } from '../../../src/cache/snapshot-entry.ts';
import { createEmbeddedStore } from '../../../src/state/sqlite/store.ts';
import { type StateStore, createLocks } from '../../../src/state/state-store.ts';
import { createProviderAccess } from '../../../src/tenants/create-tenant.ts';
import { type Command, type MutationCommand, toInput } from './commands.ts';
import { createScriptedProvider } from './provider.ts';

/** Counts over all sequences, which show that all expected cases occur. */
export interface Counted {
  mutations: number;
  sends: number;
  repeats: number;
  restarts: number;
  kills: number;
  outcomes: Record<string, number>;
}

function onUnreadable({ kind, key, reason }: UnreadableRecord): never {
  throw new Error(`the ${kind} at ${key} cannot be read: ${reason}`);
}

function known<T>(reading: StoredReading<T>): T {
  if ('record' in reading) return reading.record;
  throw new Error(`a record cannot be read: ${reading.unreadable}`);
}

/** A store that is closed and opened again as the sequences ask for it. */
export interface Home {
  store: StateStore;
  reopen(): Promise<void>;
}

export function createHome(folder: string): Home {
  const open = () => createEmbeddedStore({ folder, now: Date.now });
  const home: Home = {
    store: open(),
    async reopen() {
      await home.store.close();
      home.store = open();
      await closeLostAudits(home.store, { onUnreadable });
    },
  };
  return home;
}

type Played = { outcome: Outcome } | 'killed';

/** Plays one sequence against the real pipeline. Throws with what went wrong. */
export async function play(
  home: Home,
  { name, commands, counted }: { name: string; commands: readonly Command[]; counted: Counted },
): Promise<void> {
  const ids = [`${name}-a`, `${name}-b`];
  const scripted = createScriptedProvider(ids);
  let tenant = toTenant(home.store, scripted, name);
  /** The input that a key stands for, once a write under it was or may have been applied. */
  const inputs = new Map<string, string>();
  const successes = new Map<string, string>();

  async function restart(): Promise<void> {
    await home.reopen();
    tenant = toTenant(home.store, scripted, name);
    counted.restarts += 1;
  }

  async function mutate(command: MutationCommand): Promise<void> {
    const kind = command.kind === 'update-hidden' ? 'update' : command.kind;
    const scope = `${kind}/key-${command.key}`;
    const badgeId = ids[command.badge] ?? '';
    const input = toInput(command, badgeId);
    const sentBefore = scripted.sent.length;
    let isKilled = (): void => undefined;
    const killed = new Promise<'killed'>((resolve) => (isKilled = () => resolve('killed')));
    scripted.script({ scope, write: command.write, read: command.read, killed: isKilled });

    const running = Array.from({ length: command.times }, async (): Promise<Played> => {
      const context = createBadgesContext({ actor: name, tenant, scopes: new Set(SCOPES) }, name);
      const outcome = await runMutation(context, {
        kind,
        oneOf: { returningAI: input },
        dryRun: false,
        expectedVersion: undefined,
        idempotencyKey: `key-${command.key}`,
      });
      return { outcome };
    });
    counted.mutations += command.times;
    const ended = await Promise.race([Promise.all(running), killed]);
    const ownSends = scripted.sent.slice(sentBefore);
    counted.sends += ownSends.length;
    const inputText = JSON.stringify(input);
    const wasKept = inputs.has(scope);
    const hadSucceeded = successes.has(scope);
    if (wasKept) counted.repeats += 1;
    if (wasKept && ownSends.length > 0) throw new Error(`${scope} was sent again`);
    if (ownSends.length > 1) throw new Error(`${scope} was sent ${ownSends.length} times`);
    if (ownSends.length === 1) inputs.set(scope, inputText);
    if (ended === 'killed') {
      counted.kills += 1;
      return restart();
    }

    const own = scripted.sent.find((sent) => sent.scope === scope);
    for (const played of ended) {
      if (played === 'killed') continue;
      const { status, userErrors } = played.outcome;
      const code = userErrors[0]?.code;
      const label = `${status} ${code ?? ''}`.trim();
      counted.outcomes[label] = (counted.outcomes[label] ?? 0) + 1;
      const text = JSON.stringify(played.outcome);
      // Of concurrent mutations, an earlier one may be rejected before a later one is sent.
      const isAlone = command.times === 1 || wasKept;
      if (status === 'REFUSED' && ownSends.length > 0 && isAlone)
        throw new Error(`${scope}: ${text} was sent`);
      if (inputs.has(scope) && inputs.get(scope) !== inputText) {
        if (code !== 'IDEMPOTENCY_KEY_REUSED') throw new Error(`${scope}: ${text} for other input`);
        continue;
      }
      const isTrue = own?.isApplied === true || (kind === 'delete' && !scripted.has(badgeId));
      if (status === 'APPLIED' && !isTrue) throw new Error(`${scope}: ${text} is not so`);
      if (status === 'APPLIED') {
        const first = successes.get(scope) ?? text;
        if (first !== text) throw new Error(`${scope}: ${text} differs from ${first}`);
        successes.set(scope, first);
      } else if (hadSucceeded) throw new Error(`${scope}: ${text} after a success`);
      else if (own && isAlone && status !== 'UNKNOWN')
        throw new Error(`${scope}: ${text} though it was sent`);
    }
  }

  for (const command of commands) {
    if (command.kind === 'restart') await restart();
    else await mutate(command);
  }
  await checkAudit(tenant, scripted.sent, ids);
}

/** One record for each write that was sent, in the history of its badge. */
async function checkAudit(
  { id: tenantId, store, providers }: Tenant,
  sent: readonly { scope: string; badgeId: string | null }[],
  ids: readonly string[],
): Promise<void> {
  const enumValue = providers[0]?.provider.name.enumValue ?? '';
  for (const id of ids) {
    const entries = await store.readBackward(badgeLog(tenantId, enumValue, id), { limit: 1_000 });
    const recorded = entries
      .map(({ entry }) => known(readAuditRecord(entry)))
      .filter(({ outcome }) => outcome === 'APPLIED' || outcome === 'UNKNOWN')
      .map(({ operation, idempotencyKey }) => `${operation}/${idempotencyKey}`);
    const expected = sent.filter(({ badgeId }) => badgeId === id).map(({ scope }) => scope);
    if (recorded.sort().join() !== expected.sort().join())
      throw new Error(`the audit of ${id} has ${recorded.join()}, not ${expected.join()}`);
  }
}

function toTenant(
  store: StateStore,
  scripted: ReturnType<typeof createScriptedProvider>,
  name: string,
): Tenant {
  const { provider, client } = scripted;
  const access = createProviderAccess(provider, client, {
    windows: [],
    name: 'sequences',
    topic: 'sequences',
    snapshotStore: createSnapshotStore({ maxEntries: 1, maxBytes: 1_000_000 }),
    freshMs: 0,
    staleMs: 0,
    isImageUrl: () => true,
    values: {},
    now: Date.now,
    random: () => 0,
    pause: async (ms) => pause(ms),
    recentWrites: createRecentWrites({
      store,
      key: `recent-writes/${name}`,
      provider,
      isImageUrl: () => true,
      values: {},
      wallTime: Date.now,
      onUnreadable,
    }),
    onList: () => undefined,
  });
  return {
    id: 'sequences',
    providers: [{ provider, access }],
    isImageUrl: () => true,
    hasMutations: true,
    store,
    localLocks: createLocks(),
    doubtfulMemories: new Set(),
    deadlineMs: 8_000,
    attemptTimeoutMs: 3_000,
    now: Date.now,
    wallTime: Date.now,
    toWallTime: (moment) => moment,
    onUnreadable,
    onBug(error) {
      throw error;
    },
    onUnrecorded(_record, error) {
      throw error;
    },
  };
}
