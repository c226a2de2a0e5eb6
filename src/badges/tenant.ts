import type { SnapshotCache } from '../cache/snapshots.ts';
import { createSnapshotCache } from '../cache/snapshots.ts';
import { ProviderError } from '../http/provider-error.ts';
import type { Provider, ProviderClient } from '../providers/provider.ts';
import type { UrlRule } from '../providers/https-url.ts';
import type { Locks } from '../state/locks.ts';
import type { BadgeIndex } from './badge-index.ts';
import { createBadgeIndex } from './badge-index.ts';

/** One company's access to the providers. Nothing in it is shared with another tenant. */
export interface Tenant {
  readonly id: string;
  /** One for each provider there is, in their order. */
  readonly providers: readonly TenantProvider[];
  readonly isImageUrl: UrlRule;
  readonly locks: Locks;
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
  options: { freshMs: number; now: () => number },
): ProviderAccess {
  const load = async (): Promise<BadgeIndex> => createBadgeIndex(await client.listBadges());
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
