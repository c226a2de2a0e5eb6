import 'reflect-metadata';
import { Ctx, Directive, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { providers } from '../providers/index.ts';
import { BadgeProvider } from './connection.ts';
import type { BadgesContext } from './context.ts';
import { toBadgeOperation } from './mutations.ts';
import { BadgeOperation } from './payloads.ts';
import type { TenantProvider } from './tenant.ts';

@ObjectType({
  description: 'A rate limit of a provider: no period of `windowMs` may see more than `requests`.',
})
export class BadgeRequestWindow {
  @Field(() => Int, {
    description:
      'Maximum number of requests in the period, from all callers of the tenant. This service keeps a part of them in reserve.',
  })
  requests!: number;

  @Field(() => Int, { description: 'Length of the period in milliseconds.' })
  windowMs!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'How much of what may be sent at once is free, from 0 (the next request has to wait) to 1 (all of it). Null if the provider is not configured, or if the state that the replicas share is unavailable.',
  })
  freeShare!: number | null;
}

@ObjectType({
  description: 'What a provider can do, so that a page can hide what it cannot.',
})
export class BadgeProviderStatus {
  @Field(() => BadgeProvider, { description: 'The provider.' })
  provider!: string;

  @Field(() => String, { description: 'Name of the provider, for display.' })
  title!: string;

  @Field(() => String, { description: 'Type name of its badges.' })
  badgeType!: string;

  @Field(() => String, { description: 'Its field in the inputs of mutations and in BadgeFilter.' })
  inputField!: string;

  @Field(() => Boolean, {
    description:
      'Whether the provider is configured. If not, its badges are missing from lists, and reading or writing one fails with PROVIDER_NOT_CONFIGURED.',
  })
  configured!: boolean;

  @Field(() => [BadgeOperation], {
    description: 'Mutations that the provider supports, whether it is configured or not.',
  })
  operations!: BadgeOperation[];

  @Field(() => [BadgeRequestWindow], {
    description: 'Rate limits of the provider, all of which hold at once. Empty if it states none.',
  })
  requestWindows!: BadgeRequestWindow[];
}

async function toStatus({ provider, access }: TenantProvider): Promise<BadgeProviderStatus> {
  const { name, key, badgeClass, operations, requestWindows } = provider;
  const windows =
    access?.windows ?? requestWindows.map((window) => ({ ...window, freeShare: null }));
  return {
    provider: name.enumValue,
    title: name.title,
    badgeType: badgeClass.name,
    inputField: key,
    configured: access !== undefined,
    operations: Object.keys(operations).map(toBadgeOperation).sort(),
    requestWindows: await Promise.all(
      windows.map(async ({ requests, windowMs, freeShare }) => ({
        requests,
        windowMs,
        freeShare: freeShare && (await freeShare()),
      })),
    ),
  };
}

@Resolver()
export class CapabilityQueries {
  @Query(() => [BadgeProviderStatus], {
    nullable: true,
    description:
      'Lists the supported providers with what each can do. No provider is called, so an outage changes nothing of it.',
  })
  @Directive(`@listSize(assumedSize: ${providers.length})`)
  async badgeProviders(@Ctx() context: BadgesContext): Promise<BadgeProviderStatus[]> {
    // What is free changes with every request.
    context.used.keepMs = 0;
    return Promise.all(context.tenant.providers.map(toStatus));
  }
}
