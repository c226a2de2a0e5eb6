import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BadgeIndex,
  createBadgeIndexCodec,
  renewBadgeIndex,
} from '../badges/reading/badge-index.ts';
import { type RecentWrites, createRecentWrites } from '../badges/recent-writes.ts';
import type { ProviderAccess, Tenant, TenantProvider } from '../badges/tenant.ts';
import type { OnUnreadable } from '../badges/writing/stored-record.ts';
import {
  type Judgement,
  type SnapshotCacheOptions,
  createSnapshotCache,
} from '../cache/snapshot-cache.ts';
import { type SnapshotStore, VARIANT } from '../cache/snapshot-entry.ts';
import {
  type CallBounds,
  type CircuitBreakerOptions,
  combineBudgets,
  createCircuitBreaker,
} from '../http/admission.ts';
import { type Proxies, createPool } from '../http/attempt.ts';
import { ProviderError, type ProviderName } from '../http/provider-error.ts';
import type { HttpDeps } from '../http/provider-http.ts';
import type { Redact } from '../http/provider-text.ts';
import { type UrlRule, isHttpsOrLoopbackUrl, isHttpsUrl } from '../providers/graph-types.ts';
import { providers } from '../providers/index.ts';
import type { BadgeList } from '../providers/badge-list.ts';
import type { Provider, ProviderClient } from '../providers/provider.ts';
import type { ProviderValues, TenantSettings } from '../providers/settings.ts';
import type { SharedState } from '../state/open-state.ts';
import { createRequestBudget, createStoredBuckets } from '../state/rate-limit.ts';
import { type StateStore, createLocks } from '../state/state-store.ts';
import {
  type Logger,
  createBreakerLog,
  createDriftLog,
  createFaultLog,
  createRenewalLog,
  createWaitLog,
} from '../telemetry/logger.ts';
import type { BreakerChange, Observer } from '../telemetry/observer.ts';

export interface TenantOptions {
  isProduction: boolean;
  freshSeconds: number;
  staleSeconds: number;
  attemptTimeoutMs: number;
  /** How long a reader waits for a new list if there is a stale one to show. 250 if omitted. */
  patienceMs?: number | undefined;
  operationDeadlineMs: number;
  /** Number of processes that share the providers' rate limits. */
  replicas: number;
  /** Proxies for reaching the providers. None if omitted. */
  proxies?: Proxies;
  hasMutations: boolean;
  /** Opened and closed by the caller. */
  store: StateStore;
  /** Undefined: this is the only process. Opened and closed by the caller. */
  shared?: SharedState | undefined;
  logger: Logger;
  /** Called for stored records that cannot be read. */
  onUnreadable: OnUnreadable;
  /** Snapshots of the lists of all tenants. The names of the lists contain the tenant's ID. */
  snapshotStore: SnapshotStore<BadgeIndex>;
  /** Is told of calls to providers and of writes. */
  observer?: Observer | undefined;
  /** Monotonic milliseconds, for durations. */
  now: () => number;
  /** Epoch milliseconds by the machine's clock, which may be corrected at any time. For what is shown and recorded. */
  wallTime: () => number;
  /** Between 0 and 1. `Math.random` if omitted. */
  random?: () => number;
  /** Replaces what would be created from the options above. */
  http?: Partial<HttpDeps>;
  /** Current and former secrets of the process that belong to no tenant. */
  otherSecrets?: () => Iterable<string>;
}

/** The state of a tenant that survives a change of its settings. */
export interface Standing extends Pick<Tenant, 'localLocks' | 'doubtfulMemories'> {
  /** By provider key: callbacks that clear the caches with lists of its badges. */
  readonly siblings: Map<string, Set<() => void>>;
  /** The settings of the last tenant that was created with it. */
  current?: TenantSettings;
}

export function createStanding(): Standing {
  const siblings = new Map(providers.map(({ key }) => [key, new Set<() => void>()]));
  return { localLocks: createLocks(), doubtfulMemories: new Set(), siblings };
}

