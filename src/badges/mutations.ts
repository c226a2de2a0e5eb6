import 'reflect-metadata';
import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Directive,
  Field,
  ID,
  InputType,
  Mutation,
  ObjectType,
  Resolver,
} from 'type-graphql';
import type { BadgeFields } from '../providers/badge-list.ts';
import { AnyJson, GROWS, describedEnum } from '../providers/graph-types.ts';
import { providers, warningCodes } from '../providers/index.ts';
import { invalid } from '../providers/input-checks.ts';
import type {
  FieldChange,
  InputProblem,
  OperationKind,
  Provider,
  SharedField,
  Warning,
} from '../providers/provider.ts';
import { Badge } from './connection.ts';
import { type BadgesContext, refuseHalfCharacters } from './context.ts';
import { BadgeUserError } from './user-errors.ts';
import { type Outcome, PAYLOAD_OUTCOMES, rejectInput } from './writing/outcome.ts';
import { runMutation } from './writing/run-mutation.ts';

/** One field per provider, named by its key. The fields are added below. */
abstract class OneOfInput {
  [providerKey: string]: object | null | undefined;
}

@InputType({ description: 'The badge to create. Set exactly one provider field.' })
@Directive('@oneOf')
export class CreateBadgeInput extends OneOfInput {}

@InputType({
  description: 'The badge to update and its new values. Set exactly one provider field.',
})
@Directive('@oneOf')
export class UpdateBadgeInput extends OneOfInput {}

@InputType({
  description:
    'The badge to delete. Set exactly one provider field; only providers that support deletion are listed.',
})
@Directive('@oneOf')
export class DeleteBadgeInput extends OneOfInput {}

@InputType({
  description:
    'The badges to award and the member who receives them. Set exactly one provider field.',
})
@Directive('@oneOf')
export class AwardBadgeInput extends OneOfInput {}

@InputType({
  description:
    'The badge to revoke and the member who loses it. Set exactly one provider field; only providers that support revoking are listed.',
})
@Directive('@oneOf')
export class RevokeBadgeInput extends OneOfInput {}

const INPUT_CLASSES: Readonly<Record<OperationKind, typeof UpdateBadgeInput>> = {
  create: CreateBadgeInput,
  update: UpdateBadgeInput,
  delete: DeleteBadgeInput,
  award: AwardBadgeInput,
  revoke: RevokeBadgeInput,
};

for (const { key, name, operations } of providers) {
  for (const [kind, { inputClass }] of Object.entries(operations)) {
    Field(() => inputClass, { nullable: true, description: `Input for ${name.title}.` })(
      INPUT_CLASSES[kind as OperationKind].prototype,
      key,
    );
  }
}

/** Printed as the enum `BadgeOperation`, by the kinds in upper case. */
const OPERATIONS = {
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

/** `kind` may be recorded by a newer version. */
export function toBadgeOperation(kind: string): BadgeOperation {
  const operation = kind.toUpperCase();
  return isOperation(operation) ? operation : 'OTHER';
}

function isOperation(text: string): text is BadgeOperation {
  return Object.hasOwn(OPERATIONS, text);
}

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
class BadgeWarning {
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

/** What a change is part of. */
export interface ChangedBadge {
  provider: Pick<Provider, 'sharedFields'>;
  operation: BadgeOperation;
}

export function toBadgeChange(
  { field, before, after }: FieldChange,
  { provider: { sharedFields }, operation }: ChangedBadge,
): BadgeChange {
  return Object.assign(new BadgeChange(), {
    field,
    sharedField: Object.hasOwn(sharedFields, field) ? (sharedFields[field] ?? null) : null,
    before: before === null ? null : toValue(before),
    beforeKnown: before !== null || operation === 'CREATE',
    after: toValue(after),
  });
}

/** A text that is no JSON, which only a damaged record has, is shown as it is. */
function toValue(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Too deeply nested JSON can be parsed, but not written again.
    if (typeof value === 'object') JSON.stringify(value);
    return value;
  } catch {
    return text;
  }
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
class DeleteBadgePayload extends MutationPayload {
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
class AwardBadgePayload extends MutationPayload {
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
class RevokeBadgePayload extends MutationPayload {
  @Field(() => Badge, {
    nullable: true,
    description:
      'The badge that the input names, whether it was revoked or not; see `outcome`. Null if it could not be read.',
  })
  badge!: BadgeFields | null;
}

@ArgsType()
class MutationArgs {
  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      'Validates and previews the change without writing it: returns the changes, warnings and errors that the mutation would have. An idempotency key is neither needed nor stored. Null is rejected.',
  })
  dryRun?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description:
      'A unique string that you choose for each intended change. A retry with the same key and input within 24 hours does not write again and returns the same result.',
  })
  idempotencyKey?: string | null;
}

@ArgsType()
class VersionedMutationArgs extends MutationArgs {
  @Field(() => String, {
    nullable: true,
    description:
      "The `version` that you last read. If the badge has a different version by now, nothing is written and a BadgeConflictError contains its current state. A simultaneous edit in the provider's dashboard cannot be ruled out. If omitted, the version is not checked. Null is rejected.",
  })
  expectedVersion?: string | null;
}

@Resolver()
export class BadgeMutations {
  @Mutation(() => CreateBadgePayload, { description: 'Creates a badge.' })
  createBadge(
    @Arg('input', () => CreateBadgeInput, { description: 'The new badge.' })
    input: CreateBadgeInput,
    @Args(() => MutationArgs) args: MutationArgs,
    @Ctx() context: BadgesContext,
  ): Promise<CreateBadgePayload> {
    return run(CreateBadgePayload, context, { kind: 'create', input, args });
  }

