import type { GraphQLError } from 'graphql';
import type { Caller } from './caller.ts';
import type { BadgeSource, SourcesUsed } from './reading/source.ts';
import { createBadgeSource } from './reading/source.ts';
import { requireAccess } from './tenant.ts';
import type { ProviderAccess, Tenant, TenantProvider } from './tenant.ts';
import type { ProviderContext } from '../providers/provider.ts';

/** What one GraphQL request carries. */
export interface BadgesContext extends ProviderContext {
  readonly requestId: string;
  readonly caller: Caller;
  /** When the operation must have its answer, monotonic milliseconds. */
  readonly deadlineAt: number;
  readonly tenant: Tenant;
  readonly used: SourcesUsed;
  /** For each field of entities, the tags of each of its representations. */
  readonly entityTags: (readonly string[])[][];
  /** Errors that stand beside data of the same field: part of a list is missing. */
  readonly partialErrors: GraphQLError[];
  sourceOf(provider: TenantProvider): BadgeSource;
}

export function createBadgesContext(
  caller: Caller,
  requestId: string,
  deadlineMs = caller.tenant.deadlineMs,
): BadgesContext {
  const { tenant } = caller;
  const used: SourcesUsed = {
    oldestAsOf: undefined,
    keepMs: Infinity,
    tags: new Set(),
  };
  const deadlineAt = tenant.now() + deadlineMs;
  const bounds = { purpose: 'query', deadlineAt } as const;
  const sources = new Map<TenantProvider, BadgeSource>();
  function accessTo(providerKey: string): ProviderAccess {
    const of = tenant.providers.find(({ provider }) => provider.key === providerKey);
    if (!of) throw new Error(`there is no provider ${providerKey}`);
    return requireAccess(of);
  }
  return {
    requestId,
    caller,
    deadlineAt,
    bounds,
    tenant,
    used,
    entityTags: [],
    partialErrors: [],
    sourceOf(provider) {
      const source = sources.get(provider) ?? createBadgeSource(provider, used, bounds);
      sources.set(provider, source);
      return source;
    },
    clientOf(providerKey) {
      // What is read past the snapshots has no age, so that an answer with it must not be kept.
      used.keepMs = 0;
      return accessTo(providerKey).client;
    },
    withRecentWrites: (providerKey, badges) =>
      accessTo(providerKey).recentWrites.completeSome(badges),
  };
}
