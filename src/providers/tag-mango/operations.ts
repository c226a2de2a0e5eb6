import { GraphQLError } from 'graphql';
import 'reflect-metadata';
import {
  Arg,
  Ctx,
  Directive,
  Field,
  ID,
  InputType,
  Int,
  ObjectType,
  Query,
  Resolver,
} from 'type-graphql';
import { valueOf } from '../../http/json.ts';
import type { FieldsOf } from '../field-table.ts';
import { EMAIL_RULE, entriesAtFault, invalid, isEmail, refuseMany } from '../input-checks.ts';
import type {
  FieldChange,
  InputProblem,
  Operation,
  ProviderContext,
  Warning,
  WritePlan,
} from '../provider.ts';
import { createPartialWrites, planAward } from '../writes.ts';
import { type RULES, TagMangoBadge, isObjectId, table } from './badge.ts';
import { type TagMangoClient, toTagMangoClient } from './client.ts';

type Fields = FieldsOf<typeof RULES>;

export const { create: createOperation, update: updateOperation } = createPartialWrites<
  typeof RULES,
  TagMangoClient,
  TagMangoBadge
>({
  table,
  createInput: table.createInput(
    'CreateTagMangoBadgeInput',
    'A new TagMango badge. Only the given fields are sent, and a null as in an update (inferred). The names of fields other than `name` are inferred from the API responses. Automation runs either by points or by subscription, never both.',
  ),
  updateInput: table.updateInput(
    'UpdateTagMangoBadgeInput',
    'New values for a TagMango badge. Only the given fields are sent. Automation runs either by points or by subscription, never both: an update that would leave a badge with automation enabled and both `pointsThreshold` and `automationEnabledMangoes` set is rejected. To switch from one to the other, set one and clear the other. That null clears a field and that TagMango keeps omitted fields is inferred.',
  ),
  create: (client, body, bounds) => client.createBadge(body, bounds),
  update: (client, id, body, bounds) => client.updateBadge(id, body, bounds),
  check: (input, kind) => [
    ...refuseForeignIds(input.automationEnabledMangoes ?? []),
    ...(kind === 'create' || input.enableAutomation === true ? refuseBothKinds(input) : []),
  ],
  judge: planAutomation,
});

function refuseForeignIds(
  mangoes: NonNullable<Fields['automationEnabledMangoes']>,
): InputProblem[] {
  const isForeign = (id: string): boolean => !isObjectId(id);
  if (!mangoes.some(isForeign)) return [];
  const message =
    'Each mango ID must be 24 hexadecimal digits, like all IDs in the samples of TagMango (inferred).';
  return [invalid('automationEnabledMangoes', message + entriesAtFault(mangoes, isForeign))];
}

function hasPoints(values: object): boolean {
  return typeof valueOf(values, 'pointsThreshold') === 'number';
}

function hasMangoes(values: object): boolean {
  const mangoes = valueOf(values, 'automationEnabledMangoes');
  return Array.isArray(mangoes) && mangoes.length > 0;
}

/** Printed in the graph with these texts as descriptions. */
export const AUTOMATION_WARNINGS = {
  AUTOMATION_DELAYED: 'Members gain or lose the badge with a delay after the change.',
  AUTOMATION_WITHOUT_RULE:
    'Automation is enabled, but the badge has neither a points threshold nor a subscription for it to use.',
} as const;

function warning(
  code: keyof typeof AUTOMATION_WARNINGS,
  message: string,
  fields: string[],
): Warning {
  return { code, message, fields };
}

const AUTOMATION_FIELDS = [
  'enableAutomation',
  'pointsThreshold',
  'pointCategoryForAutomation',
  'automationEnabledMangoes',
];

/** Each is the rule of one kind of automation. */
const RULE_FIELDS = ['pointsThreshold', 'automationEnabledMangoes'];

/**
 * What a write does to automation, judged by the badge as it will be: the provider takes one kind at a time, and only
 * while automation is on. `before` undefined: a new badge, or one that could not be read.
 */
function planAutomation(
  changes: readonly FieldChange[],
  { before, body }: { before: object | undefined; body: object },
): Pick<WritePlan, 'warnings' | 'problems'> {
  const fields = changes
    .map(({ field }) => field)
    .filter((field) => AUTOMATION_FIELDS.includes(field));
  const after = { ...before, ...body };
  if (fields.length === 0 || isOff(after)) return { warnings: [], problems: [] };
  if (hasPoints(after) && hasMangoes(after)) return { warnings: [], problems: [bothKinds(fields)] };
  return { warnings: toWarnings(fields, before, after), problems: [] };
}

/** None for a badge that has no rule, before and after, and is not switched on. */
function toWarnings(fields: string[], before: object | undefined, after: object): Warning[] {
  if (before === undefined || hasRule(after)) return [delayed(fields)];
  if (valueOf(after, 'enableAutomation') === true) return [withoutRule(fields)];
  return hasRule(before) ? [delayed(fields)] : [];
}

function hasRule(values: object): boolean {
  return hasPoints(values) || hasMangoes(values);
}

/** For an input that says enough by itself: no badge needs to be read to refuse it. */
function refuseBothKinds(input: object): InputProblem[] {
  const isRefused =
    !isOff({ enableAutomation: undefined, ...input }) && hasPoints(input) && hasMangoes(input);
  return isRefused ? [bothKinds(RULE_FIELDS)] : [];
}

