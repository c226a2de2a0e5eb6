import 'reflect-metadata';
import { Arg, Ctx, Directive, Field, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { GraphQLError } from 'graphql';
import { isEmail } from '../email.ts';
import type { ProviderContext } from '../provider.ts';
import { TagMangoBadge } from './badge.ts';
import type { TagMangoClient } from './client.ts';

@ObjectType({
  description:
    'A member of a TagMango creator. Only `tagMangoMember` gives one: looking one up by key would cost two calls each.',
})
@Directive('@key(fields: "id", resolvable: false)')
export class TagMangoMember {
  @Field(() => ID, { description: "TagMango's id of the member." })
  id!: string;

  @Field(() => [TagMangoBadge], { description: 'The badges that the member holds.' })
  badges!: readonly TagMangoBadge[];

  @Field(() => Int, {
    description: 'How many more badges the member holds that cannot be read, and are left out.',
  })
  droppedBadges!: number;
}

@Resolver()
export class TagMangoMemberQueries {
  @Query(() => TagMangoMember, {
    nullable: true,
    description:
      'A member of a TagMango creator by e-mail, phone or both; both must then be of the same member. Null: TagMango knows none.',
  })
  async tagMangoMember(
    @Arg('email', () => String, { nullable: true, description: 'The e-mail of the member.' })
    email: string | null,
    @Arg('phone', () => String, {
      nullable: true,
      description: 'The phone number of the member: digits with the country code (inferred).',
    })
    phone: string | null,
    @Ctx() context: ProviderContext,
  ): Promise<TagMangoMember | null> {
    if (!email && !phone) throw invalid('give the email or the phone of the member');
    if (email && !isEmail(email)) throw invalid('email must be an e-mail address');
    if (phone && !/^\+?\d{4,20}$/.test(phone)) throw invalid('phone must be digits');
    const client = context.clientOf('tagMango') as TagMangoClient;
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