/** Creates a tenant with its clients and snapshot caches. */
export function createTenant(
  settings: TenantSettings,
  standing: Standing,
  options: TenantOptions & Pick<CallOptions, 'redactOthers'>,
): Tenant {
  const { id, providerValues, requestLimits } = settings;
  const { now, random = Math.random } = options;
  const logger = options.logger.child({ tenant: id });
  const isImageUrl = options.isProduction ? isHttpsUrl : isHttpsOrLoopbackUrl;
  const { attemptEnded, writeEnded } = options.observer ?? {};
  const onAttempt: HttpDeps['onAttempt'] = attemptEnded && ((attempt) => attemptEnded(attempt, id));
  standing.current = settings;
  const onBreaker = (change: BreakerChange): void => {
    // A request that began before new settings may still open a breaker that no later request meets.
    if (standing.current === settings) options.observer?.breakerChanged?.(change, id);
  };

  function toTenantProvider(provider: Provider): TenantProvider {
    const values = providerValues[provider.key];
    if (!values) return { provider, access: undefined };
    const topic = `${id}/${provider.name.enumValue}`;
    const most = requestLimits[provider.key];
    const of = { topic, provider, most };
    const windows = createWindows(options, of);
    const http = createHttpDeps({ ...options, logger, onAttempt, onBreaker }, of, windows);
    const client = provider.createClient(values, { isImageUrl, http });
    const access = createProviderAccess(provider, client, {
      name: toSharedName(topic, values),
      topic,
      snapshotStore: options.snapshotStore,
      shared: options.shared?.replicas,
      siblings: standing.siblings.get(provider.key) ?? new Set(),
      freshMs: options.freshSeconds * 1_000,
      staleMs: options.staleSeconds * 1_000,
      patienceMs: options.patienceMs,
      isImageUrl,
      values,
      windows,
      recentWrites: createRecentWrites({
        store: options.store,
        key: `${encodeURIComponent(id)}/${provider.name.enumValue}`,
        provider,
        isImageUrl,
        values,
        wallTime: options.wallTime,
        onUnreadable: options.onUnreadable,
      }),
      onList: createListReport(logger, provider.name, options.observer),
      onUnheard: createRenewalLog(logger, provider.name),
      now,
      random,
      pause,
    });
    return { provider, access };
  }
  return {
    id,
    hasMutations: options.hasMutations,
    providers: providers.map(toTenantProvider),
    isImageUrl,
    store: options.store,
    localLocks: standing.localLocks,
    doubtfulMemories: standing.doubtfulMemories,
    deadlineMs: options.operationDeadlineMs,
    attemptTimeoutMs: options.attemptTimeoutMs,
    now,
    wallTime: options.wallTime,
    toWallTime: createToWallTime(options),
    onBug: (err) => logger.error({ err }, 'Internal error. Please report it'),
    onUnrecorded(record, err) {
      options.observer?.writeUnrecorded?.();
      logger.error({ record, err }, 'A mutation is missing from the audit log. This is its record');
    },
    onUnreadable: options.onUnreadable,
    onWrite: writeEnded && ((write) => writeEnded(write, id)),
  };
}

interface AccessOptions extends Pick<
  SnapshotCacheOptions<BadgeIndex, CallBounds>,
  | 'topic'
  | 'snapshotStore'
  | 'shared'
  | 'siblings'
  | 'staleMs'
  | 'patienceMs'
  | 'now'
  | 'random'
  | 'pause'
  | 'onUnheard'
> {
  /** Name of the list among all snapshots that the replicas share. */
  name: string;
  freshMs: number;
  isImageUrl: UrlRule;
  values: ProviderValues;
  windows: ProviderAccess['windows'];
  recentWrites: RecentWrites;
  onList: (list: BadgeList) => void;
}

/** A list with unreadable records is read again sooner, because they may be fixed. */
const INCOMPLETE_FRESH_MS = 5_000;

export function createProviderAccess(
  provider: Provider,
  client: ProviderClient,
  { freshMs, isImageUrl, values, windows, recentWrites, onList, ...options }: AccessOptions,
): ProviderAccess {
  /** The lists as the provider sent them, without recent writes. */
  const sent = new WeakMap<BadgeIndex, BadgeList>();
  async function load(bounds: CallBounds, last: BadgeIndex | undefined): Promise<BadgeIndex> {
    const list = await client.listBadges(bounds, last && sent.get(last));
    onList(list);
    const index = await renewBadgeIndex(await recentWrites.complete(list), last);
    sent.set(index, list);
    return index;
  }
  const snapshots = createSnapshotCache({
    ...options,
    load,
    judge: toJudgement,
    codec: createBadgeIndexCodec(provider, { isImageUrl, values }),
    freshMs: ({ droppedRecords }) =>
      droppedRecords > 0 ? Math.min(INCOMPLETE_FRESH_MS, freshMs) : freshMs,
  });
  return { client, values, snapshots, recentWrites, windows };
}

function toJudgement(error: unknown): Judgement {
  if (!(error instanceof ProviderError)) return { allowsStale: false, wasAsked: false };
  const { effect, consequences } = error;
  return { allowsStale: consequences.allowsStale, wasAsked: effect !== 'not-sent' };
}

