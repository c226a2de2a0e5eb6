import 'reflect-metadata';
import { Field, ID, InputType } from 'type-graphql';
import { invalid } from './input-checks.ts';
import type { InputProblem, Target } from './provider.ts';

/** What the input of every update and delete begins with. */
@InputType()
export abstract class BadgeAtVersionInput {
  @Field(() => ID, { description: "The provider's ID of the badge." })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "The `version` that you last read. If the badge has a different version by now, nothing is written and a BadgeConflictError contains its current state. A simultaneous edit in the provider's dashboard cannot be ruled out. If omitted, the version is not checked. Null is rejected.",
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
