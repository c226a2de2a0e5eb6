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
import { describedEnum } from '../providers/graph-types.ts';
import { providers, warningCodes } from '../providers/index.ts';
import { invalid } from '../providers/input-checks.ts';
import type { FieldChange, InputProblem, OperationKind, Warning } from '../providers/provider.ts';
import { Badge } from './connection.ts';
import { type BadgesContext, refuseHalfCharacters } from './context.ts';
import { BadgeUserError } from './user-errors.ts';
import { rejectInput } from './writing/outcome.ts';
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

const BadgeWarningCode = describedEnum({
  name: 'BadgeWarningCode',
  description: 'Machine-readable code of a warning.',
  values: warningCodes(),
});

@ObjectType({ description: 'A warning about a mutation that did not fail.' })
class BadgeWarning implements Warning {
  @Field(() => BadgeWarningCode, { description: 'Machine-readable code.' })
  code!: string;

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

/** The fields of every mutation payload. */
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
class DeleteBadgePayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'ID of the deleted badge.' })
  deletedBadgeId!: string | null;
}

@ObjectType({ description: 'Result of awarding badges.' })
class AwardBadgePayload extends MutationPayload {
  @Field(() => [Badge], {
    description:
      'Badges as the provider returned them, for example all badges of the member (inferred). If the provider returned none, the awarded badges.',
  })
  badges!: readonly BadgeFields[];
}

@ObjectType({ description: 'Result of revoking a badge.' })
class RevokeBadgePayload extends MutationPayload {
  @Field(() => Badge, { nullable: true, description: 'The revoked badge.' })
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

@Resolver()
export class BadgeMutations {
  @Mutation(() => CreateBadgePayload, { description: 'Creates a badge.' })
  createBadge(
    @Arg('input', () => CreateBadgeInput, { description: 'The new badge.' })
    input: CreateBadgeInput,
    @Args(() => MutationArgs) args: MutationArgs,
    @Ctx() context: BadgesContext,
  ): Promise<CreateBadgePayload> {
    return toPayload(CreateBadgePayload, run(context, { kind: 'create', input, args }));
  }

  @Mutation(() => UpdateBadgePayload, {
    description:
      'Updates the given fields of one badge and keeps all others. The description of each provider input states what this guarantee is based on.',
  })
  updateBadge(
    @Arg('input', () => UpdateBadgeInput, { description: 'The badge and its new values.' })
    input: UpdateBadgeInput,
    @Args(() => MutationArgs) args: MutationArgs,
    @Ctx() context: BadgesContext,
  ): Promise<UpdateBadgePayload> {
    return toPayload(UpdateBadgePayload, run(context, { kind: 'update', input, args }));
  }

  @Mutation(() => DeleteBadgePayload, {
    description: 'Deletes a badge. This service cannot restore it.',
  })
  deleteBadge(
    @Arg('input', () => DeleteBadgeInput, { description: 'The badge.' }) input: DeleteBadgeInput,
    @Args(() => MutationArgs) args: MutationArgs,
    @Ctx() context: BadgesContext,
  ): Promise<DeleteBadgePayload> {
    return toPayload(DeleteBadgePayload, run(context, { kind: 'delete', input, args }));
  }

  @Mutation(() => AwardBadgePayload, { description: 'Awards badges to a member.' })
  awardBadge(
    @Arg('input', () => AwardBadgeInput, { description: 'The badges and the member.' })
    input: AwardBadgeInput,
    @Args(() => MutationArgs) args: MutationArgs,
    @Ctx() context: BadgesContext,
  ): Promise<AwardBadgePayload> {
    return toPayload(AwardBadgePayload, run(context, { kind: 'award', input, args }));
  }

  @Mutation(() => RevokeBadgePayload, { description: 'Revokes a badge from a member.' })
  revokeBadge(
    @Arg('input', () => RevokeBadgeInput, { description: 'The badge and the member.' })
    input: RevokeBadgeInput,
    @Args(() => MutationArgs) args: MutationArgs,
    @Ctx() context: BadgesContext,
  ): Promise<RevokeBadgePayload> {
    return toPayload(RevokeBadgePayload, run(context, { kind: 'revoke', input, args }));
  }
}

type Payload =
  | CreateBadgePayload
  | UpdateBadgePayload
  | DeleteBadgePayload
  | AwardBadgePayload
  | RevokeBadgePayload;

async function run(
  context: BadgesContext,
  {
    kind,
    input,
    args,
  }: {
    kind: OperationKind;
    input: Readonly<Record<string, object | null | undefined>>;
    args: MutationArgs;
  },
): ReturnType<typeof runMutation> {
  const { dryRun, idempotencyKey } = args;
  const problems = [
    ...refuseNullDryRun(dryRun),
    ...refuseHalfCharacters({ input, idempotencyKey }),
  ];
  if (problems.length > 0) return rejectInput([], problems);
  return runMutation(context, {
    kind,
    oneOf: withCanonicalIds(input),
    dryRun: dryRun ?? false,
    idempotencyKey: idempotencyKey ?? null,
  });
}

/** Null is neither a yes nor a no to the write. An omitted argument is false. */
function refuseNullDryRun(dryRun: boolean | null | undefined): InputProblem[] {
  const message = 'Argument "dryRun" must not be null. Set it to true or false, or omit it.';
  return dryRun === null ? [invalid('dryRun', message)] : [];
}

/** A payload has the fields of the outcome that its type declares. */
async function toPayload<P extends Payload>(
  PayloadClass: new () => P,
  running: ReturnType<typeof runMutation>,
): Promise<P> {
  const outcome = await running;
  return Object.assign(new PayloadClass(), { ...outcome, badge: outcome.badges[0] ?? null });
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
