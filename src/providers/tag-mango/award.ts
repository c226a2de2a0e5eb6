import 'reflect-metadata';
import { Field, ID, InputType } from 'type-graphql';
import { planAward } from '../holders.ts';
import { invalid, refuseMany } from '../input-checks.ts';
import type { InputProblem, Operation } from '../provider.ts';
import type { TagMangoBadge } from './badge.ts';
import type { TagMangoClient } from './client.ts';
import { isObjectId } from './settings.ts';

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
