import type { TenantId } from './marks.ts';

/** The last versions shown to each tenant, and the owner of every version. */
export interface Versions {
  /** Returns another tenant that was shown the same version, if there is one. */
  note(tenant: TenantId, badgeId: string, version: string): TenantId | undefined;
  /** Undefined if none has been shown yet. */
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
