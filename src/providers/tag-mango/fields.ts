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
import type { InputProblem, InputRules } from '../provider.ts';
import { isObjectId } from './object-id.ts';
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
          'every mango id must be 24 hexadecimal digits, as all ids in the samples of TagMango (inferred)',
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
