import 'reflect-metadata';
import { Arg, Args, ArgsType, Ctx, Field, Mutation, Resolver } from 'type-graphql';
import { invalid } from '../providers/input-checks.ts';
import type { InputProblem, OperationKind } from '../providers/provider.ts';
import { type BadgesContext, refuseHalfCharacters } from './context.ts';
import {
  AwardBadgeInput,
  CreateBadgeInput,
  DeleteBadgeInput,
  RevokeBadgeInput,
  UpdateBadgeInput,
  withCanonicalIds,
} from './inputs.ts';
import {
  AwardBadgePayload,
  CreateBadgePayload,
  DeleteBadgePayload,
  RevokeBadgePayload,
  UpdateBadgePayload,
} from './payloads.ts';
import { runMutation } from './writing/run-mutation.ts';
import { refuse } from './writing/write.ts';

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
  if (problems.length > 0) return refuse([], problems);
  return runMutation(context, {
    kind,
    oneOf: withCanonicalIds(input),
    dryRun: dryRun ?? false,
    idempotencyKey: idempotencyKey ?? null,
  });
}

/** Who says neither yes nor no has not agreed to the write. Left out, it is false. */
function refuseNullDryRun(dryRun: boolean | null | undefined): InputProblem[] {
  const message = 'Argument "dryRun" must not be null. Set it to true or false, or omit it.';
  return dryRun === null ? [invalid('dryRun', message)] : [];
}

/** Each payload shows of an outcome what its type has. */
async function toPayload<P extends Payload>(
  PayloadClass: new () => P,
  running: ReturnType<typeof runMutation>,
): Promise<P> {
  const outcome = await running;
  return Object.assign(new PayloadClass(), { ...outcome, badge: outcome.badges[0] ?? null });
}
