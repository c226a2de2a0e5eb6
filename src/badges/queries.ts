import 'reflect-metadata';
import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, Directive, ID, Info, Query, Resolver } from 'type-graphql';
import type { BadgeFields } from '../providers/badge-fields.ts';
import { Badge, BadgeProvider } from './badge.ts';
import { BadgeConnection, BadgesArgs } from './connection.ts';
import type { BadgesContext } from './context.ts';
import { findBadge } from './reading/find-badge.ts';
import { listBadges } from './reading/list-badges.ts';
import { reportPartialErrors } from './reading/partial-errors.ts';

@Resolver()
export class BadgeQueries {
  @Query(() => Badge, {
    nullable: true,
    description:
      'Looks up a badge by ID. Null without an error means that the provider has no such badge. An outage is always reported as an error, and so is an ID that the provider cannot have issued (INVALID_INPUT).',
  })
  badge(
    @Arg('provider', () => BadgeProvider, { description: 'Provider of the badge.' })
    provider: string,
    @Arg('id', () => ID, { description: "The provider's ID of the badge." }) id: string,
    @Ctx() context: BadgesContext,
  ): Promise<BadgeFields | null> {
    return findBadge(context, provider, id);
  }

  @Query(() => BadgeConnection, {
    nullable: true,
    description:
      'Lists the badges of all providers. If a provider cannot be read, the list contains the badges of the others and the response also contains an error, so use an error policy that keeps both data and errors. Null if no provider could be read.',
  })
  @Directive(
    '@listSize(slicingArguments: ["first", "last"], sizedFields: ["edges", "nodes"], requireOneSlicingArgument: false)',
  )
  async badges(
    @Args(() => BadgesArgs) args: BadgesArgs,
    @Ctx() context: BadgesContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<BadgeConnection | null> {
    const { connection, errors } = await listBadges(context, args);
    reportPartialErrors(context, errors, info);
    return connection;
  }
}
