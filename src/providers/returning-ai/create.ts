import 'reflect-metadata';
import { Field, Float, InputType } from 'type-graphql';
import type { Operation } from '../provider.ts';
import type { ReturningAIBadge } from './badge.ts';
import type { ReturningAIClient } from './client.ts';
import {
  type FieldsInput,
  WRITABLE_FIELDS,
  type WritableField,
  changesFromNothing,
  checkFields,
  shownValue,
  toWireValue,
} from './fields.ts';
import { fieldsNotAsSent } from './update.ts';

/** Every field has a default, so that what its documented answers never show is known from the badge's first day. */
@InputType({
  description:
    'A new Returning.AI badge. All fields are sent. Omitted fields have the default values shown.',
})
export class CreateReturningAIBadgeInput implements FieldsInput {
  @Field(() => String, { description: 'Name of the badge.' })
  title!: string;

  @Field(() => String, {
    defaultValue: 'custom',
    description: 'Action that earns the badge. `custom` is the only documented value.',
  })
  action!: string;

  @Field(() => Float, {
    defaultValue: 1,
    description: 'How many times the action must happen. A whole number.',
  })
  quantity!: number;

  @Field(() => String, {
    defaultValue: '',
    description: 'Image as an https URL, or "" for no image (inferred: the only sample is empty).',
  })
  image!: string;

  @Field(() => String, { defaultValue: '', description: 'What the badge is awarded for.' })
  description!: string;

  @Field(() => String, {
    defaultValue: '',
    description: 'Image for dark mode as an https URL, or "" for no image (inferred).',
  })
  darkImage!: string;

  @Field(() => String, {
    defaultValue: '',
    description: 'Image for light mode as an https URL, or "" for no image (inferred).',
  })
  lightImage!: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether the images for dark and light mode are used (inferred).',
  })
  enabledDarkAndLight!: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether the badge comes with XP (inferred).',
  })
  award!: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether the badge comes with coins (inferred).',
  })
  awardCurrency!: boolean;

  @Field(() => Float, {
    defaultValue: 0,
    description: 'How much XP the badge comes with (inferred). A whole number.',
  })
  awardXpQuantity!: number;

  @Field(() => Float, {
    defaultValue: 0,
    description: 'How many coins the badge comes with (inferred). A whole number.',
  })
  awardCurrencyQuantity!: number;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether an application must include a proof (inferred).',
  })
  attachRequired!: boolean;
}

export const createOperation: Operation<
  CreateReturningAIBadgeInput,
  ReturningAIClient,
  ReturningAIBadge
> = {
  inputClass: CreateReturningAIBadgeInput,
  check: checkFields,
  target: () => null,
  plan(input) {
    const body = Object.fromEntries(
      WRITABLE_FIELDS.map((field) => [field, toWireValue(input[field])]),
    );
    return {
      body,
      writtenValues: body,
      givenFields: [...WRITABLE_FIELDS],
      changes: changesFromNothing(body),
      warnings: [],
      problems: [],
    };
  },
  send: (client, { body }, bounds) => client.createBadge(body, bounds),
  fieldsNotAsSent,
  valueOf: ({ record }, field) => shownValue(record, field as WritableField),
};
