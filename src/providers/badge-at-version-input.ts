import 'reflect-metadata';
import { Field, ID, InputType } from 'type-graphql';
import type { Target } from './provider.ts';

/** What the input of every update and delete begins with. */
@InputType()
export abstract class BadgeAtVersionInput {
  @Field(() => ID, { description: "The provider's own id of the badge." })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The `version` that you saw. If the badge has another one by now, nothing is written and a BadgeConflictError shows it. An edit in the dashboard of the provider at the same moment cannot be excluded.',
  })
  expectedVersion?: string | null;
}

/** The one badge of such an input, which nobody else may write meanwhile. */
export function toLockedTarget({ id, expectedVersion }: BadgeAtVersionInput): Target {
  return { field: 'id', ids: [id], expectedVersion, isLocked: true };
}
