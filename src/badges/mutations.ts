import 'reflect-metadata';
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { BadgesContext } from './context.ts';
import { UpdateBadgeInput } from './inputs.ts';
import { UpdateBadgePayload } from './payloads.ts';
import { updateBadge } from './update-badge.ts';

@Resolver()
export class BadgeMutations {
  @Mutation(() => UpdateBadgePayload, {
    description:
      'Changes the given fields of one badge and keeps all others. Sent to the provider at most once; whatever is refused or fails is in `userErrors`.',
  })
  updateBadge(
    @Arg('input', () => UpdateBadgeInput, { description: 'The badge and its new values.' })
    input: UpdateBadgeInput,
    @Arg('dryRun', () => Boolean, {
      nullable: true,
      defaultValue: false,
      description:
        'Does all but the write: shows the changes, warnings and errors that it would have.',
    })
    dryRun: boolean | null,
    @Ctx() context: BadgesContext,
  ): Promise<UpdateBadgePayload> {
    return updateBadge(context, input, { dryRun: dryRun ?? false });
  }
}
