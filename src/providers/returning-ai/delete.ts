import 'reflect-metadata';
import { InputType } from 'type-graphql';
import { BadgeAtVersionInput, toLockedTarget } from '../badge-at-version-input.ts';
import { emptyPlan } from '../input-checks.ts';
import type { Operation } from '../provider.ts';
import type { ReturningAIClient } from './client.ts';

@InputType({ description: 'The Returning.AI badge to delete. It cannot be brought back.' })
export class DeleteReturningAIBadgeInput extends BadgeAtVersionInput {}

export const deleteOperation: Operation<DeleteReturningAIBadgeInput, ReturningAIClient> = {
  inputClass: DeleteReturningAIBadgeInput,
  check: () => [],
  target: toLockedTarget,
  plan: () => emptyPlan({}),
  send: (client, { input }, bounds) => client.deleteBadge(input.id, bounds),
  isConfirmedBy: (_plan, badge) => badge === null,
};
