import 'reflect-metadata';
import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Directive,
  Field,
  InputType,
  Mutation,
  Resolver,
} from 'type-graphql';
import { providers } from '../providers/index.ts';
import { invalid } from '../providers/input-checks.ts';
import type {
  FieldChange,
  InputProblem,
  OperationKind,
  Provider,
  Warning,
} from '../providers/provider.ts';
import { type BadgesContext, refuseHalfCharacters } from './context.ts';
import {
  AwardBadgePayload,
  type BadgeChange,
  type BadgeOperation,
  type BadgeWarning,
  CreateBadgePayload,
  DeleteBadgePayload,
  OPERATIONS,
  RevokeBadgePayload,
  UpdateBadgePayload,
} from './payloads.ts';
import type { Outcome } from './writing/outcome.ts';
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
      'A unique string that you choose for each intended change: 1 to 200 visible ASCII characters without spaces. A retry with the same key and input within 24 hours does not write again and returns the same result.',
  })
  idempotencyKey?: string | null;
}

@ArgsType()
class VersionedMutationArgs extends MutationArgs {
  @Field(() => String, {
    nullable: true,
    description:
      "The `version` that you last read. If the badge has a different version by now, nothing is written and a BadgeConflictError contains its current state. A simultaneous edit in the provider's dashboard cannot be ruled out. If omitted, the version is not checked. Null and an empty string are rejected.",
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
    return run(context, { kind: 'create', input, args });
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
    return run(context, { kind: 'update', input, args });
  }

  @Mutation(() => DeleteBadgePayload, {
    description: 'Deletes a badge. This service cannot restore it.',
  })
  deleteBadge(
    @Arg('input', () => DeleteBadgeInput, { description: 'The badge.' }) input: DeleteBadgeInput,
    @Args(() => VersionedMutationArgs) args: VersionedMutationArgs,
    @Ctx() context: BadgesContext,
  ): Promise<DeleteBadgePayload> {
    return run(context, { kind: 'delete', input, args });
  }

  @Mutation(() => AwardBadgePayload, { description: 'Awards badges to a member.' })
  awardBadge(
    @Arg('input', () => AwardBadgeInput, { description: 'The badges and the member.' })
    input: AwardBadgeInput,
    @Args(() => MutationArgs) args: MutationArgs,
    @Ctx() context: BadgesContext,
  ): Promise<AwardBadgePayload> {
    return run(context, { kind: 'award', input, args });
  }

  @Mutation(() => RevokeBadgePayload, { description: 'Revokes a badge from a member.' })
  revokeBadge(
    @Arg('input', () => RevokeBadgeInput, { description: 'The badge and the member.' })
    input: RevokeBadgeInput,
    @Args(() => MutationArgs) args: MutationArgs,
    @Ctx() context: BadgesContext,
  ): Promise<RevokeBadgePayload> {
    return run(context, { kind: 'revoke', input, args });
  }
}

interface Received {
  kind: OperationKind;
  input: Readonly<Record<string, object | null | undefined>>;
  args: MutationArgs & VersionedMutationArgs;
}

/** Everything that a payload can have: the type of each selects its own fields. */
type Parts = CreateBadgePayload & UpdateBadgePayload & DeleteBadgePayload & AwardBadgePayload;

async function run(context: BadgesContext, received: Received): Promise<Parts> {
  const outcome = await runReceived(context, received);
  const [key = ''] = Object.keys(received.input);
  const provider = providers.find((each) => each.key === key);
  return toParts(outcome, { provider, operation: toBadgeOperation(received.kind) });
}

function runReceived(
  context: BadgesContext,
  { kind, input, args: { dryRun, idempotencyKey, expectedVersion } }: Received,
): Promise<Outcome> {
  const problems = [
    ...refuseLost('dryRun', dryRun, 'Set it to true or false'),
    ...refuseLost('expectedVersion', expectedVersion, 'Set it to the version that you last read'),
    ...refuseHalfCharacters({ input, idempotencyKey, expectedVersion }),
  ];
  const request = {
    kind,
    oneOf: withCanonicalIds(input),
    dryRun: dryRun ?? false,
    idempotencyKey: idempotencyKey ?? null,
    expectedVersion: expectedVersion ?? undefined,
  };
  return runMutation(context, request, problems);
}

/**
 * A client that lost a value and sends null or an empty string has not decided anything. Omitting the argument is
 * deliberate.
 */
function refuseLost(name: string, value: unknown, advice: string): InputProblem[] {
  if (value !== null && value !== '') return [];
  const what = value === null ? 'null' : 'empty';
  return [invalid(name, `Argument "${name}" must not be ${what}. ${advice}, or omit it.`)];
}

/** `provider` is undefined if the input names none. */
function toParts(
  { status, badges, memberBadges, deletedBadgeId, ...outcome }: Outcome,
  { provider, operation }: { provider: Provider | undefined; operation: BadgeOperation },
): Parts {
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
  return {
    code,
    message,
    fields: fields.map((field) => ['input', provider?.key ?? '', field]),
  };
}

/** `kind` may be recorded by a newer version. */
export function toBadgeOperation(kind: string): BadgeOperation {
  const operation = kind.toUpperCase();
  return isOperation(operation) ? operation : 'OTHER';
}

function isOperation(text: string): text is BadgeOperation {
  return Object.hasOwn(OPERATIONS, text);
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
  return {
    field,
    sharedField: Object.hasOwn(sharedFields, field) ? (sharedFields[field] ?? null) : null,
    before: before === null ? null : toValue(before),
    beforeKnown: before !== null || operation === 'CREATE',
    after: toValue(after),
  };
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
