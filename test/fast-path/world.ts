import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createSnapshotStore } from '../../src/cache/snapshot-entry.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import type { EntitiesPlan } from '../../src/server/fast-path/plans.ts';
import { createRouterSecrets } from '../../src/server/identity/authenticate.ts';
import { type ServerOptions, startServer } from '../../src/server/server.ts';
import { createEmbeddedStore } from '../../src/state/sqlite/store.ts';
import { type Tenants, createTenants } from '../../src/tenants/tenants.ts';
import type { TokenCheck } from '../../src/server/identity/token.ts';
import { alwaysClosed } from '../support/clock.ts';

/** Two servers over the same tenants, lists and clock: one with the fast path, and one without. */
export interface World {
  sandbox: Sandbox;
  tenants: Tenants;
  fast: string;
  full: string;
  /** Lines of the log of the one with the fast path. */
  log: Record<string, unknown>[];
  now(): number;
  pass(ms: number): void;
  /** Corrects the machine's clock, which tells when a list was read. */
  correct(byMs: number): void;
  /** Reads every list that may be read. */
  warm(): Promise<void>;
  usage(): typeof UNUSED;
  close(): Promise<void>;
}

interface Clock {
  now: () => number;
}

export interface WorldOptions extends Partial<
  Pick<
    ServerOptions,
    | 'fastPath'
    | 'keptBytes'
    | 'answerMaxBytes'
    | 'answersBudgetBytes'
    | 'hasCacheTags'
    | 'isProduction'
  >
> {
  routerSecrets?: readonly string[];
  /** Of each server, if callers have tokens. */
  tokens?: (clock: Clock) => TokenCheck;
}

const UNUSED = { requests: 0, fast: 0, documents: 0, plans: 0, fragments: 0, answers: 0, bytes: 0 };
const FRESH_SECONDS = 30;
/** Milliseconds at which the clock begins. */
export const START = 1_800_000_000_000;

export async function startWorld({
  routerSecrets = [],
  tokens,
  ...options
}: WorldOptions = {}): Promise<World> {
  const sandbox = await startSandbox({
    tagMango: { requestLimit: Infinity },
  });
  const log: Record<string, unknown>[] = [];
  const logger = pino(
    { level: 'info' },
    { write: (line) => void log.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const quiet = pino({ level: 'silent' });
  const folder = mkdtempSync(join(tmpdir(), 'badges-fast-'));
  let moment = START;
  let offMs = 0;
  const now = (): number => moment;
  const store = createEmbeddedStore({ folder, now });
  const { returningAI, tagMango } = sandbox.providerValues;
  const tenants = createTenants(
    [
      { id: 'default', providerValues: { returningAI, tagMango }, requestLimits: {} },
      { id: 'second', providerValues: { tagMango }, requestLimits: {} },
    ],
    {
      isProduction: false,
      freshSeconds: FRESH_SECONDS,
      staleSeconds: 300,
      attemptTimeoutMs: 3_000,
      operationDeadlineMs: 8_000,
      replicas: 1,
      hasMutations: true,
      store,
      logger: quiet,
      onUnreadable: () => undefined,
      snapshotStore: createSnapshotStore({ maxEntries: 100, maxBytes: 1e9 }),
      now,
      wallTime: () => moment + offMs,
      random: () => 0.5,
      http: {
        budget: undefined,
        createBreaker: () => alwaysClosed,
        clock: { now, pause: async () => undefined },
      },
    },
  );
  const common = {
    host: '127.0.0.1',
    port: 0,
    isProduction: false,
    hasPlayground: false,
    hasIntrospection: true,
    hasCacheTags: false,
    hasAuthDirectives: false,
    freshMs: FRESH_SECONDS * 1_000,
    now,
    operationDeadlineMs: 8_000,
    attemptTimeoutMs: 3_000,
    shutdownDelayMs: 0,
    routerSecrets: createRouterSecrets(routerSecrets),
    identity: {
      tenants: tenants.byId,
      emptyTenant: tenants.emptyTenant,
      defaultTenant: 'default',
      checkToken: undefined,
    },
    ...options,
  };
  const checks = [0, 1].map(() => tokens?.({ now }));
  const [identity, other] = checks.map((check) => ({
    ...common.identity,
    checkToken: check?.check,
    peekToken: check?.peek,
  }));
  const fast = await startServer({
    fastPath: { shadow: 0 },
    ...common,
    ...(identity && { identity }),
    logger,
  });
  const full = await startServer({
    ...common,
    ...(other && { identity: other }),
    fastPath: undefined,
    logger: quiet,
  });
  return {
    sandbox,
    tenants,
    fast: fast.url,
    full: full.url,
    log,
    now,
    usage: () => ({ ...UNUSED, ...fast.usageAhead() }),
    pass: (ms) => void (moment += ms),
    correct: (byMs) => void (offMs += byMs),
    async warm() {
      const bounds = { purpose: 'query', deadlineAt: moment + 8_000 } as const;
      await Promise.allSettled(
        [...tenants.byId.values()].flatMap(({ providers }) =>
          providers.map(async ({ access }) => access?.snapshots.read(bounds)),
        ),
      );
    },
    async close() {
      await Promise.all([fast.close(), full.close()]);
      checks.forEach((check) => check?.close());
      await tenants.close();
      await store.close();
      await sandbox.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A plan that writes each entity as told. */
export function toEntitiesPlan(render: EntitiesPlan['render']): EntitiesPlan {
  return {
    operation: { kind: 'query', name: undefined, rootField: '_entities' },
    most: 1_000,
    fieldsOf: (representations) => representations,
    bytesOfEach: 0,
    head: '[',
    tail: ']',
    compiled: { nodes: 0, fields: 1, repeats: 0 },
    render,
  };
}
