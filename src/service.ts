import { setTimeout as pause } from 'node:timers/promises';
import type { Tenant } from './badges/tenant.ts';
import { createAuditRecovery } from './badges/writing/audit.ts';
import type { OnUnreadable } from './badges/writing/stored-record.ts';
import { createSnapshotStore } from './cache/snapshot-entry.ts';
import { cutText } from './http/json.ts';
import type { TenantSettings } from './providers/settings.ts';
import { type RouterSecrets, createRouterSecrets } from './server/identity/authenticate.ts';
import { createIssuerLog } from './server/identity/issuer.ts';
import { type TokenOptions, createTokenCheck } from './server/identity/token.ts';
import { type RunningServer, startServer } from './server/server.ts';
import { type RetentionOptions, createRetention } from './state/retention.ts';
import type { Logger } from './telemetry/logger.ts';
import type { TenantOptions } from './tenants/create-tenant.ts';
import { type Tenants, createTenants } from './tenants/tenants.ts';

/** Beyond this many, further records are told of by one line. */
const MAX_TOLD = 1_000;
const LONGEST_KEY = 500;

/** A line for each stored record that cannot be read, once, with how many there were so far. */
export function createUnreadableLog(logger: Logger, mostTold = MAX_TOLD): OnUnreadable {
  const told = new Set<string>();
  return ({ kind, key, reason }) => {
    const shownKey = cutText(key, LONGEST_KEY).toWellFormed();
    const name = `${kind} ${shownKey}`;
    if (told.has(name) || told.size > mostTold) return;
    told.add(name);
    if (told.size > mostTold) {
      logger.error(
        { unreadableRecords: mostTold },
        'Too many stored records cannot be read to log each one. Check the store',
      );
      return;
    }
    logger.error(
      { kind, key: shownKey, reason, unreadableRecords: told.size },
      'A stored record cannot be read. It is kept, and is treated as missing',
    );
  };
}

export interface ServiceOptions extends Omit<TenantOptions, 'shelf' | 'onUnreadable'> {
  tenants: readonly TenantSettings[];
  /** None: every caller that reaches the port is taken for the router. */
  routerSecrets: readonly string[];
  host: string;
  port: number;
  hasPlayground: boolean;
  hasIntrospection: boolean;
  hasCacheTags: boolean;
  hasAuthDirectives: boolean;
  /** Names beside those of this machine under which it is asked where there is no router secret. */
  allowedHosts?: readonly string[];
  /** Of callers who name none. Undefined: they must. */
  defaultTenant: string | undefined;
  /** How tokens of callers are checked. Undefined: they have none, and the router speaks for them. */
  tokens: Pick<TokenOptions, 'jwksUrl' | 'issuer' | 'audience'> | undefined;
  /** What one answer may have, and all that are being made or written; the defaults if left out. */
  answerMaxBytes?: number;
  answersBudgetBytes?: number;
  /** How long a service that stops goes on serving, milliseconds; not at all if left out. */
  shutdownDelayMs?: number;
  /** How often to look again for what dead processes left open, milliseconds; a minute if left out. */
  recoverEveryMs?: number;
  /** What is stored, for what is older than it may be to be removed. Undefined: it is kept. */
  retention?: Pick<RetentionOptions, 'keeper' | 'keptMs' | 'everyMs'> | undefined;
  /** How long to read the providers' lists before requests are taken, milliseconds; not at all if left out. */
  warmUpMs?: number;
}

const RECOVER_EVERY_MS = 60_000;
/** How long a start waits for what is too old to be removed. */
const SWEEP_MS = 2_000;
/** How long a stop waits for calls that were begun for no caller, as to renew a list. */
const LEFTOVERS_MS = 250;
/** As long as a timer can be. */
const HOLD_MS = 2 ** 31 - 1;
/** Of the text of all lists that are held; in memory they take a few times as much. */
const SHELF = { maxEntries: 1_000, maxBytes: 64 * 1024 * 1024 };

export interface RunningService extends RunningServer {
  /** Both take others while it runs. Requests under way end with what they began with. */
  readonly routerSecrets: Pick<RouterSecrets, 'replace' | 'keepOnly'>;
  readonly tenants: Pick<Tenants, 'replace'>;
}

/** The whole service on the given settings: clients, snapshots, graph and listener. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const freshMs = options.freshSeconds * 1000;
  const onUnreadable = createUnreadableLog(options.logger);
  const tenants = createTenants(options.tenants, {
    ...options,
    shelf: createSnapshotStore(SHELF),
    onUnreadable,
  });
  const routerSecrets = createRouterSecrets(options.routerSecrets);
  const tokens =
    options.tokens &&
    createTokenCheck({ ...options, ...options.tokens, report: createIssuerLog(options.logger) });
  const recover = toRecovery(options, onUnreadable);
  await recover();
  const retention =
    options.retention && createRetention({ ...options.retention, log: toPlainLog(options) });
  await retention?.start(SWEEP_MS);
  await warmUp(tenants.all, options.warmUpMs ?? 0);
  const server = await startServer({
    ...options,
    shutdownDelayMs: options.shutdownDelayMs ?? 0,
    freshMs,
    routerSecrets,
    identity: {
      findTenant: (id) => tenants.find(id),
      nobody: tenants.nobody,
      defaultTenant: options.defaultTenant,
      checkToken: tokens?.check,
    },
  });
  // A shared store takes a dead process for alive for a while, and other replicas may die later.
  const { recoverEveryMs = RECOVER_EVERY_MS } = options;
  const recovery = setInterval(() => void recover(), recoverEveryMs).unref();

  async function close(): Promise<void> {
    clearInterval(recovery);
    tokens?.close();
    retention?.stop();
    await server.close();
    // What is still asked of a provider is asked for nobody.
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
    routerSecrets,
    tenants,
  };
}

/** Closes what earlier processes left open. A store out of reach is met again by every write that needs it. */
function toRecovery(
  { store, logger }: ServiceOptions,
  onUnreadable: OnUnreadable,
): () => Promise<void> {
  return createAuditRecovery(store, {
    onUnreadable,
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

/** Reads every list once, within a time that bounds the reads themselves. One that cannot be had is read again by the first who asks for it. */
async function warmUp(tenants: readonly Tenant[], withinMs: number): Promise<void> {
  if (withinMs === 0) return;
  const reads = tenants.flatMap(({ providers, now }) => {
    const bounds = { purpose: 'query', deadlineAt: now() + withinMs } as const;
    return providers.map(async ({ access }) => access?.snapshots.read(bounds));
  });
  // Pauses between attempts keep no process alive, and nothing listens yet.
  const hold = setTimeout(() => undefined, HOLD_MS);
  await Promise.allSettled(reads);
  clearTimeout(hold);
}
