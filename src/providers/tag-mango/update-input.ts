import 'reflect-metadata';
import { Field, Float, ID, InputType } from 'type-graphql';
import { BadgeAtVersionInput } from '../badge-at-version-input.ts';

@InputType({
  description:
    'New values for a TagMango badge; only those given are sent. While automation is on, it runs by points or by subscription, never both: an update that would leave a badge with `pointsThreshold` and `automationEnabledMangoes` while it is on is refused. To switch, give one and clear the other. That null clears a field, and that TagMango keeps those that are not given, is inferred.',
})
export class UpdateTagMangoBadgeInput extends BadgeAtVersionInput {
  @Field(() => String, { nullable: true, description: 'The name of the badge. Cannot be cleared.' })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Null or "" removes the description (inferred).',
  })
  description?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'An https URL. Null or "" removes the picture. Both are inferred.',
  })
  imageUrl?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether members gain and lose the badge by a rule. Cannot be cleared.',
  })
  enableAutomation?: boolean | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Automation by points: how many a member needs. Null clears it (inferred).',
  })
  pointsThreshold?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Which points count; `lifetime` is the only documented value, others are passed on. Null clears it. Both are inferred.',
  })
  pointCategoryForAutomation?: string | null;

  @Field(() => [ID], {
    nullable: true,
    description:
      'Automation by subscription: ids of mangoes, 24 hexadecimal digits each; replaces the whole list. Null or [] clears it. All of this is inferred.',
  })
  automationEnabledMangoes?: string[] | null;
}
