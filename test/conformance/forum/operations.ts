import 'reflect-metadata';
import { Field, ID, InputType } from 'type-graphql';
import { invalid } from '../../../src/providers/input-checks.ts';
import type { Operation, Warning } from '../../../src/providers/provider.ts';
import {
  createDeletion,
  createPartialWrites,
  planAward,
  planRevoke,
} from '../../../src/providers/writes.ts';
import { type ForumBadge, type RULES, isBadgeId, table } from './badge.ts';
import type { ForumClient } from './client.ts';

/** Values of an enum of the graph, with their descriptions. */
export const FORUM_WARNINGS = {
  GRANTS_PAUSED: 'The badge cannot be granted until it is enabled again.',
};

const GRANTS_PAUSED: Warning = {
  code: 'GRANTS_PAUSED',
  message: 'The forum refuses to grant the badge while "enabled" is false.',
  fields: ['enabled'],
};

export const { create: createOperation, update: updateOperation } = createPartialWrites<
  typeof RULES,
  ForumClient,
  ForumBadge
>({
  table,
  createInput: table.createInput('CreateForumBadgeInput', 'A new badge of a forum.'),
  updateInput: table.updateInput(
    'UpdateForumBadgeInput',
    'New values for a badge of a forum; only those given are sent.',
  ),
  judge: (_changes, { body }) => ({
    warnings: 'enabled' in body && body.enabled === false ? [GRANTS_PAUSED] : [],
    problems: [],
  }),
  create: (client, body, bounds) => client.createBadge(body, bounds),
  update: (client, id, body, bounds) => client.updateBadge(id, body, bounds),
});

export const deleteOperation = createDeletion<ForumClient, ForumBadge>({
  table,
  name: 'DeleteForumBadgeInput',
  description: 'The badge of a forum to delete.',
  send: (client, id, bounds) => client.deleteBadge(id, bounds),
  beside: ['id'],
});

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
