import type { SnapshotCache } from '../cache/snapshots.ts';
import { createSnapshotCache } from '../cache/snapshots.ts';
import { ProviderError } from '../http/provider-error.ts';
import type { BadgeList, Provider, ProviderClient } from '../providers/provider.ts';
import type { UrlRule } from '../providers/https-url.ts';
import type { Locks } from '../state/locks.ts';
import type { StateStore } from '../state/state-store.ts';
import type { BadgeIndex } from './reading/badge-index.ts';
import { createBadgeIndex } from './reading/badge-index.ts';

/** One company's access to the providers. Nothing in it is shared with another tenant. */
export interface Tenant {
  readonly id: string;
  /** One for each provider there is, in their order. */
  readonly providers: readonly TenantProvider[];
  readonly isImageUrl: UrlRule;
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
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A mutation that the audit could not take. */
  readonly onUnrecorded: (mutation: {
    outcome: string;
    badgeIds: readonly string[];
    error: Error;
  }) => void;
}

export interface TenantProvider {
  readonly provider: Provider;
  /** Undefined: not configured. */
  readonly access: ProviderAccess | undefined;
}

export interface ProviderAccess {
  readonly client: ProviderClient;
  readonly snapshots: SnapshotCache<BadgeIndex>;
}

export function createProviderAccess(
  client: ProviderClient,
  options: { freshMs: number; now: () => number; onDrift: (list: BadgeList) => void },
): ProviderAccess {
  async function load(): Promise<BadgeIndex> {
    const list = await client.listBadges();
    if (list.droppedRecords > 0 || list.ambiguousIds.size > 0) options.onDrift(list);
    return createBadgeIndex(list);
  }
  return { client, snapshots: createSnapshotCache({ load, ...options }) };
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