/** A badge that does not show the field may be on. */
function isOff(after: object): boolean {
  const isOn = valueOf(after, 'enableAutomation');
  return isOn === false || isOn === null;
}

function bothKinds(fields: readonly string[]): InputProblem {
  const rules = fields.filter((name) => RULE_FIELDS.includes(name));
  return {
    code: 'INVALID_INPUT',
    fields: (rules.length > 0 ? rules : fields.slice(0, 1)).map((field) => [field]),
    message:
      'TagMango runs one kind of automation at a time, but the badge would have both while automation is enabled. Set either "pointsThreshold" or "automationEnabledMangoes" and clear the other with null, or set "enableAutomation" to false.',
  };
}

function delayed(fields: string[]): Warning {
  const message = 'TagMango applies the new rule to members with a delay.';
  return warning('AUTOMATION_DELAYED', message, fields);
}

function withoutRule(fields: string[]): Warning {
  const message =
    'Automation is enabled, but the badge has neither "pointsThreshold" nor "automationEnabledMangoes". Set one of them, otherwise no member gets the badge.';
  return warning('AUTOMATION_WITHOUT_RULE', message, fields);
}

/** The answer, the records and what is kept under an idempotency key grow with it. */
const MAX_BADGES = 50;

@InputType({
  description:
    'TagMango badges to award and the member who receives them. TagMango cannot revoke badges. That the member keeps all other badges is inferred.',
})
class AwardTagMangoBadgeInput {
  @Field(() => ID, {
    description:
      "TagMango's ID of the member: 24 hexadecimal digits, as in all samples (inferred).",
  })
  userId!: string;

  @Field(() => [ID], {
    description: `IDs of the badges, without duplicates and at most ${MAX_BADGES}.`,
  })
  badgeIds!: string[];
}

export const awardOperation: Operation<AwardTagMangoBadgeInput, TagMangoClient, TagMangoBadge> = {
  inputClass: AwardTagMangoBadgeInput,
  check: checkAward,
  target: ({ badgeIds }) => ({ field: 'badgeIds', ids: badgeIds, isLocked: false }),
  canSkipRead: () => true,
  memberId: ({ userId }) => userId,
  plan: (input, { knownHeld }) => planAward({ badges: input.badgeIds }, input, knownHeld),
  send: (client, { input, body }, bounds) => client.assignBadges(input.userId, body, bounds),
};

function checkAward({ userId, badgeIds }: AwardTagMangoBadgeInput): InputProblem[] {
  const problems: InputProblem[] = [];
  if (!isObjectId(userId)) {
    problems.push(
      invalid(
        'userId',
        'Field "userId" must be the ID of the member at TagMango: 24 hexadecimal digits, like all IDs in its samples (inferred).',
      ),
    );
  }
  problems.push(...refuseMany('badgeIds', badgeIds, MAX_BADGES));
  if (badgeIds.length === 0)
    problems.push(invalid('badgeIds', 'Field "badgeIds" must contain at least one badge ID.'));
  const first = new Map<string, number>();
  badgeIds.forEach((id, index) => first.has(id) || first.set(id, index));
  if (first.size < badgeIds.length) {
    const where = entriesAtFault(badgeIds, (id, index) => first.get(id) !== index);
    problems.push(invalid('badgeIds', `Field "badgeIds" must not contain duplicates.${where}`));
  }
  return problems;
}

@ObjectType({
  description:
    'A member of a TagMango creator. Only `tagMangoMember` returns members: resolving them by key would cost two API calls each.',
})
@Directive('@key(fields: "id", resolvable: false)')
class TagMangoMember {
  @Field(() => ID, { description: "TagMango's ID of the member." })
  id!: string;

  @Field(() => [TagMangoBadge], { description: 'Badges that the member has.' })
  badges!: readonly TagMangoBadge[];

  @Field(() => Int, {
    description: 'Number of badges of the member that are omitted because they could not be read.',
  })
  droppedBadges!: number;
}

@Resolver()
export class TagMangoMemberQueries {
  @Query(() => TagMangoMember, {
    nullable: true,
    description:
      'Looks up a member of a TagMango creator by e-mail address, phone number or both. If both are given, they must belong to the same member. Null if TagMango has no such member.',
  })
  async tagMangoMember(
    @Arg('email', () => String, { nullable: true, description: 'E-mail address of the member.' })
    email: string | null,
    @Arg('phone', () => String, {
      nullable: true,
      description:
        'Phone number of the member: 4 to 20 digits including the country code, with or without a + before them and without spaces (inferred).',
    })
    phone: string | null,
    @Ctx() context: ProviderContext,
  ): Promise<TagMangoMember | null> {
    if (!email && !phone)
      throw badArgument('Set the e-mail address or the phone number of the member.');
    if (email && !isEmail(email)) throw badArgument(`Argument "email" ${EMAIL_RULE}`);
    if (phone && !/^\+?\d{4,20}$/.test(phone))
      throw badArgument(
        'Argument "phone" must be 4 to 20 digits, with or without a + before them and without spaces.',
      );
    const client = toTagMangoClient(context.clientOf('tagMango'));
    const found = await client.findMember(
      { email: email || null, phone: phone?.replace('+', '') || null },
      context.bounds,
    );
    if (found === null) return null;
    const badges = await context.withRecentWrites('tagMango', found.badges);
    return { ...found, badges: badges.filter((badge) => badge instanceof TagMangoBadge) };
  }
}

function badArgument(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'INVALID_INPUT' } });
}
