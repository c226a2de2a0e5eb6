import { GraphQLError } from 'graphql';
import 'reflect-metadata';
import { Arg, Ctx, Directive, Field, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { isEmail } from '../input-checks.ts';
import type { ProviderContext } from '../provider.ts';
import { TagMangoBadge } from './badge.ts';
import { toTagMangoClient } from './client.ts';

@ObjectType({
  description:
    'A member of a TagMango creator. Only `tagMangoMember` returns members: resolving them by key would cost two API calls each.',
})
@Directive('@key(fields: "id", resolvable: false)')
export class TagMangoMember {
  @Field(() => ID, { description: "TagMango's ID of the member." })
  id!: string;

  @Field(() => [TagMangoBadge], { description: 'Badges that the member has.' })
  badges!: readonly TagMangoBadge[];

  @Field(() => Int, {
    description: 'Number of badges of the member that are omitted because they could not be read.',
  })
  droppedBadges!: number;
}

@Resolver()
export class TagMangoMemberQueries {
  @Query(() => TagMangoMember, {
    nullable: true,
    description:
      'Looks up a member of a TagMango creator by e-mail address, phone number or both. If both are given, they must belong to the same member. Null if TagMango has no such member.',
  })
  async tagMangoMember(
    @Arg('email', () => String, { nullable: true, description: 'E-mail address of the member.' })
    email: string | null,
    @Arg('phone', () => String, {
      nullable: true,
      description: 'Phone number of the member: digits including the country code (inferred).',
    })
    phone: string | null,
    @Ctx() context: ProviderContext,
  ): Promise<TagMangoMember | null> {
    if (!email && !phone)
      throw invalid('Set the e-mail address or the phone number of the member.');
    if (email && !isEmail(email)) throw invalid('Field "email" must be an e-mail address.');
    if (phone && !/^\+?\d{4,20}$/.test(phone))
      throw invalid('Argument "phone" must consist of digits.');
    const client = toTagMangoClient(context.clientOf('tagMango'));
    const found = await client.findMember(
      { email: email || null, phone: phone?.replace('+', '') || null },
      context.bounds,
    );
    if (found === null) return null;
    const badges = await context.withRecentWrites('tagMango', found.badges);
    return { ...found, badges: badges.filter((badge) => badge instanceof TagMangoBadge) };
  }
}

function invalid(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'INVALID_INPUT' } });
}
