import 'reflect-metadata';
import { Field, Float, InputType } from 'type-graphql';
import {
  BadgeAtVersionInput,
  changesToNothing,
  planWithoutFields,
  refuseNothingGiven,
  refuseNullVersion,
  toLockedTarget,
} from '../../../src/providers/input-checks.ts';
import type { Operation, WritePlan } from '../../../src/providers/provider.ts';
import type { ForumBadge } from './badge.ts';
import type { ForumClient } from './client.ts';
import {
  type FieldsInput,
  WRITABLE_FIELDS,
  type WritableField,
  changesOf,
  checkFields,
  givenFields,
  standing,
  toBody,
} from './fields.ts';

@InputType({ description: 'A new badge of a forum.' })
export class CreateForumBadgeInput implements FieldsInput {
  @Field(() => String, { description: 'The name of the badge.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What the badge is given for.' })
  description?: string | null;

  @Field(() => String, { nullable: true, description: 'The picture, an https URL.' })
  imageUrl?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether the badge can be granted.' })
  enabled?: boolean | null;

  @Field(() => Float, { nullable: true, description: 'How many members can hold the badge.' })
  grantLimit?: number | null;
}

@InputType({ description: 'New values for a badge of a forum; only those given are sent.' })
export class UpdateForumBadgeInput extends BadgeAtVersionInput implements FieldsInput {
  @Field(() => String, { nullable: true, description: 'The name of the badge. Cannot be cleared.' })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'Null or "" removes the description.' })
  description?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'An https URL. Null or "" removes the picture.',
  })
  imageUrl?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether the badge can be granted. Cannot be cleared.',
  })
  enabled?: boolean | null;

  @Field(() => Float, {
    nullable: true,
    description: 'How many members can hold the badge. Null: any number.',
  })
  grantLimit?: number | null;
}

@InputType({ description: 'The badge of a forum to delete.' })
export class DeleteForumBadgeInput extends BadgeAtVersionInput {}

type ForumOperation<Input extends object> = Operation<Input, ForumClient, ForumBadge>;

function fieldsNotAsSent(body: object, badge: ForumBadge): string[] {
  return changesOf(body, badge)
    .map(({ field }) => field)
    .filter((field) => standing(badge, field as WritableField) !== undefined);
}

function toPlan(input: FieldsInput, current: ForumBadge | undefined): WritePlan {
  const body = toBody(input);
  return {
    body,
    writtenValues: null,
    givenFields: givenFields(input),
    changes: changesOf(body, current),
    warnings: [],
    problems: [],
  };
}

const common = {
  fieldsNotAsSent,
  valueOf: (badge: ForumBadge, field: string) => standing(badge, field as WritableField),
};

export const createOperation: ForumOperation<CreateForumBadgeInput> = {
  ...common,
  inputClass: CreateForumBadgeInput,
  check: checkFields,
  target: () => null,
  plan: (input) => toPlan(input, undefined),
  send: (client, { body }, bounds) => client.createBadge(body, bounds),
};

export const updateOperation: ForumOperation<UpdateForumBadgeInput> = {
  ...common,
  inputClass: UpdateForumBadgeInput,
  check: (input, rules) => [
    ...refuseNullVersion(input),
    ...refuseNothingGiven(input, WRITABLE_FIELDS),
    ...checkFields(input, rules),
  ],
  target: toLockedTarget,
  canSkipRead: () => true,
  plan: (input, { current }) => toPlan(input, current),
  send: (client, { input, body }, bounds) => client.updateBadge(input.id, body, bounds),
  toStanding: (shown, { body, before }) => before?.with({ ...body, ...shown.record }) ?? shown,
  isConfirmedBy: ({ body }, badge) => badge !== null && fieldsNotAsSent(body, badge).length === 0,
};

export const deleteOperation: ForumOperation<DeleteForumBadgeInput> = {
  inputClass: DeleteForumBadgeInput,
  check: refuseNullVersion,
  target: toLockedTarget,
  canSkipRead: () => true,
  plan(_input, { current }) {
    const { id: _id, ...fields } = current?.record ?? { id: '' };
    return planWithoutFields({}, { changes: changesToNothing(fields) });
  },
  send: (client, { input }, bounds) => client.deleteBadge(input.id, bounds),
  isConfirmedBy: (_plan, badge) => badge === null,
};
