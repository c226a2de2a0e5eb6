import { GraphQLError } from 'graphql';
import 'reflect-metadata';
import {
  Arg,
  Ctx,
  Directive,
  Field,
  ID,
  InputType,
  Int,
  ObjectType,
  Query,
  Resolver,
} from 'type-graphql';
import { planAward } from '../holders.ts';
import { invalid, isEmail, refuseMany } from '../input-checks.ts';
import type { InputProblem, Operation, ProviderContext } from '../provider.ts';
import { TagMangoBadge, isObjectId } from './badge.ts';
import { type TagMangoClient, toTagMangoClient } from './client.ts';

/** The answer, the records and what is kept under an idempotency key grow with it. */
const MAX_BADGES = 50;

@InputType({
  description:
    'TagMango badges to award and the member who receives them. TagMango cannot revoke badges. That the member keeps all other badges is inferred.',
})
export class AwardTagMangoBadgeInput {
  @Field(() => ID, {
    description:
      "TagMango's ID of the member: 24 hexadecimal digits, as in all samples (inferred).",
  })
  userId!: string;

  @Field(() => [ID], {
    description: `IDs of the badges, without duplicates and at most ${MAX_BADGES}.`,
  })
  badgeIds!: string[];
}

export const awardOperation: Operation<AwardTagMangoBadgeInput, TagMangoClient, TagMangoBadge> = {
  inputClass: AwardTagMangoBadgeInput,
  check: checkAward,
  target: ({ badgeIds }) => ({ field: 'badgeIds', ids: badgeIds, isLocked: false }),
  canSkipRead: () => true,
  memberId: ({ userId }) => userId,
  plan: (input, { knownHeld }) => planAward({ badges: input.badgeIds }, input, knownHeld),
  send: (client, { input, body }, bounds) => client.assignBadges(input.userId, body, bounds),
};

function checkAward({ userId, badgeIds }: AwardTagMangoBadgeInput): InputProblem[] {
  const problems: InputProblem[] = [];
  if (!isObjectId(userId)) {
    problems.push(invalid('userId', 'Field "userId" must be the ID of the member at TagMango.'));
  }
  problems.push(...refuseMany('badgeIds', badgeIds, MAX_BADGES));
  if (badgeIds.length === 0)
    problems.push(invalid('badgeIds', 'Field "badgeIds" must contain at least one badge ID.'));
  if (new Set(badgeIds).size < badgeIds.length) {
    problems.push(invalid('badgeIds', 'Field "badgeIds" must not contain duplicates.'));
  }
  return problems;
}

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
      throw badArgument('Set the e-mail address or the phone number of the member.');
    if (email && !isEmail(email)) throw badArgument('Field "email" must be an e-mail address.');
    if (phone && !/^\+?\d{4,20}$/.test(phone))
      throw badArgument('Argument "phone" must consist of digits.');
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

function badArgument(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'INVALID_INPUT' } });
}
