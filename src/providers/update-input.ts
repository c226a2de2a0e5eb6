import 'reflect-metadata';
import { Field, ID, InputType } from 'type-graphql';
import type { UpdateInput } from './provider.ts';

/** What the update input of every provider begins with. */
@InputType()
export abstract class UpdateInputFields implements UpdateInput {
  @Field(() => ID, { description: "The provider's own id of the badge." })
  id!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The `version` that you saw. If the badge has another one by now, nothing is written and a BadgeConflictError shows it. An edit in the dashboard of the provider at the same moment cannot be excluded.',
  })
  expectedVersion?: string | null;
}
