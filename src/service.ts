import { setTimeout as pause } from 'node:timers/promises';
import type { Tenant } from './badges/tenant.ts';
import { createAuditRecovery } from './badges/writing/audit.ts';
import { publishLost } from './badges/writing/unknown-outcome.ts';
import type { OnUnreadable } from './badges/writing/stored-record.ts';
import { createSnapshotStore } from './cache/snapshot-entry.ts';
import type { TenantSettings } from './providers/settings.ts';
import { type RouterSecrets, createRouterSecrets } from './server/identity/authenticate.ts';
import { type TokenOptions, createTokenCheck } from './server/identity/token.ts';
import { type RunningServer, type ServerOptions, startServer } from './server/server.ts';
import { type RetentionOptions, createRetention } from './state/open-state.ts';
import type { ListSource } from './telemetry/gauges.ts';
import { createIssuerLog, createUnreadableLog } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { createTracing } from './telemetry/tracing.ts';
import type { TenantOptions } from './tenants/create-tenant.ts';
import { type Tenants, createTenants } from './tenants/tenants.ts';

export interface ServiceOptions extends Omit<TenantOptions, 'snapshotStore' | 'onUnreadable'> {
  tenants: readonly TenantSettings[];
  /** If empty, every client that reaches the port is taken for the router. */
  routerSecrets: readonly string[];
  host: string;
  port: number;
  hasPlayground: boolean;
  hasIntrospection: boolean;
  hasCacheTags: boolean;
  hasAuthDirectives: boolean;
  /** Host names that are accepted without a router secret, beside those of this machine. */
  allowedHosts?: readonly string[];
  /** The tenant of callers that name none. Undefined: they must name one. */
  defaultTenant: string | undefined;
  /** How tokens are verified. Undefined: callers have none, and the router vouches for them. */
  tokens: Pick<TokenOptions, 'jwksUrl' | 'issuer' | 'audience'> | undefined;
  /** Maximum size of one response, and of all that are being created or sent. The defaults if omitted. */
  answerMaxBytes?: number;
  answersBudgetBytes?: number;
  /** Maximum size of all requests that are arriving or waiting. The default if omitted. */
  bodiesBudgetBytes?: number;
  /** How repeated requests are answered ahead of the framework. Undefined: they are not. */
  fastPath?: ServerOptions['fastPath'];
  /** How long requests are accepted during a shutdown, in milliseconds. 0 if omitted. */
  shutdownDelayMs?: number;
  /** How often audit records of crashed processes are completed, in milliseconds. A minute if omitted. */
  recoverEveryMs?: number;
  /** How old stored records are removed. Undefined: they are kept. */
  retention?: Pick<RetentionOptions, 'keeper' | 'keptMs' | 'everyMs'> | undefined;
  /** What is served at `/metrics`. Undefined: nothing. */
  metrics?: Metrics | undefined;
  /** The tokens that read the metrics. If empty or omitted, they are read like the graph. */
  metricsTokens?: readonly string[];
  /** How long the start may wait for the providers' lists, in milliseconds. 0 if omitted. */
  warmUpMs?: number;
}

const RECOVER_EVERY_MS = 60_000;
/** How long the start waits for the removal of old records. */
const SWEEP_MS = 2_000;
/** How long a shutdown waits for calls that no request waits for, such as the refresh of a list. */
const LEFTOVERS_MS = 250;
/** The longest possible timer. */
const HOLD_MS = 2 ** 31 - 1;
/** Limits for the snapshots of all lists. `maxBytes` is the length of their JSON; in memory they take a few times more. */
const SNAPSHOT_STORE = { maxEntries: 4_000, maxBytes: 64 * 1024 * 1024 };

export interface RunningService extends RunningServer {
  /** All can be replaced at runtime. Requests in progress continue with the values they started with. */
  readonly routerSecrets: Pick<RouterSecrets, 'replace' | 'keepOnly'>;
  readonly metricsTokens: Pick<RouterSecrets, 'replace' | 'keepOnly'>;
  readonly tenants: Pick<Tenants, 'replace'>;
}

