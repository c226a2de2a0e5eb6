import 'reflect-metadata';
import { Field, Float, ID, InputType } from 'type-graphql';
import { BadgeAtVersionInput } from '../badge-at-version-input.ts';

@InputType({
  description:
    'New values for a TagMango badge. Only the given fields are sent. Automation runs either by points or by subscription, never both: an update that would leave a badge with automation enabled and both `pointsThreshold` and `automationEnabledMangoes` set is rejected. To switch from one to the other, set one and clear the other. That null clears a field and that TagMango keeps omitted fields is inferred.',
})
export class UpdateTagMangoBadgeInput extends BadgeAtVersionInput {
  @Field(() => String, { nullable: true, description: 'Name of the badge. Cannot be cleared.' })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Description of the badge. Null or "" removes it (inferred).',
  })
  description?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Image as an https URL. Null or "" removes it. Both are inferred.',
  })
  imageUrl?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether members gain and lose the badge automatically by a rule. Cannot be cleared.',
  })
  enableAutomation?: boolean | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Automation by points: number of points that a member needs. Null clears it (inferred).',
  })
  pointsThreshold?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Category of points that count. `lifetime` is the only documented value; other values are passed on unchanged. Null clears it. Both are inferred.',
  })
  pointCategoryForAutomation?: string | null;

  @Field(() => [ID], {
    nullable: true,
    description:
      'Automation by subscription: IDs of mangoes, each 24 hexadecimal digits. Replaces the whole list. Null or [] clears it. All of this is inferred.',
  })
  automationEnabledMangoes?: string[] | null;
}
