import 'reflect-metadata';
import { Field, Float, InputType } from 'type-graphql';
import type { Operation } from '../provider.ts';
import type { ReturningAIBadge } from './badge.ts';
import type { ReturningAIClient } from './client.ts';
import type { FieldsInput } from './fields.ts';
import {
  WRITABLE_FIELDS,
  changesFromNothing,
  checkFields,
  shownValue,
  toWireValue,
} from './fields.ts';
import type { WritableField } from './fields.ts';
import { fieldsNotAsSent } from './update.ts';

/** Every field has a default, so that what its documented answers never show is known from the badge's first day. */
@InputType({
  description: 'A new Returning.AI badge. All fields are sent, with the defaults shown.',
})
export class CreateReturningAIBadgeInput implements FieldsInput {
  @Field(() => String, { description: 'The name of the badge.' })
  title!: string;

  @Field(() => String, {
    defaultValue: 'custom',
    description: 'What earns the badge; `custom` is the only documented value.',
  })
  action!: string;

  @Field(() => Float, {
    defaultValue: 1,
    description: 'How many times the action must happen, a whole number.',
  })
  quantity!: number;

  @Field(() => String, {
    defaultValue: '',
    description: 'An https URL, or "" for no picture (inferred: the only sample is empty).',
  })
  image!: string;

  @Field(() => String, { defaultValue: '', description: 'What the badge is given for.' })
  description!: string;

  @Field(() => String, {
    defaultValue: '',
    description: 'Picture for dark mode, an https URL or "" (inferred).',
  })
  darkImage!: string;

  @Field(() => String, {
    defaultValue: '',
    description: 'Picture for light mode, an https URL or "" (inferred).',
  })
  lightImage!: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether the two mode pictures are used (inferred).',
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
    description: 'How much XP (inferred), a whole number.',
  })
  awardXpQuantity!: number;

  @Field(() => Float, {
    defaultValue: 0,
    description: 'How many coins (inferred), a whole number.',
  })
  awardCurrencyQuantity!: number;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether an application must come with a proof (inferred).',
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
