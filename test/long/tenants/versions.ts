import type { TenantId } from './marks.ts';

/** The versions that each tenant was shown last, and which have been whose. */
export interface Versions {
  /** Gives another tenant that was shown the same, if there is one. */
  note(tenant: TenantId, badgeId: string, version: string): TenantId | undefined;
  /** Undefined: it was shown none so far. */
  last(tenant: TenantId, badgeId: string): string | undefined;
}

export function createVersions(): Versions {
  const owners = new Map<string, TenantId>();
  const last = new Map<string, string>();
  return {
    note(tenant, badgeId, version) {
      last.set(`${tenant} ${badgeId}`, version);
      const owner = owners.get(version) ?? tenant;
      owners.set(version, owner);
      return owner === tenant ? undefined : owner;
    },
    last: (tenant, badgeId) => last.get(`${tenant} ${badgeId}`),
  };
}
