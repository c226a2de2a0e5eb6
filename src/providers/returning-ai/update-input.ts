import 'reflect-metadata';
import { Field, Float, InputType, registerEnumType } from 'type-graphql';
import { BadgeAtVersionInput } from '../badge-at-version-input.ts';

export const HiddenFieldsPolicy = { REUSE: 'REUSE', OMIT: 'OMIT', REFUSE: 'REFUSE' } as const;
export type HiddenFieldsPolicy = keyof typeof HiddenFieldsPolicy;

registerEnumType(HiddenFieldsPolicy, {
  name: 'HiddenFieldsPolicy',
  description:
    'What an update does about fields that it does not give and that the provider does not show.',
  valuesConfig: {
    REUSE: {
      description:
        'Sends what this service wrote last, even if the badge has been edited elsewhere since. If it never wrote a field, the update is refused.',
    },
    OMIT: {
      description:
        'Leaves out what is not known; the provider may reset it. What this service wrote last is sent while nothing speaks for an edit elsewhere.',
    },
    REFUSE: {
      description: 'Refuses the update, even if this service remembers what it wrote last.',
    },
  },
});

@InputType({
  description:
    'New values for a Returning.AI badge. What is left out keeps its value. Returning.AI replaces the whole badge at each update (inferred from its documented request), and its documented answers do not show seven of the fields: `darkImage`, `lightImage`, `enabledDarkAndLight`, `award`, `awardCurrency`, `awardXpQuantity`, `awardCurrencyQuantity`. A field that the provider does show is sent back as shown. One that it does not show is sent as this service wrote it last, as long as everything that is shown still is what that write left. Otherwise the update is refused with one HIDDEN_FIELDS_UNKNOWN that names all such fields: give them, or say with `hiddenFields` what to do.',
})
export class UpdateReturningAIBadgeInput extends BadgeAtVersionInput {
  @Field(() => HiddenFieldsPolicy, {
    nullable: true,
    description:
      'What to do about fields that are neither given nor shown. If left out, they are sent as this service wrote them last while nothing speaks for an edit elsewhere, and otherwise the update is refused.',
  })
  hiddenFields?: HiddenFieldsPolicy | null;

  @Field(() => String, { nullable: true, description: 'The name of the badge. Cannot be cleared.' })
  title?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What earns the badge; `custom` is the only documented value. Cannot be cleared.',
  })
  action?: string | null;

  @Field(() => Float, {
    nullable: true,
    description: 'How many times the action must happen, a whole number. Cannot be cleared.',
  })
  quantity?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'An https URL. Null or "" removes the picture. Both are inferred.',
  })
  image?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Null or "" removes the description (inferred).',
  })
  description?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Picture for dark mode, an https URL. Null or "" removes it. All of this is inferred. Not in the documented answers.',
  })
  darkImage?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Picture for light mode, an https URL. Null or "" removes it. All of this is inferred. Not in the documented answers.',
  })
  lightImage?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the two mode pictures are used (inferred). Not in the documented answers. Cannot be cleared.',
  })
  enabledDarkAndLight?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the badge comes with XP (inferred). Not in the documented answers. Cannot be cleared.',
  })
  award?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the badge comes with coins (inferred). Not in the documented answers. Cannot be cleared.',
  })
  awardCurrency?: boolean | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'How much XP (inferred), a whole number. Not in the documented answers. Cannot be cleared.',
  })
  awardXpQuantity?: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'How many coins (inferred), a whole number. Not in the documented answers. Cannot be cleared.',
  })
  awardCurrencyQuantity?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether an application must come with a proof (inferred). Cannot be cleared.',
  })
  attachRequired?: boolean | null;
}