/** Starts the whole service with these settings: clients, snapshot caches, graph and listener. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const freshMs = options.freshSeconds * 1000;
  const onUnreadable = createUnreadableLog(options.logger);
  const tracing = createTracing();
  const observer = tracing?.observe(options.observer ?? {}) ?? options.observer;
  const tenants = createTenants(options.tenants, {
    ...options,
    observer,
    snapshotStore: createSnapshotStore(SNAPSHOT_STORE),
    onUnreadable,
  });
  const routerSecrets = createRouterSecrets(options.routerSecrets);
  const metricsTokens = createRouterSecrets(options.metricsTokens ?? []);
  const tokens =
    options.tokens &&
    createTokenCheck({ ...options, ...options.tokens, report: createIssuerLog(options.logger) });
  const recover = toRecovery(options, onUnreadable, tenants);
  await recover();
  const retention =
    options.retention && createRetention({ ...options.retention, log: toPlainLog(options) });
  await retention?.start(SWEEP_MS);
  await warmUp([...tenants.byId.values()], options.warmUpMs ?? 0);
  const server = await startServer({
    ...options,
    shutdownDelayMs: options.shutdownDelayMs ?? 0,
    freshMs,
    routerSecrets,
    metricsTokens,
    observer,
    tracing,
    identity: {
      tenants: tenants.byId,
      emptyTenant: tenants.emptyTenant,
      defaultTenant: options.defaultTenant,
      checkToken: tokens?.check,
      peekToken: tokens?.peek,
    },
  });
  options.metrics?.watch({
    usageAhead: server.usageAhead,
    lists: () => listSources(tenants.byId.values(), options.now),
    isRedisReachable: options.shared?.isReachable,
  });
  // Repeated, because a shared store notices a crash only after a while, and other replicas may crash later.
  const { recoverEveryMs = RECOVER_EVERY_MS } = options;
  const recovery = setInterval(() => void recover(), recoverEveryMs).unref();

  async function close(): Promise<void> {
    clearInterval(recovery);
    tokens?.close();
    retention?.stop();
    await server.close();
    // No request waits for the calls that are still in flight.
    const patience = new AbortController();
    await Promise.race([
      tenants.close(),
      pause(LEFTOVERS_MS, undefined, patience).catch(() => undefined),
    ]);
    patience.abort();
  }
  return {
    url: server.url,
    close,
    usageAhead: server.usageAhead,
    routerSecrets,
    metricsTokens,
    tenants,
  };
}

function* listSources(tenants: Iterable<Tenant>, now: () => number): Iterable<ListSource> {
  for (const { id: tenant, providers } of tenants) {
    for (const { provider, access } of providers) {
      if (!access) continue;
      const { snapshot, state = 'EMPTY' } = access.snapshots.look() ?? {};
      yield {
        tenant,
        provider: provider.name.enumValue,
        state: state === 'STALE' || state === 'EMPTY' ? state : 'FRESH',
        ageMs: snapshot && now() - snapshot.asOf,
        windows: access.windows,
      };
    }
  }
}

/** Completes the audit records of crashed processes. If the store is unavailable, every write that needs it reports that. */
function toRecovery(
  { store, logger }: ServiceOptions,
  onUnreadable: OnUnreadable,
  tenants: Pick<Tenants, 'byId'>,
): () => Promise<void> {
  return createAuditRecovery(store, {
    onUnreadable,
    async onLost(record) {
      const tenant = tenants.byId.get(record.tenant);
      if (tenant) await publishLost(tenant, record);
    },
    onFailure: (err) =>
      logger.error(
        { err },
        'Audit records of crashed processes cannot be completed. This is retried every minute',
      ),
    onRecovery: () => logger.info('Audit records of crashed processes can be completed again'),
  });
}

function toPlainLog({ logger }: ServiceOptions): RetentionOptions['log'] {
  return {
    info: (message) => logger.info(message),
    warn: (message) => logger.warn(message),
  };
}

/** All at once would take as much memory for a moment as all their responses together. */
const MAX_WARM_UP_READS = 8;
/** In less time no list arrives, and the call would be wasted. */
const MIN_READ_MS = 50;

/** Reads every list once, within this time. A list that could not be read is read again by the first request for it. */
async function warmUp(tenants: readonly Tenant[], withinMs: number): Promise<void> {
  if (withinMs === 0) return;
  const lists = tenants.flatMap(({ providers, now }) => {
    const deadlineAt = now() + withinMs;
    return providers.flatMap(({ access }) => (access ? [{ access, now, deadlineAt }] : []));
  });
  const left = lists.values();
  async function readNext(): Promise<void> {
    for (const { access, now, deadlineAt } of left) {
      if (now() + MIN_READ_MS <= deadlineAt)
        await Promise.allSettled([access.snapshots.read({ purpose: 'query', deadlineAt })]);
    }
  }
  // Pauses between attempts do not keep the process alive, and nothing listens yet.
  const hold = setTimeout(() => undefined, HOLD_MS);
  await Promise.all(Array.from({ length: MAX_WARM_UP_READS }, readNext));
  clearTimeout(hold);
}
