import {
  invalid,
  isGiven,
  refuseBlank,
  refuseImage,
  refuseNothingGiven,
  refuseNull,
  toChange,
  valueOf,
} from '../input-checks.ts';
import type { FieldChange, InputProblem, InputRules, UpdatePlan, Warning } from '../provider.ts';
import type { TagMangoBadge } from './badge.ts';
import { isObjectId } from './object-id.ts';
import type { UpdateTagMangoBadgeInput } from './update-input.ts';

/** Beside each field what a null in the input sends; without one, the field cannot be cleared. */
const CLEARED = {
  name: undefined,
  description: '',
  imageUrl: '',
  enableAutomation: undefined,
  /** That null clears these two is inferred: no page of the provider shows a null in a request. */
  pointsThreshold: null,
  pointCategoryForAutomation: null,
  automationEnabledMangoes: [],
} as const;
type WritableField = keyof typeof CLEARED;
const WRITABLE_FIELDS = Object.keys(CLEARED) as WritableField[];

const AUTOMATION_FIELDS = [
  'enableAutomation',
  'pointsThreshold',
  'pointCategoryForAutomation',
  'automationEnabledMangoes',
];

export function checkUpdate(
  input: UpdateTagMangoBadgeInput,
  { isImageUrl }: InputRules,
): InputProblem[] {
  return [
    ...refuseNothingGiven(input, WRITABLE_FIELDS),
    ...WRITABLE_FIELDS.filter((field) => CLEARED[field] === undefined).flatMap((field) =>
      refuseNull(field, input[field]),
    ),
    ...refuseBlank('name', input.name),
    ...refuseImage('imageUrl', input.imageUrl, isImageUrl),
    ...refuseForeignIds(input.automationEnabledMangoes ?? []),
    ...refuseBothAutomations(input),
  ];
}

function refuseForeignIds(mangoes: string[]): InputProblem[] {
  return mangoes.every(isObjectId)
    ? []
    : [invalid('automationEnabledMangoes', 'every mango id must be 24 hexadecimal digits')];
}

function refuseBothAutomations(input: UpdateTagMangoBadgeInput): InputProblem[] {
  return hasPoints(input) && hasMangoes(input)
    ? [
        invalid(
          'automationEnabledMangoes',
          'TagMango runs one kind of automation: give pointsThreshold or automationEnabledMangoes, and clear the other with null',
        ),
      ]
    : [];
}

/** Only what is given is sent: the provider keeps the rest. */
export function planUpdate(
  input: UpdateTagMangoBadgeInput,
  current: TagMangoBadge | undefined,
): UpdatePlan {
  const given = WRITABLE_FIELDS.filter((field) => isGiven(input, field));
  const body = Object.fromEntries(given.map((field) => [field, input[field] ?? CLEARED[field]]));
  const changes = given
    .map((field) => toChange(field, current && standing(current, field), body[field]))
    .filter((change) => change !== undefined);
  const warnings = automationWarnings(changes, body, current);
  return { body, givenFields: given, changes, warnings, problems: [] };
}

function standing(current: TagMangoBadge, field: WritableField): unknown {
  return current.record[field] ?? CLEARED[field] ?? null;
}

function automationWarnings(
  changes: FieldChange[],
  body: object,
  current: TagMangoBadge | undefined,
): Warning[] {
  const fields = changes
    .map(({ field }) => field)
    .filter((field) => AUTOMATION_FIELDS.includes(field));
  if (fields.length === 0) return [];
  const after = { ...current?.record, ...body };
  const delayed: Warning = {
    code: 'AUTOMATION_DELAYED',
    message: 'TagMango gives and withdraws the badge by the new rule some time later',
    fields,
  };
  const conflict: Warning = {
    code: 'AUTOMATION_CONFLICT',
    message:
      'The badge now holds both pointsThreshold and automationEnabledMangoes, and TagMango runs only one kind: clear the other with null',
    fields: ['pointsThreshold', 'automationEnabledMangoes'],
  };
  return hasPoints(after) && hasMangoes(after) ? [delayed, conflict] : [delayed];
}

function hasPoints(values: object): boolean {
  return typeof valueOf(values, 'pointsThreshold') === 'number';
}

function hasMangoes(values: object): boolean {
  const mangoes = valueOf(values, 'automationEnabledMangoes');
  return Array.isArray(mangoes) && mangoes.length > 0;
}
