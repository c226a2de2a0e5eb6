import {
  type Judgement,
  type SnapshotCache,
  type SnapshotCacheOptions,
  createSnapshotCache,
} from '../cache/snapshot-cache.ts';
import type { CallBounds } from '../http/call-options.ts';
import { ProviderError } from '../http/provider-error.ts';
import type { UrlRule } from '../providers/https-url.ts';
import type { BadgeList, Provider, ProviderClient } from '../providers/provider.ts';
import type { Locks, StateStore } from '../state/state-store.ts';
import { type BadgeIndex, createBadgeIndex, createBadgeIndexCodec } from './reading/badge-index.ts';
import type { RecentWrites } from './recent-writes.ts';
import type { OnUnreadable } from './writing/stored-record.ts';

/** One company's access to the providers. Nothing in it is shared with another tenant. */
export interface Tenant {
  readonly id: string;
  /** One for each provider there is, in their order. */
  readonly providers: readonly TenantProvider[];
  readonly isImageUrl: UrlRule;
  /** Whether its badges may be changed through this process. */
  readonly hasMutations: boolean;
  /** Shared by all replicas, and by all tenants under keys of their own. */
  readonly store: StateStore;
  /** For writes that may go on without the store. */
  readonly localLocks: Locks;
  /** Keys of memories that missed a write while the store was out of reach. */
  readonly doubtfulMemories: Set<string>;
  /** How long a whole operation may take, milliseconds. */
  readonly deadlineMs: number;
  /** How long one call to a provider may take, milliseconds. */
  readonly attemptTimeoutMs: number;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** Epoch milliseconds by the machine's clock, for what is recorded. */
  readonly wallTime: () => number;
  /** Converts a moment of `now` to epoch milliseconds by the machine's clock, for what is shown. */
  readonly toWallTime: (moment: number) => number;
  /** A fault of this service's own, which must not end in silence. */
  readonly onBug: (error: unknown) => void;
  /** A mutation that the audit could not take. */
  readonly onUnrecorded: (record: object, error: Error) => void;
  readonly onUnreadable: OnUnreadable;
}

export interface TenantProvider {
  readonly provider: Provider;
  /** Undefined: not configured. */
  readonly access: ProviderAccess | undefined;
}

export interface ProviderAccess {
  readonly client: ProviderClient;
  readonly snapshots: SnapshotCache<BadgeIndex, CallBounds>;
  /** What every list that is read is completed with. */
  readonly recentWrites: RecentWrites;
}

export interface AccessOptions extends Pick<
  SnapshotCacheOptions<BadgeIndex, CallBounds>,
  'topic' | 'shelf' | 'shared' | 'siblings' | 'staleMs' | 'now' | 'random' | 'pause' | 'onUnheard'
> {
  /** Of the list among all that the replicas share. */
  name: string;
  freshMs: number;
  isImageUrl: UrlRule;
  recentWrites: RecentWrites;
  onList: (list: BadgeList) => void;
}

/** A list with records that could not be read is read again sooner: they may be mended. */
const ODD_FRESH_MS = 5_000;

export function createProviderAccess(
  provider: Provider,
  client: ProviderClient,
  { freshMs, isImageUrl, recentWrites, onList, ...options }: AccessOptions,
): ProviderAccess {
  async function load(bounds: CallBounds): Promise<BadgeIndex> {
    const list = await client.listBadges(bounds);
    onList(list);
    return createBadgeIndex(await recentWrites.complete(list));
  }
  const snapshots = createSnapshotCache({
    ...options,
    load,
    judge: toJudgement,
    codec: createBadgeIndexCodec(provider, isImageUrl),
    freshMs: ({ droppedRecords }) =>
      droppedRecords > 0 ? Math.min(ODD_FRESH_MS, freshMs) : freshMs,
  });
  return { client, snapshots, recentWrites };
}

function toJudgement(error: unknown): Judgement {
  if (!(error instanceof ProviderError)) return { allowsStale: false, wasAsked: false };
  const { effect, consequences } = error;
  return { allowsStale: consequences.allowsStale, wasAsked: effect !== 'not-sent' };
}

/** Throws when the provider is not configured. */
export function requireAccess({ provider, access }: TenantProvider): ProviderAccess {
  if (access) return access;
  throw new ProviderError('is not configured', {
    kind: 'not-configured',
    effect: 'not-sent',
    provider: provider.name,
  });
}
