import type { FieldsOf } from '../field-table.ts';
import { valueOf } from '../../http/json.ts';
import { invalid } from '../input-checks.ts';
import { createPartialWrites } from '../partial-writes.ts';
import type { FieldChange, InputProblem, Warning, WritePlan } from '../provider.ts';
import { type RULES, type TagMangoBadge, isObjectId, table } from './badge.ts';
import type { TagMangoClient } from './client.ts';

type Fields = FieldsOf<typeof RULES>;

export const { create: createOperation, update: updateOperation } = createPartialWrites<
  typeof RULES,
  TagMangoClient,
  TagMangoBadge
>({
  table,
  createInput: table.createInput(
    'CreateTagMangoBadgeInput',
    'A new TagMango badge. Only the given fields are sent. The names of fields other than `name` are inferred from the API responses. Automation runs either by points or by subscription, never both.',
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
  return mangoes.every(isObjectId)
    ? []
    : [
        invalid(
          'automationEnabledMangoes',
          'Each mango ID must be 24 hexadecimal digits, like all IDs in the samples of TagMango (inferred).',
        ),
      ];
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
  const isSwitchedOn = valueOf(after, 'enableAutomation') === true;
  const hasNoRule = isSwitchedOn && before !== undefined && !hasPoints(after) && !hasMangoes(after);
  return { warnings: hasNoRule ? [withoutRule(fields)] : [delayed(fields)], problems: [] };
}

/** For an input that says enough by itself: no badge needs to be read to refuse it. */
function refuseBothKinds(input: object): InputProblem[] {
  const isRefused =
    !isOff({ enableAutomation: undefined, ...input }) && hasPoints(input) && hasMangoes(input);
  return isRefused ? [bothKinds(AUTOMATION_FIELDS)] : [];
}

/** A badge that does not show the field may be on. */
function isOff(after: object): boolean {
  const isOn = valueOf(after, 'enableAutomation');
  return isOn === false || isOn === null;
}

function bothKinds(fields: readonly string[]): InputProblem {
  const field = fields.find((name) => name.startsWith('automation')) ?? fields[0] ?? '';
  return invalid(
    field,
    'TagMango runs one kind of automation at a time, but the badge would have both while automation is enabled. Set either "pointsThreshold" or "automationEnabledMangoes" and clear the other with null, or set "enableAutomation" to false.',
  );
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
