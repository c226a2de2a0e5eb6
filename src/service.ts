import { createProviderAccess } from './badges/tenant.ts';
import type { Tenant, TenantProvider } from './badges/tenant.ts';
import type { OnFault } from './http/provider-http.ts';
import { isHttpsOrLoopbackUrl, isHttpsUrl } from './providers/https-url.ts';
import { providers } from './providers/index.ts';
import type { BadgeList } from './providers/provider.ts';
import type { ProviderValues } from './providers/settings.ts';
import type { Logger } from './server/logger.ts';
import { startServer } from './server/server.ts';
import type { RunningServer } from './server/server.ts';
import { closeLostAudits } from './badges/writing/audit.ts';
import { createLocks } from './state/locks.ts';
import { StateError } from './state/state-store.ts';
import type { StateStore } from './state/state-store.ts';

export interface ServiceOptions {
  host: string;
  port: number;
  isProduction: boolean;
  hasPlayground: boolean;
  hasIntrospection: boolean;
  freshSeconds: number;
  attemptTimeoutMs: number;
  operationDeadlineMs: number;
  /** By provider key; a provider that is not here is not configured. */
  providerValues: Readonly<Record<string, ProviderValues | undefined>>;
  /** Opened and closed by the caller. */
  store: StateStore;
  logger: Logger;
  /** Epoch milliseconds. */
  now: () => number;
  /** How often to look again for what dead processes left open, milliseconds; a minute if left out. */
  recoverEveryMs?: number;
}

const RECOVER_EVERY_MS = 60_000;

/** The whole service on the given settings: clients, snapshots, graph and listener. */
export async function startService(options: ServiceOptions): Promise<RunningServer> {
  const freshMs = options.freshSeconds * 1000;
  const tenant = createTenant(options, freshMs);
  await recover(options);
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

function createTenant(options: ServiceOptions, freshMs: number): Tenant {
  const { attemptTimeoutMs, providerValues, logger, now } = options;
  const isImageUrl = options.isProduction ? isHttpsUrl : isHttpsOrLoopbackUrl;
  const onFault: OnFault = ({ error, ...call }) => {
    const { kind, effect, provider, message, cause } = error;
    const details = {
      provider: provider?.enumValue,
      kind,
      ...(call.method !== 'GET' && { effect }),
      cause: cause instanceof Error ? ('code' in cause ? cause.code : cause.name) : undefined,
      ...call,
    };
    logger.warn(details, message);
  };

  function toTenantProvider(provider: (typeof providers)[number]): TenantProvider {
    const values = providerValues[provider.key];
    if (!values) return { provider, access: undefined };
    const client = provider.createClient(values, { attemptTimeoutMs, isImageUrl, onFault });
    const onDrift = ({ droppedRecords, firstMalformedField, ambiguousIds }: BadgeList): void => {
      const details = { droppedRecords, firstMalformedField, ambiguousIds: [...ambiguousIds] };
      logger.warn({ provider: provider.name.enumValue, ...details }, 'a list has odd records');
    };
    return { provider, access: createProviderAccess(client, { freshMs, now, onDrift }) };
  }
  return {
    id: 'default',
    providers: providers.map(toTenantProvider),
    isImageUrl,
    store: options.store,
    localLocks: createLocks(),
    doubtfulMemories: new Set(),
    deadlineMs: options.operationDeadlineMs,
    attemptTimeoutMs,
    now,
    onUnrecorded: (mutation) => logger.error(mutation, 'a mutation is missing in the audit'),
  };
}