  @Mutation(() => UpdateBadgePayload, {
    description:
      'Updates the given fields of one badge and keeps all others. The description of each provider input states what this guarantee is based on.',
  })
  updateBadge(
    @Arg('input', () => UpdateBadgeInput, { description: 'The badge and its new values.' })
    input: UpdateBadgeInput,
    @Args(() => VersionedMutationArgs) args: VersionedMutationArgs,
    @Ctx() context: BadgesContext,
  ): Promise<UpdateBadgePayload> {
    return run(UpdateBadgePayload, context, { kind: 'update', input, args });
  }

  @Mutation(() => DeleteBadgePayload, {
    description: 'Deletes a badge. This service cannot restore it.',
  })
  deleteBadge(
    @Arg('input', () => DeleteBadgeInput, { description: 'The badge.' }) input: DeleteBadgeInput,
    @Args(() => VersionedMutationArgs) args: VersionedMutationArgs,
    @Ctx() context: BadgesContext,
  ): Promise<DeleteBadgePayload> {
    return run(DeleteBadgePayload, context, { kind: 'delete', input, args });
  }

  @Mutation(() => AwardBadgePayload, { description: 'Awards badges to a member.' })
  awardBadge(
    @Arg('input', () => AwardBadgeInput, { description: 'The badges and the member.' })
    input: AwardBadgeInput,
    @Args(() => MutationArgs) args: MutationArgs,
    @Ctx() context: BadgesContext,
  ): Promise<AwardBadgePayload> {
    return run(AwardBadgePayload, context, { kind: 'award', input, args });
  }

  @Mutation(() => RevokeBadgePayload, { description: 'Revokes a badge from a member.' })
  revokeBadge(
    @Arg('input', () => RevokeBadgeInput, { description: 'The badge and the member.' })
    input: RevokeBadgeInput,
    @Args(() => MutationArgs) args: MutationArgs,
    @Ctx() context: BadgesContext,
  ): Promise<RevokeBadgePayload> {
    return run(RevokeBadgePayload, context, { kind: 'revoke', input, args });
  }
}

type Payload =
  | CreateBadgePayload
  | UpdateBadgePayload
  | DeleteBadgePayload
  | AwardBadgePayload
  | RevokeBadgePayload;

interface Received {
  kind: OperationKind;
  input: Readonly<Record<string, object | null | undefined>>;
  args: MutationArgs & VersionedMutationArgs;
}

async function run<P extends Payload>(
  PayloadClass: new () => P,
  context: BadgesContext,
  received: Received,
): Promise<P> {
  const outcome = await runReceived(context, received);
  const [key = ''] = Object.keys(received.input);
  const provider = providers.find((each) => each.key === key);
  const parts = toParts(outcome, { provider, operation: toBadgeOperation(received.kind) });
  return Object.assign(new PayloadClass(), parts);
}

async function runReceived(
  context: BadgesContext,
  { kind, input, args: { dryRun, idempotencyKey, expectedVersion } }: Received,
): Promise<Outcome> {
  const problems = [
    ...refuseNull('dryRun', dryRun, 'Set it to true or false'),
    ...refuseNull('expectedVersion', expectedVersion, 'Set it to the version that you last read'),
    ...refuseHalfCharacters({ input, idempotencyKey, expectedVersion }),
  ];
  if (problems.length > 0) return rejectInput([], problems);
  return runMutation(context, {
    kind,
    oneOf: withCanonicalIds(input),
    dryRun: dryRun ?? false,
    idempotencyKey: idempotencyKey ?? null,
    expectedVersion: expectedVersion ?? undefined,
  });
}

/** A client that lost a value and sends null has not decided anything. Omitting the argument is deliberate. */
function refuseNull(name: string, value: unknown, advice: string): InputProblem[] {
  const message = `Argument "${name}" must not be null. ${advice}, or omit it.`;
  return value === null ? [invalid(name, message)] : [];
}

/** What payloads have. The type of each declares which of it. `provider` is undefined if the input names none. */
function toParts(
  { status, badges, memberBadges, deletedBadgeId, ...outcome }: Outcome,
  { provider, operation }: { provider: Provider | undefined; operation: BadgeOperation },
) {
  const [badge = null] = badges;
  const isGiven = status === 'APPLIED' || status === 'DRY_RUN';
  return {
    outcome: status,
    badge,
    awardedBadges: isGiven ? badges : [],
    memberBadges,
    deletedBadge: deletedBadgeId === null ? null : badge,
    deletedBadgeId,
    deletedBadgeType: deletedBadgeId === null ? null : (provider?.badgeClass.name ?? null),
    changes: outcome.changes.flatMap((change) =>
      provider ? toBadgeChange(change, { provider, operation }) : [],
    ),
    warnings: outcome.warnings.map((warning) => toBadgeWarning(warning, provider)),
    userErrors: outcome.userErrors,
  };
}

function toBadgeWarning(
  { code, message, fields }: Warning,
  provider: Provider | undefined,
): BadgeWarning {
  return Object.assign(new BadgeWarning(), {
    code,
    message,
    fields: fields.map((field) => ['input', provider?.key ?? '', field]),
  });
}

/** The input with canonical IDs, so that each badge has one lock and each input one hash. */
export function withCanonicalIds(
  oneOf: Readonly<Record<string, object | null | undefined>>,
): Record<string, object | null | undefined> {
  const entries = Object.entries(oneOf).map(([key, input]) => {
    const provider = providers.find((each) => each.key === key);
    return [key, provider && input ? provider.canonicalInput(input) : input];
  });
  return Object.fromEntries(entries) as Record<string, object | null | undefined>;
}
