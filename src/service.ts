import type { Tenant } from './badges/tenant.ts';
import { closeLostAudits } from './badges/writing/audit.ts';
import { createShelf } from './cache/shelf.ts';
import { startServer } from './server/server.ts';
import type { RunningServer } from './server/server.ts';
import { StateError } from './state/state-store.ts';
import { createTenant } from './tenants.ts';
import type { TenantOptions } from './tenants.ts';

export interface ServiceOptions extends TenantOptions {
  host: string;
  port: number;
  hasPlayground: boolean;
  hasIntrospection: boolean;
  hasCacheTags: boolean;
  /** How often to look again for what dead processes left open, milliseconds; a minute if left out. */
  recoverEveryMs?: number;
  /** How long to read the providers' lists before requests are taken, milliseconds; not at all if left out. */
  warmUpMs?: number;
}

const RECOVER_EVERY_MS = 60_000;
/** As long as a timer can be. */
const HOLD_MS = 2 ** 31 - 1;
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

/** Reads every list once, within a time that bounds the reads themselves. One that cannot be had is read again by the first who asks for it. */
async function warmUp({ providers: all, now }: Tenant, withinMs: number): Promise<void> {
  if (withinMs === 0) return;
  const bounds = { purpose: 'query', deadlineAt: now() + withinMs } as const;
  const reads = all.map(async ({ access }) => access?.snapshots.read(bounds));
  // Pauses between attempts keep no process alive, and nothing listens yet.
  const hold = setTimeout(() => undefined, HOLD_MS);
  await Promise.allSettled(reads);
  clearTimeout(hold);
}
