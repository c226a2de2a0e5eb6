import 'reflect-metadata';
import { Field, InputType, Int, registerEnumType } from 'type-graphql';
import { BadgeAtVersionInput } from '../badge-at-version-input.ts';

export const HiddenFieldsPolicy = { REFUSE: 'REFUSE', OMIT: 'OMIT' } as const;
export type HiddenFieldsPolicy = keyof typeof HiddenFieldsPolicy;

registerEnumType(HiddenFieldsPolicy, {
  name: 'HiddenFieldsPolicy',
  description:
    'What an update does about fields that it would replace and whose value is not known.',
  valuesConfig: {
    REFUSE: { description: 'The update is refused, and every such field is named.' },
    OMIT: { description: 'They are left out of the request; the provider may reset them.' },
  },
});

@InputType({
  description:
    'New values for a Returning.AI badge. What is left out keeps its value. Returning.AI replaces the whole badge at each update, and never shows seven of its fields (`darkImage`, `lightImage`, `enabledDarkAndLight`, `award`, `awardCurrency`, `awardXpQuantity`, `awardCurrencyQuantity`): those are sent as this service wrote them last. If it never did, give them, or say with `hiddenFields` what is to happen.',
})
export class UpdateReturningAIBadgeInput extends BadgeAtVersionInput {
  @Field(() => HiddenFieldsPolicy, {
    nullable: true,
    defaultValue: HiddenFieldsPolicy.REFUSE,
    description: 'What to do about fields that would be replaced and whose value is not known.',
  })
  hiddenFields?: HiddenFieldsPolicy | null;

  @Field(() => String, { nullable: true, description: 'The name of the badge. Cannot be cleared.' })
  title?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What earns the badge; `custom` is the only documented value. Cannot be cleared.',
  })
  action?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many times the action must happen, a whole number from 0. Cannot be cleared.',
  })
  quantity?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'An https URL. Null or "" removes the picture.',
  })
  image?: string | null;

  @Field(() => String, { nullable: true, description: 'Null or "" removes the description.' })
  description?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Picture for dark mode, an https URL. Null or "" removes it. Never readable.',
  })
  darkImage?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Picture for light mode, an https URL. Null or "" removes it. Never readable.',
  })
  lightImage?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether the two mode pictures are used. Never readable. Cannot be cleared.',
  })
  enabledDarkAndLight?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether the badge comes with XP. Never readable. Cannot be cleared.',
  })
  award?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether the badge comes with coins. Never readable. Cannot be cleared.',
  })
  awardCurrency?: boolean | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How much XP, a whole number from 0. Never readable. Cannot be cleared.',
  })
  awardXpQuantity?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many coins, a whole number from 0. Never readable. Cannot be cleared.',
  })
  awardCurrencyQuantity?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether an application must come with a proof. Cannot be cleared.',
  })
  attachRequired?: boolean | null;
}
