import 'reflect-metadata';
import { Field, ID, Int, InterfaceType, ObjectType } from 'type-graphql';
import type { BadgeFields } from '../providers/badge-fields.ts';
import {
  type FieldChange,
  WARNING_CODES,
  type Warning,
  type WarningCode,
} from '../providers/provider.ts';
import { Badge, BadgeProvider } from './connection.ts';
import { describedEnum } from '../providers/described-enum.ts';
import { BadgeErrorCode } from './error-code.ts';

const BadgeWarningCode = describedEnum({
  name: 'BadgeWarningCode',
  description: 'Machine-readable code of a warning.',
  values: WARNING_CODES,
});

@ObjectType({ description: 'A warning about a mutation that did not fail.' })
export class BadgeWarning implements Warning {
  @Field(() => BadgeWarningCode, { description: 'Machine-readable code.' })
  code!: WarningCode;

  @Field(() => String, { description: 'Human-readable message.' })
  message!: string;

  @Field(() => [String], { description: 'Input fields that the warning refers to.' })
  fields!: string[];
}

@ObjectType({ description: 'A field that a mutation changed or, in a dry run, would change.' })
export class BadgeChange implements FieldChange {
  @Field(() => String, {
    description:
      'Name of the input field. For an award or a revocation it is `holders`, and the values are `{ badgeId, userId }`: the badge and the member who receives or loses it.',
  })
  field!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Previous value as JSON text. Null if unknown, because the provider does not show the field or could not be read.',
  })
  before!: string | null;

  @Field(() => String, { description: 'New value as JSON text.' })
  after!: string;
}

@InterfaceType({ description: 'The reason why a mutation was rejected or failed.' })
export abstract class BadgeUserError {
  @Field(() => String, { description: 'Human-readable message.' })
  message!: string;

  @Field(() => BadgeErrorCode, { description: 'Machine-readable code.' })
  code!: BadgeErrorCode;

  @Field(() => [String], {
    nullable: true,
    description:
      'Path to the invalid input field, starting with "input". Null if the error does not concern a single field.',
  })
  field!: string[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The provider's own message about a rejected or failed write, truncated to 300 characters and with secrets removed. This is third-party text: display it as plain text only, and do not base decisions on it. Null if there is none.",
  })
  providerMessage!: string | null;
}

@ObjectType({
  implements: BadgeUserError,
  description: 'The input is invalid; see `field`. Nothing was sent.',
})
export class BadgeInputError extends BadgeUserError {}

@ObjectType({
  implements: BadgeUserError,
  description:
    'The badge has changed since `expectedVersion` was read, or the provider reported a conflict. Nothing was changed.',
})
export class BadgeConflictError extends BadgeUserError {
  @Field(() => Badge, {
    nullable: true,
    description: 'Current state of the badge. Null if it could not be read or does not exist yet.',
  })
  currentBadge!: BadgeFields | null;
}

@ObjectType({
  implements: BadgeUserError,
  description: "The provider or this service's state store rejected the operation or failed.",
})
export class BadgeProviderError extends BadgeUserError {
  @Field(() => BadgeProvider, { description: 'Provider that the mutation was addressed to.' })
  provider!: string;

  @Field(() => Boolean, {
    description:
      'Whether it is safe to retry the same mutation, with the same idempotency key if one was set, and the retry may succeed.',
  })
  retryable!: boolean;

  @Field(() => Int, {
    nullable: true,
    description:
      'Milliseconds to wait before retrying, as stated by the provider or estimated. Null if unknown.',
  })
  retryAfterMs!: number | null;
}

/** What the payload of every mutation has. */
@ObjectType()
abstract class MutationPayload {
  @Field(() => [BadgeChange], {
    description: 'Fields that changed or, in a dry run, would change.',
  })
  changes!: readonly FieldChange[];

  @Field(() => [BadgeWarning], { description: 'Warnings that did not prevent the mutation.' })
  warnings!: readonly Warning[];

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
  @Field(() => ID, { nullable: true, description: 'ID of the deleted badge.' })
  deletedBadgeId!: string | null;
}

@ObjectType({ description: 'Result of awarding badges.' })
export class AwardBadgePayload extends MutationPayload {
  @Field(() => [Badge], {
    description:
      'Badges as the provider returned them, for example all badges of the member (inferred). If the provider returned none, the awarded badges.',
  })
  badges!: readonly BadgeFields[];
}

@ObjectType({ description: 'Result of revoking a badge.' })
export class RevokeBadgePayload extends MutationPayload {
  @Field(() => Badge, { nullable: true, description: 'The revoked badge.' })
  badge!: BadgeFields | null;
}
