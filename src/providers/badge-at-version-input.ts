import 'reflect-metadata';
import { Field, ID, InputType } from 'type-graphql';
import { invalid } from './input-checks.ts';
import type { InputProblem, Target } from './provider.ts';

/** What the input of every update and delete begins with. */
@InputType()
export abstract class BadgeAtVersionInput {
  @Field(() => ID, { description: "The provider's own id of the badge." })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The `version` that you saw. If the badge has another one by now, nothing is written and a BadgeConflictError shows it. An edit in the dashboard of the provider at the same moment cannot be excluded. Left out, any version will do; null is refused.',
  })
  expectedVersion?: string | null;
}

/** Who lost the version and gives null must not overwrite what somebody else has written: left out, it is meant. */
export function refuseNullVersion({ expectedVersion }: BadgeAtVersionInput): InputProblem[] {
  const message =
    'expectedVersion must not be null: give the version that you saw, or leave it out';
  return expectedVersion === null ? [invalid('expectedVersion', message)] : [];
}

/** The one badge of such an input, which nobody else may write meanwhile. */
export function toLockedTarget({ id, expectedVersion }: BadgeAtVersionInput): Target {
  return { field: 'id', ids: [id], expectedVersion, isLocked: true };
}
