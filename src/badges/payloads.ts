import 'reflect-metadata';
import { Field, Int, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';
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

@ObjectType({ description: 'A field that a mutation changed.' })
export class BadgeChange implements FieldChange {
  @Field(() => String, { description: "The input field's name." })
  field!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The value before, as JSON text. Null: unknown, since the provider never shows the field.',
  })
  before!: string | null;

  @Field(() => String, { description: 'The value now, as JSON text.' })
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
}

@ObjectType({ implements: BadgeUserError, description: 'The input is wrong. Nothing was sent.' })
export class BadgeInputError extends BadgeUserError {}

@ObjectType({
  implements: BadgeUserError,
  description: 'The badge has changed since `expectedVersion` was read. Nothing was changed.',
})
export class BadgeConflictError extends BadgeUserError {
  @Field(() => Badge, {
    nullable: true,
    description: 'The badge as it is now. Null when it could not be read.',
  })
  currentBadge!: BadgeFields | null;
}

@ObjectType({ implements: BadgeUserError, description: 'The provider refused or failed.' })
export class BadgeProviderError extends BadgeUserError {
  @Field(() => BadgeProvider, { description: 'The provider at fault.' })
  provider!: string;

  @Field(() => Boolean, {
    description: 'Whether the same mutation can be sent again safely, and may then succeed.',
  })
  retryable!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: 'Milliseconds to wait before that, where the provider said so.',
  })
  retryAfterMs!: number | null;
}

@ObjectType({ description: 'What came of an update.' })
export class UpdateBadgePayload {
  @Field(() => Badge, {
    nullable: true,
    description:
      'The badge after the update; after a dry run or a refusal, as it is, where it was read.',
  })
  badge!: BadgeFields | null;

  @Field(() => [BadgeChange], { description: 'What changed, or would change in a dry run.' })
  changes!: FieldChange[];

  @Field(() => [BadgeWarning], { description: 'What to know although nothing failed.' })
  warnings!: Warning[];

  @Field(() => [BadgeUserError], {
    description: 'Why nothing was updated. Empty: the update succeeded.',
  })
  userErrors!: BadgeUserError[];
}
