import type { SnapshotCache } from '../cache/snapshot-cache.ts';
import type { CallBounds } from '../http/admission.ts';
import type { UrlRule } from '../providers/graph-types.ts';
import type { Provider, ProviderClient } from '../providers/provider.ts';
import type { ProviderValues } from '../providers/settings.ts';
import type { RequestWindow } from '../state/rate-limit.ts';
import type { Locks, StateStore } from '../state/state-store.ts';
import type { BadgeIndex } from './reading/badge-index.ts';
import type { RecentWrites } from './recent-writes.ts';
import type { OnUnreadable } from './writing/stored-record.ts';

/** A tenant and its access to the providers, of which nothing is shared with other tenants unless stated. */
export interface Tenant {
  readonly id: string;
  /** One for each supported provider, in the order of the list of providers. */
  readonly providers: readonly TenantProvider[];
  readonly isImageUrl: UrlRule;
  /** Whether this process accepts mutations. */
  readonly hasMutations: boolean;
  /** Shared by all replicas, and by all tenants under separate keys. */
  readonly store: StateStore;
  /** For writes that may continue without the store. */
  readonly localLocks: Locks;
  /** Keys of remembered values that missed a write while the store was unavailable. */
  readonly doubtfulMemories: Set<string>;
  /** How long an operation may take, in milliseconds. */
  readonly deadlineMs: number;
  /** How long one call to a provider may take, in milliseconds. */
  readonly attemptTimeoutMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Epoch milliseconds by the machine's clock, for what is recorded. */
  readonly wallTime: () => number;
  /** Converts a moment of `now` to epoch milliseconds by the machine's clock, for what is shown. */
  readonly toWallTime: (moment: number) => number;
  /** Reports an internal error that no response shows. */
  readonly onBug: (error: unknown) => void;
  /** Reports a mutation that could not be added to the audit log. */
  readonly onUnrecorded: (record: object, error: Error) => void;
  readonly onUnreadable: OnUnreadable;
  /** Reports a mutation that has its outcome. */
  readonly onWrite?: ((write: WriteEnded) => void) | undefined;
}

/** A mutation that has its outcome. */
export interface WriteEnded {
  /** The enum value. Undefined: the input names no provider. */
  provider: string | undefined;
  operation: string;
  outcome: string;
  /** Of the first user error. */
  code: string | undefined;
}

export interface TenantProvider {
  readonly provider: Provider;
  /** Undefined if the tenant has not configured this provider. */
  readonly access: ProviderAccess | undefined;
}

export interface ProviderAccess {
  readonly client: ProviderClient;
  /** The tenant's settings for the provider. */
  readonly values: ProviderValues;
  readonly snapshots: SnapshotCache<BadgeIndex, CallBounds>;
  /** The provider's limits for this tenant, and how much of each is free: 0 to 1, null if unknown. Never a call to it. */
  readonly windows: readonly (RequestWindow & { freeShare: () => Promise<number | null> })[];
  /** Completes every list that is read with recent writes of this service. */
  readonly recentWrites: RecentWrites;
}
