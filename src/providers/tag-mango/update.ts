import 'reflect-metadata';
import { Field, Float, ID, InputType } from 'type-graphql';
import {
  BadgeAtVersionInput,
  refuseNothingGiven,
  refuseNullVersion,
  toChange,
  toLockedTarget,
} from '../input-checks.ts';
import type { Operation, PlanBasis, WritePlan } from '../provider.ts';
import type { TagMangoBadge } from './badge.ts';
import type { TagMangoClient } from './client.ts';
import {
  CLEARED,
  WRITABLE_FIELDS,
  type WritableField,
  checkFields,
  givenFields,
  planAutomation,
  refuseBothKinds,
  toBody,
} from './fields.ts';

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

/** Only what is given is sent: that the provider keeps the rest is inferred. */
export const updateOperation: Operation<UpdateTagMangoBadgeInput, TagMangoClient, TagMangoBadge> = {
  inputClass: UpdateTagMangoBadgeInput,
  check: (input, rules) => [
    ...refuseNullVersion(input),
    ...refuseNothingGiven(input, WRITABLE_FIELDS),
    ...checkFields(input, rules),
    ...(input.enableAutomation === true ? refuseBothKinds(input) : []),
  ],
  target: toLockedTarget,
  canSkipRead: () => true,
  plan: planUpdate,
  send: (client, { input, body }, bounds) => client.updateBadge(input.id, body, bounds),
  toStanding: (shown, { body, before }) =>
    before ? before.with({ ...body, ...shown.record }) : shown,
  toExpected: (body, before) => before.with(body),
  fieldsNotAsSent,
  valueOf: (badge, field) => standing(badge, field as WritableField),
  isConfirmedBy: ({ body }, badge) => badge !== null && fieldsNotAsSent(body, badge).length === 0,
};

/** Also used for a creation. Only fields that the badge shows can tell. */
export function fieldsNotAsSent(body: object, badge: TagMangoBadge): string[] {
  return changesOf(body, badge)
    .map(({ field }) => field)
    .filter((field) => standing(badge, field as WritableField) !== undefined);
}

function planUpdate(
  input: UpdateTagMangoBadgeInput,
  { current }: PlanBasis<TagMangoBadge>,
): WritePlan {
  const body = toBody(input);
  const changes = changesOf(body, current);
  return {
    body,
    writtenValues: null,
    givenFields: givenFields(input),
    changes,
    ...planAutomation(changes, { before: current?.record, body }),
  };
}

/** What the body changes of the badge. */
function changesOf(body: object, badge: TagMangoBadge | undefined) {
  return WRITABLE_FIELDS.filter((field) => field in body).flatMap((field) => {
    return (
      toChange(field, badge && standing(badge, field), (body as Record<string, unknown>)[field]) ??
      []
    );
  });
}

/** Undefined: the provider does not show the field. */
export function standing({ record }: TagMangoBadge, field: WritableField): unknown {
  return record[field] === undefined ? undefined : (record[field] ?? CLEARED[field] ?? null);
}
