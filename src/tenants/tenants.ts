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

/** The companies that the service works for. */
export interface Tenants {
  /** Undefined: there is no such tenant. */
  find(id: string): Tenant | undefined;
  /** For callers that belong to no tenant: it has access to nothing. */
  readonly nobody: Tenant;
  readonly all: readonly Tenant[];
  /** Makes those anew whose settings differ. Requests under way end with what they began with. */
  replace(settings: readonly TenantSettings[]): Change;
  close(): Promise<void>;
}

/** Tenants by their ids. */
export interface Change {
  added: string[];
  changed: string[];
  removed: string[];
}

interface Entry {
  tenant: Tenant;
  /** What it was made of. */
  text: string;
}

/** What a request under way gets beyond its deadline before its clients are closed. */
const MARGIN_MS = 1_000;

export function createTenants(
  settings: readonly TenantSettings[],
  options: TenantOptions,
): Tenants {
  let entries = new Map<string, Entry>();
  const standings = new Map<string, Standing>();
  const retired = new Map<Tenant, NodeJS.Timeout>();
  /** Of all tenants, also former ones: a provider may tell one of them what another has sent. */
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

  function replace(next: readonly TenantSettings[]): Change {
    const former = entries;
    const change: Change = { added: [], changed: [], removed: [] };
    entries = new Map();
    for (const one of next) {
      const text = JSON.stringify(one);
      const held = former.get(one.id);
      if (held?.text === text) entries.set(one.id, held);
      else {
        (held ? change.changed : change.added).push(one.id);
        entries.set(one.id, { tenant: create(one), text });
      }
    }
    for (const [id, { tenant }] of former) {
      const isKept = entries.get(id)?.tenant === tenant;
      if (!isKept) retire(tenant);
      if (!entries.has(id)) change.removed.push(id);
    }
    return change;
  }

  replace(settings);
  return {
    find: (id) => entries.get(id)?.tenant,
    nobody: create({ id: '', providerValues: {}, requestLimits: {} }),
    get all() {
      return [...entries.values()].map(({ tenant }) => tenant);
    },
    replace,
    async close() {
      const all = [...entries.values()].map(({ tenant }) => tenant);
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
