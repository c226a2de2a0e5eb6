import type { GraphQLError } from 'graphql';
import type { BadgeSource, SourcesUsed } from './source.ts';
import { createBadgeSource } from './source.ts';
import type { Tenant, TenantProvider } from './tenant.ts';

/** What one GraphQL request carries. */
export interface BadgesContext {
  readonly requestId: string;
  readonly tenant: Tenant;
  readonly used: SourcesUsed;
  /** Errors that stand beside data of the same field: part of a list is missing. */
  readonly partialErrors: GraphQLError[];
  sourceOf(provider: TenantProvider): BadgeSource;
}

export function createBadgesContext(tenant: Tenant, requestId: string): BadgesContext {
  const used: SourcesUsed = { oldestAsOf: undefined, isIncomplete: false };
  const sources = new Map<TenantProvider, BadgeSource>();
  return {
    requestId,
    tenant,
    used,
    partialErrors: [],
    sourceOf(provider) {
      const source = sources.get(provider) ?? createBadgeSource(provider, used);
      sources.set(provider, source);
      return source;
    },
  };
}
