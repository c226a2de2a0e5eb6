import 'reflect-metadata';
import { Directive, Field, ID, InputType } from 'type-graphql';
import type { CallBounds } from '../../http/admission.ts';
import { FullUpdateInput, createFullWrites } from '../full-writes.ts';
import { EMAIL_RULE, invalid, isEmail } from '../input-checks.ts';
import type { InputProblem, Operation, Prepared } from '../provider.ts';
import { type Holding, createDeletion, planAward, planRevoke, withShownFields } from '../writes.ts';
import { type RULES, type ReturningAIBadge, name, table } from './badge.ts';
import type { ReturningAIClient } from './client.ts';

export const { create: createOperation, update: updateOperation } = createFullWrites<
  typeof RULES,
  ReturningAIClient,
  ReturningAIBadge
>({
  table,
  title: name.title,
  statements: {
    replaces: 'Returning.AI replaces the whole badge at each update (inferred)',
    mayReset: 'Returning.AI may reset them (inferred)',
  },
  createInput: table.createInput(
    'CreateReturningAIBadgeInput',
    'A new Returning.AI badge. All fields are sent. Omitted fields have the default values shown.',
  ),
  updateInput: table.updateInput(
    'UpdateReturningAIBadgeInput',
    'New values for a Returning.AI badge. Omitted fields keep their values. Returning.AI replaces the whole badge at each update (inferred from its documented request), and its documented answers do not show seven of the fields: `darkImage`, `lightImage`, `enabledDarkAndLight`, `award`, `awardCurrency`, `awardXpQuantity`, `awardCurrencyQuantity`. An omitted field that the provider shows is sent back as shown. An omitted field that it does not show is sent with the value that this service last wrote, provided that all shown fields are unchanged since that write. Otherwise the update is rejected with a single HIDDEN_FIELDS_UNKNOWN error that lists all such fields: set them, or choose a policy with `hiddenFields`.',
    FullUpdateInput,
  ),
  create: (client, body, bounds) => client.createBadge(body, bounds),
  update: (client, id, body, bounds) => client.updateBadge(id, body, bounds),
});

export const deleteOperation = createDeletion<ReturningAIClient, ReturningAIBadge>({
  table,
  name: 'DeleteReturningAIBadgeInput',
  description:
    'The Returning.AI badge to delete. This service cannot restore it. The path of the API call is inferred.',
  send: (client, id, bounds) => client.deleteBadge(id, bounds),
  beside: ['id', 'hiddenRevision'],
});

/** Samples of the badge routes have a short numeric id; that no other id of a user counts there is inferred. */
const USER_ID = /^\d{1,20}$/;

@InputType({
  description: 'A member of a Returning.AI community, identified by ID or e-mail address.',
})
@Directive('@oneOf')
export class ReturningAIUserInput {
  @Field(() => ID, {
    nullable: true,
    description:
      "Returning.AI's ID of the member: 1 to 20 digits. That only numeric IDs are accepted is inferred from the samples.",
  })
  id?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'E-mail address of the member. Requires access to the integration API. That awards accept the ID found there is inferred.',
  })
  email?: string | null;
}

@InputType()
abstract class BadgeAndUserInput {
  @Field(() => ID, { description: "Returning.AI's ID of the badge." })
  badgeId!: string;

  @Field(() => ReturningAIUserInput, { description: 'The member.' })
  user!: ReturningAIUserInput;
}

@InputType({ description: 'The Returning.AI badge to award and the member who receives it.' })
class AwardReturningAIBadgeInput extends BadgeAndUserInput {}

@InputType({ description: 'The Returning.AI badge to revoke and the member who loses it.' })
class RevokeReturningAIBadgeInput extends BadgeAndUserInput {}

/** The member, whom the input may name by the e-mail address only. */
interface FoundUser {
  id: string;
}

type UserOperation = Operation<BadgeAndUserInput, ReturningAIClient, ReturningAIBadge, FoundUser>;

const common: Omit<UserOperation, 'inputClass' | 'plan' | 'send'> = {
  check: ({ user }) => checkUser(user),
  target: ({ badgeId }) => ({ field: 'badgeId', ids: [badgeId], isLocked: false }),
  canSkipRead: () => true,
  prepare: findUser,
  memberId: ({ user }, found) => found?.id ?? user.id ?? null,
  toStanding: withShownFields,
};

const idOf = (found: FoundUser | undefined): string => found?.id ?? '';

function toHolding({ badgeId }: BadgeAndUserInput, found: FoundUser | undefined): Holding {
  return { userId: idOf(found), badgeIds: [badgeId] };
}

export const awardOperation: UserOperation = {
  ...common,
  inputClass: AwardReturningAIBadgeInput,
  // That these are all badges of the member is inferred.
  showsMember: true,
  plan: (input, { found, knownHeld }) =>
    planAward({ userId: idOf(found) }, toHolding(input, found), knownHeld),
  send: (client, { input: { badgeId }, body, found }, bounds) =>
    client.awardBadge({ id: badgeId, memberId: idOf(found) }, body, bounds),
};

export const revokeOperation: UserOperation = {
  ...common,
  inputClass: RevokeReturningAIBadgeInput,
  plan: (input, { found }) => planRevoke({ userId: idOf(found) }, toHolding(input, found)),
  send: (client, { input: { badgeId }, body, found }, bounds) =>
    client.removeBadge({ id: badgeId, memberId: idOf(found) }, body, bounds),
};

function checkUser({ id, email }: ReturningAIUserInput): InputProblem[] {
  if ((id == null) === (email == null))
    return [at([], 'Set either the ID or the e-mail address of the member.')];
  if (id != null && !USER_ID.test(id)) {
    return [
      at(
        ['id'],
        'Field "id" must be the ID of the member at Returning.AI: 1 to 20 digits (inferred: all its samples are numeric).',
      ),
    ];
  }
  return email != null && !isEmail(email) ? [at(['email'], `Field "email" ${EMAIL_RULE}`)] : [];
}

async function findUser(
  client: ReturningAIClient,
  { user }: BadgeAndUserInput,
  bounds: CallBounds,
): Promise<Prepared<FoundUser>> {
  const { email } = user;
  if (email == null) return { found: { id: user.id ?? '' } };
  if (!client.findUserId) {
    const message =
      'Members can only be found by ID, because the integration API is not configured.';
    return { problems: [at(['email'], message)] };
  }
  const id = await client.findUserId(email, bounds);
  if (id !== null && USER_ID.test(id)) return { found: { id } };
  const message =
    id === null
      ? 'Returning.AI has no member with this e-mail address.'
      : 'Returning.AI has a member with this e-mail address, but the ID that it gives is none that its badge routes take: 1 to 20 digits (inferred).';
  return { problems: [{ ...at(['email'], message), code: 'NOT_FOUND' }] };
}

function at(path: string[], message: string): InputProblem {
  return { ...invalid('user', message), fields: [['user', ...path]] };
}
