import {
  TEXT_CHARACTERS,
  invalid,
  isGiven,
  refuseBlank,
  refuseControls,
  refuseControlsInLines,
  refuseImage,
  refuseLong,
  refuseMany,
  refuseNull,
  valueOf,
} from '../input-checks.ts';
import type { FieldChange, InputProblem, InputRules, Warning, WritePlan } from '../provider.ts';
import { isObjectId } from './settings.ts';
import { MAX_MANGOES } from './wire.ts';

/** The writable fields as an input gives them. */
export interface FieldsInput {
  name?: string | null;
  description?: string | null;
  imageUrl?: string | null;
  enableAutomation?: boolean | null;
  pointsThreshold?: number | null;
  pointCategoryForAutomation?: string | null;
  automationEnabledMangoes?: string[] | null;
}

/** Beside each field what a null in the input sends; without one, the field cannot be cleared. */
export const CLEARED = {
  name: undefined,
  description: '',
  imageUrl: '',
  enableAutomation: undefined,
  /** That null clears these two is inferred: no page of the provider shows a null in a request. */
  pointsThreshold: null,
  pointCategoryForAutomation: null,
  automationEnabledMangoes: [],
} as const;
export type WritableField = keyof typeof CLEARED;
export const WRITABLE_FIELDS = Object.keys(CLEARED) as WritableField[];

export function givenFields(input: FieldsInput): WritableField[] {
  return WRITABLE_FIELDS.filter((field) => isGiven(input, field));
}

/** Only what is given. */
export function toBody(input: FieldsInput): Record<string, unknown> {
  return Object.fromEntries(
    givenFields(input).map((field) => [field, input[field] ?? CLEARED[field]]),
  );
}

export function checkFields(input: FieldsInput, { isImageUrl }: InputRules): InputProblem[] {
  return [
    ...WRITABLE_FIELDS.filter((field) => CLEARED[field] === undefined).flatMap((field) =>
      refuseNull(field, input[field]),
    ),
    ...refuseBlank('name', input.name),
    ...refuseControls('name', input.name),
    ...refuseControls('pointCategoryForAutomation', input.pointCategoryForAutomation),
    ...refuseControlsInLines('description', input.description),
    ...refuseLong('name', input.name, TEXT_CHARACTERS.name),
    ...refuseLong('description', input.description, TEXT_CHARACTERS.description),
    ...refuseLong(
      'pointCategoryForAutomation',
      input.pointCategoryForAutomation,
      TEXT_CHARACTERS.name,
    ),
    ...refuseImage('imageUrl', input.imageUrl, isImageUrl),
    ...refuseMany('automationEnabledMangoes', input.automationEnabledMangoes, MAX_MANGOES),
    ...refuseForeignIds(input.automationEnabledMangoes ?? []),
  ];
}

function refuseForeignIds(mangoes: string[]): InputProblem[] {
  return mangoes.every(isObjectId)
    ? []
    : [
        invalid(
          'automationEnabledMangoes',
          'Each mango ID must be 24 hexadecimal digits, like all IDs in the samples of TagMango (inferred).',
        ),
      ];
}

export function hasPoints(values: object): boolean {
  return typeof valueOf(values, 'pointsThreshold') === 'number';
}

export function hasMangoes(values: object): boolean {
  const mangoes = valueOf(values, 'automationEnabledMangoes');
  return Array.isArray(mangoes) && mangoes.length > 0;
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
export function planAutomation(
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
export function refuseBothKinds(input: object): InputProblem[] {
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
  return {
    code: 'AUTOMATION_DELAYED',
    message: 'TagMango applies the new rule to members with a delay.',
    fields,
  };
}

function withoutRule(fields: string[]): Warning {
  return {
    code: 'AUTOMATION_WITHOUT_RULE',
    message:
      'Automation is enabled, but the badge has neither "pointsThreshold" nor "automationEnabledMangoes". Set one of them, otherwise no member gets the badge.',
    fields,
  };
}
