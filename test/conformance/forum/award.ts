import 'reflect-metadata';
import { Field, ID, InputType } from 'type-graphql';
import { planAward, planRevoke } from '../../../src/providers/holders.ts';
import { invalid } from '../../../src/providers/input-checks.ts';
import type { Operation } from '../../../src/providers/provider.ts';
import { type ForumBadge, isBadgeId } from './badge.ts';
import type { ForumClient } from './client.ts';

@InputType()
abstract class GrantInput {
  @Field(() => ID, { description: "The forum's id of the badge." })
  badgeId!: string;

  @Field(() => ID, { description: "The forum's id of the member, a whole number." })
  userId!: string;
}

@InputType({ description: 'A badge of a forum for one member.' })
export class AwardForumBadgeInput extends GrantInput {}

@InputType({ description: 'The badge of a forum to take away from a member.' })
export class RevokeForumBadgeInput extends GrantInput {}

type GrantOperation = Operation<GrantInput, ForumClient, ForumBadge>;

const toHolding = ({ badgeId, userId }: GrantInput) => ({ userId, badgeIds: [badgeId] });
const toGrant = ({ badgeId, userId }: GrantInput) => ({ id: badgeId, memberId: userId });

const common: Omit<GrantOperation, 'inputClass' | 'plan' | 'send'> = {
  // IDs of members have the same format.
  check: ({ userId }) =>
    isBadgeId(userId) ? [] : [invalid('userId', "userId must be the forum's id of the member")],
  target: ({ badgeId }) => ({ field: 'badgeId', ids: [badgeId], isLocked: false }),
  canSkipRead: () => true,
  memberId: ({ userId }) => userId,
  toStanding: (shown) => shown,
};

export const awardOperation: GrantOperation = {
  ...common,
  inputClass: AwardForumBadgeInput,
  plan: (input, { knownHeld }) =>
    planAward({ user_id: Number(input.userId) }, toHolding(input), knownHeld),
  send: (client, { input }, bounds) => client.grantBadge(toGrant(input), bounds),
};

export const revokeOperation: GrantOperation = {
  ...common,
  inputClass: RevokeForumBadgeInput,
  // The response shows no badge, but the number of holders changes.
  isReadAfter: true,
  plan: (input) => planRevoke({}, toHolding(input)),
  send: (client, { input }, bounds) => client.revokeBadge(toGrant(input), bounds),
};
