import 'reflect-metadata';
import { Field, Float, ID, InputType } from 'type-graphql';
import { toChange } from '../input-checks.ts';
import type { Operation } from '../provider.ts';
import type { TagMangoBadge } from './badge.ts';
import type { TagMangoClient } from './client.ts';
import {
  type FieldsInput,
  type WritableField,
  checkFields,
  givenFields,
  planAutomation,
  refuseBothKinds,
  toBody,
} from './fields.ts';
import { fieldsNotAsSent, standing } from './update.ts';

@InputType({
  description:
    'A new TagMango badge. Only the given fields are sent. The names of fields other than `name` are inferred from the API responses. Automation runs either by points or by subscription, never both.',
})
export class CreateTagMangoBadgeInput implements FieldsInput {
  @Field(() => String, { description: 'Name of the badge.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What the badge is awarded for.' })
  description?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Image as an https URL, or "" for no image (inferred).',
  })
  imageUrl?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether members gain and lose the badge automatically by a rule.',
  })
  enableAutomation?: boolean | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Automation by points: number of points that a member needs.',
  })
  pointsThreshold?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Category of points that count (inferred). `lifetime` is the only documented value; other values are passed on unchanged.',
  })
  pointCategoryForAutomation?: string | null;

  @Field(() => [ID], {
    nullable: true,
    description:
      'Automation by subscription: IDs of mangoes, each 24 hexadecimal digits (inferred).',
  })
  automationEnabledMangoes?: string[] | null;
}

export const createOperation: Operation<CreateTagMangoBadgeInput, TagMangoClient, TagMangoBadge> = {
  inputClass: CreateTagMangoBadgeInput,
  check: (input, rules) => [...checkFields(input, rules), ...refuseBothKinds(input)],
  target: () => null,
  plan(input) {
    const body = toBody(input);
    const changes = Object.entries(body).flatMap(
      ([field, value]) => toChange(field, undefined, value) ?? [],
    );
    return {
      body,
      writtenValues: null,
      givenFields: givenFields(input),
      changes,
      ...planAutomation(changes, { before: {}, body }),
    };
  },
  send: (client, { body }, bounds) => client.createBadge(body, bounds),
  fieldsNotAsSent,
  valueOf: (badge, field) => standing(badge, field as WritableField),
};
