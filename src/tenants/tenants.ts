import type { Tenant } from '../badges/tenant.ts';
import { createRedactOthers } from '../http/provider-text.ts';
import { providers } from '../providers/index.ts';
import { type TenantSettings, secretValuesOf } from '../providers/settings.ts';
import {
  type Standing,
  type TenantOptions,
  createStanding,
  createTenant,
} from './create-tenant.ts';

/** The tenants of the service. */
export interface Tenants {
  /** By their IDs. Always the current ones. */
  readonly byId: ReadonlyMap<string, Tenant>;
  /** For callers that belong to no tenant. It has no access to any provider. */
  readonly emptyTenant: Tenant;
  /** Creates the tenants whose settings differ. Requests in progress continue with the tenant they started with. */
  replace(settings: readonly TenantSettings[]): Change;
  close(): Promise<void>;
}

/** IDs of tenants. */
export interface Change {
  added: string[];
  changed: string[];
  removed: string[];
}

/** The clients of a removed tenant are closed this long after the last deadline of its requests. */
const MARGIN_MS = 1_000;

export function createTenants(
  settings: readonly TenantSettings[],
  options: TenantOptions,
): Tenants {
  const byId = new Map<string, Tenant>();
  /** The settings of each tenant as JSON, by its ID. */
  const texts = new Map<string, string>();
  const standings = new Map<string, Standing>();
  const retired = new Map<Tenant, NodeJS.Timeout>();
  /** Of all current and former tenants: a provider may repeat to one what another has sent. */
  const secrets = new Set<string>();
  const redactOthers = createRedactOthers(() => [...secrets, ...(options.otherSecrets?.() ?? [])]);

  function create(one: TenantSettings): Tenant {
    const standing = standings.get(one.id) ?? createStanding();
    standings.set(one.id, standing);
    for (const { key, settings: ofProvider } of providers) {
      const values = one.providerValues[key] ?? {};
      secretValuesOf(ofProvider, values).forEach((secret) => secrets.add(secret));
    }
    return createTenant(one, standing, { ...options, redactOthers });
  }

  function retire(tenant: Tenant): void {
    const end = (): void => {
      retired.delete(tenant);
      closeTenant(tenant).catch((err: unknown) =>
        options.logger.error(
          { err, tenant: tenant.id },
          'Clients of a removed tenant could not be closed',
        ),
      );
    };
    retired.set(tenant, setTimeout(end, tenant.deadlineMs + MARGIN_MS).unref());
  }

  function put(one: TenantSettings, change: Change): void {
    const text = JSON.stringify(one);
    if (texts.get(one.id) === text) return;
    const former = byId.get(one.id);
    byId.set(one.id, create(one));
    texts.set(one.id, text);
    (former ? change.changed : change.added).push(one.id);
    if (former) retire(former);
  }

  function replace(next: readonly TenantSettings[]): Change {
    const change: Change = { added: [], changed: [], removed: [] };
    next.forEach((one) => put(one, change));
    const left = new Set(next.map(({ id }) => id));
    for (const [id, tenant] of byId) {
      if (left.has(id)) continue;
      byId.delete(id);
      texts.delete(id);
      retire(tenant);
      change.removed.push(id);
    }
    return change;
  }

  replace(settings);
  return {
    byId,
    emptyTenant: create({ id: '', providerValues: {}, requestLimits: {} }),
    replace,
    async close() {
      const all = [...byId.values()];
      for (const [tenant, timer] of retired) {
        clearTimeout(timer);
        all.push(tenant);
      }
      await Promise.all(all.map(closeTenant));
    },
  };
}

async function closeTenant({ providers }: Tenant): Promise<void> {
  providers.forEach(({ access }) => access?.snapshots.close());
  await Promise.all(providers.map(async ({ access }) => access?.client.close()));
}
