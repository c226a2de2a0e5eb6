import 'reflect-metadata';
import { Field, Float, InputType } from 'type-graphql';
import { describedEnum } from '../described-enum.ts';
import { BadgeAtVersionInput } from '../input-checks.ts';

const HIDDEN_FIELDS_POLICIES = {
  REUSE:
    'Sends the values that this service last wrote, even if the badge has since been edited elsewhere. The update is rejected if this service never wrote one of the fields.',
  OMIT: 'Omits unknown fields, and the provider may reset them. Values that this service last wrote are still sent unless the badge seems to have been edited elsewhere.',
  REFUSE: 'Rejects the update, even if this service remembers the values that it last wrote.',
} as const;
export type HiddenFieldsPolicy = keyof typeof HIDDEN_FIELDS_POLICIES;
const HiddenFieldsPolicy = describedEnum({
  name: 'HiddenFieldsPolicy',
  description:
    'How an update treats fields that are neither part of the input nor shown by the provider.',
  values: HIDDEN_FIELDS_POLICIES,
});

@InputType({
  description:
    'New values for a Returning.AI badge. Omitted fields keep their values. Returning.AI replaces the whole badge at each update (inferred from its documented request), and its documented answers do not show seven of the fields: `darkImage`, `lightImage`, `enabledDarkAndLight`, `award`, `awardCurrency`, `awardXpQuantity`, `awardCurrencyQuantity`. An omitted field that the provider shows is sent back as shown. An omitted field that it does not show is sent with the value that this service last wrote, provided that all shown fields are unchanged since that write. Otherwise the update is rejected with a single HIDDEN_FIELDS_UNKNOWN error that lists all such fields: set them, or choose a policy with `hiddenFields`.',
})
export class UpdateReturningAIBadgeInput extends BadgeAtVersionInput {
  @Field(() => HiddenFieldsPolicy, {
    nullable: true,
    description:
      'How to treat fields that are neither part of the input nor shown by the provider. If omitted, they are sent with the values that this service last wrote, unless the badge seems to have been edited elsewhere; in that case the update is rejected.',
  })
  hiddenFields?: HiddenFieldsPolicy | null;

  @Field(() => String, { nullable: true, description: 'Name of the badge. Cannot be cleared.' })
  title?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Action that earns the badge. `custom` is the only documented value. Cannot be cleared.',
  })
  action?: string | null;

  @Field(() => Float, {
    nullable: true,
    description: 'How many times the action must happen. A whole number. Cannot be cleared.',
  })
  quantity?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Image as an https URL. Null or "" removes it. Both are inferred.',
  })
  image?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Description of the badge. Null or "" removes it (inferred).',
  })
  description?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Image for dark mode as an https URL. Null or "" removes it. All of this is inferred. Not part of the documented answers.',
  })
  darkImage?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Image for light mode as an https URL. Null or "" removes it. All of this is inferred. Not part of the documented answers.',
  })
  lightImage?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the images for dark and light mode are used (inferred). Not part of the documented answers. Cannot be cleared.',
  })
  enabledDarkAndLight?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the badge comes with XP (inferred). Not part of the documented answers. Cannot be cleared.',
  })
  award?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the badge comes with coins (inferred). Not part of the documented answers. Cannot be cleared.',
  })
  awardCurrency?: boolean | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'How much XP the badge comes with (inferred). A whole number. Not part of the documented answers. Cannot be cleared.',
  })
  awardXpQuantity?: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'How many coins the badge comes with (inferred). A whole number. Not part of the documented answers. Cannot be cleared.',
  })
  awardCurrencyQuantity?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether an application must include a proof (inferred). Cannot be cleared.',
  })
  attachRequired?: boolean | null;
}
