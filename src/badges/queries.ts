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
      "One badge. Null without an error: the provider has no such badge. An outage is an error, never a null alone; so is an id that cannot be one of the provider's (INVALID_INPUT).",
  })
  badge(
    @Arg('provider', () => BadgeProvider, { description: 'The service that holds the badge.' })
    provider: string,
    @Arg('id', () => ID, { description: "The provider's own id of the badge." }) id: string,
    @Ctx() context: BadgesContext,
  ): Promise<BadgeFields | null> {
    return findBadge(context, provider, id);
  }

  @Query(() => BadgeConnection, {
    nullable: true,
    description:
      "The badges of all providers as one list. With one provider down it holds the other's, and an error stands beside it: ask with a policy that keeps data and errors. Null: none could be read.",
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
