import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createShelf } from './cache/shelf.ts';
import type { Shelf } from './cache/shelf.ts';
import type { BadgeIndex } from './badges/reading/badge-index.ts';
import { createProviderAccess } from './badges/tenant.ts';
import type { Tenant, TenantProvider } from './badges/tenant.ts';
import { closeLostAudits } from './badges/writing/audit.ts';
import { createBreaker } from './http/breaker.ts';
import type { Clock } from './http/clock.ts';
import { createPool } from './http/pool.ts';
import type { HttpDeps } from './http/provider-http.ts';
import { isHttpsOrLoopbackUrl, isHttpsUrl } from './providers/https-url.ts';
import { providers } from './providers/index.ts';
import type { Provider } from './providers/provider.ts';
import type { ProviderValues } from './providers/settings.ts';
import type { Logger } from './server/logger.ts';
import { createBreakerLog, createDriftLog, createFaultLog } from './server/provider-log.ts';
import { startServer } from './server/server.ts';
import type { RunningServer } from './server/server.ts';
import { createAllowance } from './state/allowance.ts';
import { createLocks } from './state/locks.ts';
import type { SharedState } from './state/open-state.ts';
import { StateError } from './state/state-store.ts';
import type { StateStore } from './state/state-store.ts';
import { createStoredBuckets } from './state/stored-buckets.ts';

export interface ServiceOptions {
  host: string;
  port: number;
  isProduction: boolean;
  hasPlayground: boolean;
  hasIntrospection: boolean;
  hasCacheTags: boolean;
  freshSeconds: number;
  staleSeconds: number;
  attemptTimeoutMs: number;
  operationDeadlineMs: number;
  /** How many processes share the providers. */
  replicas: number;
  /** By provider key; a provider that is not here is not configured. */
  providerValues: Readonly<Record<string, ProviderValues | undefined>>;
  /** Opened and closed by the caller. */
  store: StateStore;
  /** Undefined: this is the only process. Opened and closed by the caller. */
  shared?: SharedState | undefined;
  logger: Logger;
  /** Epoch milliseconds that never go back. */
  now: () => number;
  /** Within 0 and 1; `Math.random` if left out. */
  random?: () => number;
  /** How often to look again for what dead processes left open, milliseconds; a minute if left out. */
  recoverEveryMs?: number;
  /** How long to read the providers' lists before requests are taken, milliseconds; not at all if left out. */
  warmUpMs?: number;
  /** In the place of what is made of the above. */
  http?: Partial<HttpDeps>;
}

const RECOVER_EVERY_MS = 60_000;
/** Of the text of all lists that are held; in memory they take a few times as much. */
const SHELF = { maxEntries: 1_000, maxBytes: 64 * 1024 * 1024 };

/** The whole service on the given settings: clients, snapshots, graph and listener. */
export async function startService(options: ServiceOptions): Promise<RunningServer> {
  const freshMs = options.freshSeconds * 1000;
  const tenant = createTenant(options, createShelf(SHELF));
  await recover(options);
  await warmUp(tenant, options.warmUpMs ?? 0);
  const server = await startServer({ ...options, freshMs, tenant });
  // A shared store takes a dead process for alive for a while, and other replicas may die later.
  const { store, logger, recoverEveryMs = RECOVER_EVERY_MS } = options;
  const recovery = setInterval(() => {
    closeLostAudits(store).catch((error: unknown) => {
      if (!(error instanceof StateError)) logger.error({ err: error }, 'lost audits stay open');
    });
  }, recoverEveryMs).unref();

  async function close(): Promise<void> {
    clearInterval(recovery);
    await server.close();
    tenant.providers.forEach(({ access }) => access?.snapshots.close());
    await Promise.all(tenant.providers.map(async ({ access }) => access?.client.close()));
  }
  return { url: server.url, close };
}

/** What earlier processes left open. A store out of reach is met again by every write that needs it. */
async function recover({ store, logger }: ServiceOptions): Promise<void> {
  try {
    await closeLostAudits(store);
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    logger.error({ err: error }, 'the store for records is out of reach');
  }
}

/** Reads every list once. One that cannot be had is read again by the first who asks for it. */
async function warmUp({ providers: all, now }: Tenant, withinMs: number): Promise<void> {
  if (withinMs === 0) return;
  const bounds = { purpose: 'query', deadlineAt: now() + withinMs } as const;
  const reads = all.map(async ({ access }) => access?.snapshots.read(bounds));
  const patience = new AbortController();
  const { signal } = patience;
  await Promise.race([
    Promise.allSettled(reads),
    sleep(withinMs, undefined, { signal }).catch(() => undefined),
  ]);
  patience.abort();
}

function createTenant(options: ServiceOptions, shelf: Shelf<BadgeIndex>): Tenant {
  const { providerValues, logger, now, random = Math.random } = options;
  const isImageUrl = options.isProduction ? isHttpsUrl : isHttpsOrLoopbackUrl;
  const tenantId = 'default';
  const clock: Clock = { now, pause };

  function toTenantProvider(provider: Provider): TenantProvider {
    const values = providerValues[provider.key];
    if (!values) return { provider, access: undefined };
    const name = toSharedName(tenantId, provider, values);
    const http = createHttpDeps(options, { name, provider, clock });
    const client = provider.createClient(values, { isImageUrl, http });
    const access = createProviderAccess(provider, client, {
      name,
      shelf,
      shared: options.shared?.replicas,
      freshMs: options.freshSeconds * 1_000,
      staleMs: options.staleSeconds * 1_000,
      isImageUrl,
      onList: createDriftLog(logger, provider.name),
      now,
      random,
      pause,
    });
    return { provider, access };
  }
  return {
    id: tenantId,
    providers: providers.map(toTenantProvider),
    isImageUrl,
    store: options.store,
    localLocks: createLocks(),
    doubtfulMemories: new Set(),
    deadlineMs: options.operationDeadlineMs,
    attemptTimeoutMs: options.attemptTimeoutMs,
    now,
    onUnrecorded: (record, err) =>
      logger.error({ record, err }, 'a mutation is missing in the audit: this is its record'),
  };
}

function createHttpDeps(
  options: ServiceOptions,
  of: { name: string; provider: Provider; clock: Clock },
): HttpDeps {
  const { attemptTimeoutMs, store, shared, replicas, logger, now, random = Math.random } = options;
  const { requestWindow, name } = of.provider;
  const allowance =
    requestWindow &&
    createAllowance({
      name: of.name,
      window: requestWindow,
      buckets: shared?.buckets ?? createStoredBuckets(store, now),
      isShared: shared !== undefined,
      replicas,
      now,
    });
  return {
    attemptTimeoutMs,
    clock: of.clock,
    random,
    connect: createPool,
    allowance,
    onFault: createFaultLog(logger),
    createBreaker: () => createBreaker({ now, random, onChange: createBreakerLog(logger, name) }),
    ...options.http,
  };
}

/** What replicas share is named for what it came from, so that two that are configured otherwise never meet. */
function toSharedName(tenantId: string, { name }: Provider, values: ProviderValues): string {
  const digest = createHash('sha256').update(JSON.stringify(values)).digest('hex');
  return `${tenantId}/${name.enumValue}/${digest.slice(0, 12)}`;
}

/** Resolves early when the signal is aborted. */
function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