/** What calls to a provider need from the process. */
interface CallOptions extends Pick<
  TenantOptions,
  | 'attemptTimeoutMs'
  | 'shared'
  | 'replicas'
  | 'proxies'
  | 'logger'
  | 'now'
  | 'wallTime'
  | 'random'
  | 'http'
> {
  store: Pick<StateStore, 'get' | 'compareAndSet'>;
  onAttempt?: HttpDeps['onAttempt'];
  onBreaker?: (change: BreakerChange) => void;
  redactOthers?: Redact;
}

/** The provider of a tenant. `topic` names both. */
interface Called {
  topic: string;
  provider: Provider;
  /** The tenant's own limit. */
  most: number | undefined;
}

type WindowOptions = Pick<CallOptions, 'store' | 'shared' | 'replicas' | 'now' | 'wallTime'>;

function createWindows(options: WindowOptions, { topic, provider, most }: Called) {
  const { store, shared, replicas, now, wallTime } = options;
  const buckets = shared?.buckets ?? createStoredBuckets(store, { now, wallTime });
  return toWindows(provider, most).map((window, index) => {
    const budget = createRequestBudget({
      // The name does not depend on the credentials: new ones may not start a new window.
      name: index === 0 ? topic : `${topic}/${window.windowMs}`,
      window,
      buckets,
      isShared: shared !== undefined,
      replicas,
      now,
    });
    return { ...window, ...budget };
  });
}

export function createHttpDeps(
  options: CallOptions,
  of: Called,
  windows = createWindows(options, of),
): HttpDeps {
  const { attemptTimeoutMs, logger, now, random = Math.random } = options;
  const { name } = of.provider;
  return {
    attemptTimeoutMs,
    clock: { now, pause },
    random,
    connect: (origin) => createPool(origin, options.proxies),
    budget: combineBudgets(windows),
    onFault: createFaultLog(logger),
    onWait: createWaitLog(logger, name),
    onAttempt: options.onAttempt,
    createBreaker: (calls) =>
      createCircuitBreaker({ now, random, onChange: toBreakerReport(options, name, calls) }),
    windowMs: windows.length > 0 ? Math.max(...windows.map(({ windowMs }) => windowMs)) : undefined,
    ...(options.redactOthers && { redactOthers: options.redactOthers }),
    ...options.http,
  };
}

function toBreakerReport(
  { logger, onBreaker }: Pick<CallOptions, 'logger' | 'onBreaker'>,
  name: ProviderName,
  calls: BreakerChange['calls'],
): CircuitBreakerOptions['onChange'] {
  const log = createBreakerLog(logger, name, calls);
  // It starts closed, also where new settings replace an open one.
  onBreaker?.({ provider: name.enumValue, calls, state: 'closed' });
  return (state, openMs) => {
    onBreaker?.({ provider: name.enumValue, calls, state });
    log(state, openMs);
  };
}

function createListReport(
  logger: Logger,
  name: ProviderName,
  observer: Observer | undefined,
): (list: BadgeList) => void {
  const log = createDriftLog(logger, name);
  return (list) => {
    observer?.listRead?.(name.enumValue, list);
    log(list);
  };
}

/** The windows of a tenant that may use `most` requests of the first one. */
function toWindows(
  { requestWindows }: Provider,
  most: number | undefined,
): Provider['requestWindows'] {
  const share = (most ?? Infinity) / (requestWindows[0]?.requests ?? 1);
  return requestWindows.map(({ requests, windowMs }) => {
    return { requests: Math.max(1, Math.floor(requests * Math.min(1, share))), windowMs };
  });
}

/** Smaller corrections of the machine's clock are ignored. */
const MIN_CORRECTION_MS = 100;

/**
 * Converts a moment of `now` to epoch milliseconds by the machine's clock. The result for a moment changes only when
 * that clock is corrected.
 */
function createToWallTime({
  now,
  wallTime,
}: Pick<TenantOptions, 'now' | 'wallTime'>): (moment: number) => number {
  let offset = wallTime() - now();
  return (moment) => {
    const current = wallTime() - now();
    if (Math.abs(current - offset) >= MIN_CORRECTION_MS) offset = current;
    return moment + offset;
  };
}

/** The name contains a digest of the settings, so that replicas with different settings share no snapshots. */
function toSharedName(topic: string, values: ProviderValues): string {
  const digest = createHash('sha256').update(JSON.stringify(values)).digest('hex');
  return `${topic}${VARIANT}${digest.slice(0, 12)}`;
}

/** Resolves early when the signal is aborted. */
function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
