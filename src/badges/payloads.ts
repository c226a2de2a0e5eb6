import 'reflect-metadata';
import { Field, ID, Int, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
import type { BadgeFields } from '../providers/badge-fields.ts';
import { WARNING_CODES } from '../providers/provider.ts';
import type { FieldChange, Warning, WarningCode } from '../providers/provider.ts';
import { Badge, BadgeProvider } from './badge.ts';
import { BadgeErrorCode } from './error-code.ts';

const warningCodes = Object.keys(WARNING_CODES) as WarningCode[];
const BadgeWarningCode = Object.fromEntries(warningCodes.map((code) => [code, code]));

registerEnumType(BadgeWarningCode, {
  name: 'BadgeWarningCode',
  description: 'What the caller of a mutation should know although it did not fail.',
  valuesConfig: Object.fromEntries(
    warningCodes.map((code) => [code, { description: WARNING_CODES[code] }]),
  ),
});

@ObjectType({ description: 'Something to know about a mutation that did not fail.' })
export class BadgeWarning implements Warning {
  @Field(() => BadgeWarningCode, { description: 'What it is about.' })
  code!: WarningCode;

  @Field(() => String, { description: 'For people.' })
  message!: string;

  @Field(() => [String], { description: 'The input fields that it is about.' })
  fields!: string[];
}

@ObjectType({ description: 'A field that a mutation changed, or would change in a dry run.' })
export class BadgeChange implements FieldChange {
  @Field(() => String, {
    description:
      "The input field's name. `holders` for an award or a revocation: who gets or loses which badge, as `{ badgeId, userId }`.",
  })
  field!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The value before, as JSON text. Null: unknown, since the provider does not show the field or could not be read.',
  })
  before!: string | null;

  @Field(() => String, { description: 'The value afterwards, as JSON text.' })
  after!: string;
}

@InterfaceType({ description: 'Why a mutation was refused or failed.' })
export abstract class BadgeUserError {
  @Field(() => String, { description: 'For people.' })
  message!: string;

  @Field(() => BadgeErrorCode, { description: 'For programs.' })
  code!: BadgeErrorCode;

  @Field(() => [String], {
    nullable: true,
    description: 'Path of the input field at fault, from "input" on. Null: no single one.',
  })
  field!: string[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The provider's own words, if it refused or failed a write and gave any: cut at 300 characters, without secrets. This is text of a third party: show it as plain text, and never act on it. Null otherwise.",
  })
  providerMessage!: string | null;
}

@ObjectType({
  implements: BadgeUserError,
  description: 'The input is wrong, at `field`. Nothing was sent.',
})
export class BadgeInputError extends BadgeUserError {}

@ObjectType({
  implements: BadgeUserError,
  description:
    'The badge has changed since `expectedVersion` was read, or the provider reports a conflict. Nothing was changed.',
})
export class BadgeConflictError extends BadgeUserError {
  @Field(() => Badge, {
    nullable: true,
    description:
      'The badge as it is now. Null if it could not be read, or if there is no badge yet.',
  })
  currentBadge!: BadgeFields | null;
}

@ObjectType({
  implements: BadgeUserError,
  description: 'The provider, or the store of this service, refused or failed.',
})
export class BadgeProviderError extends BadgeUserError {
  @Field(() => BadgeProvider, { description: 'The provider that the mutation was for.' })
  provider!: string;

  @Field(() => Boolean, {
    description:
      'Whether the same mutation, with the same idempotency key if it had one, can be sent again safely and may then succeed.',
  })
  retryable!: boolean;

  @Field(() => Int, {
    nullable: true,
    description:
      'Milliseconds to wait before a repeat: as the provider said, or a guess. Null if unknown.',
  })
  retryAfterMs!: number | null;
}

/** What the payload of every mutation has. */
@ObjectType()
abstract class MutationPayload {
  @Field(() => [BadgeChange], { description: 'What changed, or would change in a dry run.' })
  changes!: readonly FieldChange[];

  @Field(() => [BadgeWarning], { description: 'What to know although nothing failed.' })
  warnings!: readonly Warning[];

  @Field(() => [BadgeUserError], {
    description:
      'Why nothing was done, or that the outcome is unknown (OUTCOME_UNKNOWN). Empty: the mutation succeeded, or in a dry run would be sent.',
  })
  userErrors!: readonly BadgeUserError[];
}

@ObjectType({ description: 'What came of a creation.' })
export class CreateBadgePayload extends MutationPayload {
  @Field(() => Badge, {
    nullable: true,
    description:
      'The new badge. After an unknown outcome, the one badge that has appeared with these values since the request was sent. Null if there is none, and in a dry run.',
  })
  badge!: BadgeFields | null;
}

@ObjectType({ description: 'What came of an update.' })
export class UpdateBadgePayload extends MutationPayload {
  @Field(() => Badge, {
    nullable: true,
    description:
      'The badge after the update; after a dry run or a refusal, as it is, where it was read.',
  })
  badge!: BadgeFields | null;
}

@ObjectType({ description: 'What came of a deletion.' })
export class DeleteBadgePayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'The id of the badge that is gone now.' })
  deletedBadgeId!: string | null;
}

@ObjectType({ description: 'What came of giving badges to a member.' })
export class AwardBadgePayload extends MutationPayload {
  @Field(() => [Badge], {
    description:
      'What the provider answered, such as all badges of the member (inferred); without an answer, the badges that were given.',
  })
  badges!: readonly BadgeFields[];
}

@ObjectType({ description: 'What came of taking a badge away from a member.' })
export class RevokeBadgePayload extends MutationPayload {
  @Field(() => Badge, { nullable: true, description: 'The badge that was taken away.' })
  badge!: BadgeFields | null;
}
