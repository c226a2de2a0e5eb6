import 'reflect-metadata';
import { InputType } from 'type-graphql';
import {
  BadgeAtVersionInput,
  changesToNothing,
  planWithoutFields,
  refuseNullVersion,
  toLockedTarget,
} from '../input-checks.ts';
import type { Operation } from '../provider.ts';
import type { ReturningAIBadge } from './badge.ts';
import type { ReturningAIClient } from './client.ts';

@InputType({
  description:
    'The Returning.AI badge to delete. This service cannot restore it. The path of the API call is inferred.',
})
export class DeleteReturningAIBadgeInput extends BadgeAtVersionInput {}

export const deleteOperation: Operation<
  DeleteReturningAIBadgeInput,
  ReturningAIClient,
  ReturningAIBadge
> = {
  inputClass: DeleteReturningAIBadgeInput,
  check: refuseNullVersion,
  target: toLockedTarget,
  canSkipRead: () => true,
  plan: (_input, { current }) =>
    planWithoutFields({}, { changes: current ? changesToNothing(shownFields(current)) : [] }),
  send: (client, { input }, bounds) => client.deleteBadge(input.id, bounds),
  isConfirmedBy: (_plan, badge) => badge === null,
};

function shownFields({ record }: ReturningAIBadge): Record<string, unknown> {
  const { id: _id, hiddenRevision: _revision, ...fields } = record;
  return fields;
}
