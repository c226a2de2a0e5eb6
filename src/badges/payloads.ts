import 'reflect-metadata';
import { Field, ID, ObjectType } from 'type-graphql';
import type { BadgeFields } from '../providers/badge-list.ts';
import { AnyJson, GROWS, describedEnum } from '../providers/graph-types.ts';
import { warningCodes } from '../providers/index.ts';
import type { SharedField } from '../providers/provider.ts';
import { Badge } from './connection.ts';
import { BadgeUserError } from './user-errors.ts';
import { type Outcome, PAYLOAD_OUTCOMES } from './writing/outcome.ts';

/** Printed as the enum `BadgeOperation`, by the kinds in upper case. */
export const OPERATIONS = {
  CREATE: 'Creates a badge.',
  UPDATE: 'Updates fields of a badge.',
  DELETE: 'Deletes a badge.',
  AWARD: 'Awards badges to a member.',
  REVOKE: 'Revokes a badge from a member.',
  OTHER:
    'An operation recorded by a newer version of this service, which this version does not know.',
} as const;
export type BadgeOperation = keyof typeof OPERATIONS;
export const BadgeOperation = describedEnum({
  name: 'BadgeOperation',
  description: `Kind of mutation. ${GROWS}`,
  values: OPERATIONS,
});

export const BadgeOutcome = describedEnum({
  name: 'BadgeOutcome',
  description: `Outcome of a mutation. ${GROWS}`,
  values: PAYLOAD_OUTCOMES,
});

const BadgeWarningCode = describedEnum({
  name: 'BadgeWarningCode',
  description: `Machine-readable code of a warning. ${GROWS}`,
  values: warningCodes(),
});

@ObjectType({ description: 'A warning about a mutation that did not fail.' })
export class BadgeWarning {
  @Field(() => BadgeWarningCode, { description: 'Machine-readable code.' })
  code!: string;

  @Field(() => String, { description: 'Human-readable message.' })
  message!: string;

  @Field(() => [[String]], {
    description:
      'Paths to the input fields that the warning concerns, whether they were set or not, in the same form as those of an error. Empty if it concerns none in particular.',
  })
  fields!: string[][];
}

@ObjectType({ description: 'A field that a mutation changed or, in a dry run, would change.' })
export class BadgeChange {
  @Field(() => String, {
    description:
      'Name of the input field. For an award or a revocation it is `holders`, and the values are `{ badgeId, userId }`: the badge and the member who receives or loses it.',
  })
  field!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Name of the same field in BadgeFields: `name`, `description` or `imageUrl`. Null for fields that not all badges have.',
  })
  sharedField!: SharedField | null;

  @Field(() => AnyJson, {
    nullable: true,
    description:
      'Previous value. Null if it was null, if there was none because the badge is new, or if it is unknown; see `beforeKnown`.',
  })
  before!: unknown;

  @Field(() => Boolean, {
    description:
      'Whether the previous value is known. False if the provider does not show the field or could not be read, and for an award of a badge that the member may or may not have had.',
  })
  beforeKnown!: boolean;

  @Field(() => AnyJson, {
    nullable: true,
    description: 'New value. Null if the field was cleared or the badge was deleted.',
  })
  after!: unknown;
}

/** The fields of every mutation payload. */
@ObjectType()
abstract class MutationPayload {
  @Field(() => BadgeOutcome, {
    description: 'Outcome of the mutation. `changes`, `warnings` and `userErrors` explain it.',
  })
  outcome!: Outcome['status'];

  @Field(() => [BadgeChange], {
    description: 'Fields that changed or, in a dry run, would change.',
  })
  changes!: readonly BadgeChange[];

  @Field(() => [BadgeWarning], { description: 'Warnings that did not prevent the mutation.' })
  warnings!: readonly BadgeWarning[];

  @Field(() => [BadgeUserError], {
    description:
      'Reasons why nothing was changed, or OUTCOME_UNKNOWN if the outcome is unknown. Empty if the mutation succeeded or, in a dry run, if it would be sent.',
  })
  userErrors!: readonly BadgeUserError[];
}

@ObjectType({ description: 'Result of creating a badge.' })
export class CreateBadgePayload extends MutationPayload {
  @Field(() => Badge, {
    nullable: true,
    description:
      'The new badge. If the outcome is unknown, the one badge with these values that has appeared since the request was sent. Null if there is no such badge, and in a dry run.',
  })
  badge!: BadgeFields | null;
}

@ObjectType({ description: 'Result of updating a badge.' })
export class UpdateBadgePayload extends MutationPayload {
  @Field(() => Badge, {
    nullable: true,
    description:
      'The badge after the update. After a dry run or a rejected update, its current state if it was read.',
  })
  badge!: BadgeFields | null;
}

@ObjectType({ description: 'Result of deleting a badge.' })
export class DeleteBadgePayload extends MutationPayload {
  @Field(() => Badge, {
    nullable: true,
    description:
      'The badge as it was before it was deleted. Null if nothing was deleted, or if the badge could not be read before.',
  })
  deletedBadge!: BadgeFields | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'ID of the deleted badge. Together with `deletedBadgeType` it tells a client what to remove from its cache. Null if nothing was deleted.',
  })
  deletedBadgeId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Type name of the deleted badge. Null if nothing was deleted.',
  })
  deletedBadgeType!: string | null;
}

@ObjectType({ description: 'Result of awarding badges.' })
export class AwardBadgePayload extends MutationPayload {
  @Field(() => [Badge], {
    description:
      'The badges that the member was given or, in a dry run, would be given. Empty if nothing was awarded, and if the outcome is unknown. A badge that could not be read is missing.',
  })
  awardedBadges!: readonly BadgeFields[];

  @Field(() => [Badge], {
    nullable: true,
    description:
      'All badges that the member holds after the award, where the provider returns them (inferred), without those that could not be read. Null if it does not return them, so that they are unknown.',
  })
  memberBadges!: readonly BadgeFields[] | null;
}

@ObjectType({ description: 'Result of revoking a badge.' })
export class RevokeBadgePayload extends MutationPayload {
  @Field(() => Badge, {
    nullable: true,
    description:
      'The badge that the input names, whether it was revoked or not; see `outcome`. Null if it was not read, as for an invalid input.',
  })
  badge!: BadgeFields | null;
}
