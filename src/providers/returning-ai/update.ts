import {
  invalid,
  isGiven,
  refuseBlank,
  refuseImage,
  refuseNegative,
  refuseNothingGiven,
  refuseNull,
  toChange,
  valueOf,
} from '../input-checks.ts';
import type { FieldChange, InputProblem, InputRules, UpdatePlan, Warning } from '../provider.ts';
import type { ReturningAIBadge } from './badge.ts';
import type { UpdateReturningAIBadgeInput } from './update-input.ts';

/** The body of a PUT: what is left out of it may be reset. In the documented order. */
const WRITABLE_FIELDS = [
  'title',
  'action',
  'quantity',
  'image',
  'description',
  'darkImage',
  'lightImage',
  'enabledDarkAndLight',
  'award',
  'awardCurrency',
  'awardXpQuantity',
  'awardCurrencyQuantity',
  'attachRequired',
] as const;

/** Null clears these, and is an error for the others. */
const CLEARABLE_FIELDS: readonly string[] = ['image', 'description', 'darkImage', 'lightImage'];

export function checkUpdate(
  input: UpdateReturningAIBadgeInput,
  { isImageUrl }: InputRules,
): InputProblem[] {
  return [
    ...refuseNothingGiven(input, WRITABLE_FIELDS),
    ...WRITABLE_FIELDS.filter((field) => !CLEARABLE_FIELDS.includes(field)).flatMap((field) =>
      refuseNull(field, input[field]),
    ),
    ...refuseBlank('title', input.title),
    ...refuseBlank('action', input.action),
    ...refuseNegative('quantity', input.quantity),
    ...refuseNegative('awardXpQuantity', input.awardXpQuantity),
    ...refuseNegative('awardCurrencyQuantity', input.awardCurrencyQuantity),
    ...refuseImage('image', input.image, isImageUrl),
    ...refuseImage('darkImage', input.darkImage, isImageUrl),
    ...refuseImage('lightImage', input.lightImage, isImageUrl),
  ];
}

export function isCompleteUpdate(input: UpdateReturningAIBadgeInput): boolean {
  return WRITABLE_FIELDS.every((field) => isGiven(input, field));
}

/** The whole badge as it shall be. What is neither given nor readable would be reset, so it is refused or left out. */
export function planUpdate(
  input: UpdateReturningAIBadgeInput,
  current: ReturningAIBadge | undefined,
): UpdatePlan {
  const body: Record<string, unknown> = {};
  const changes: FieldChange[] = [];
  const unknownFields: string[] = [];

  for (const field of WRITABLE_FIELDS) {
    const before = current && (valueOf(current.record, field) ?? undefined);
    if (isGiven(input, field)) {
      body[field] = input[field] ?? '';
      const change = toChange(field, before, body[field]);
      if (change) changes.push(change);
    } else if (before !== undefined) {
      body[field] = before;
    } else {
      unknownFields.push(field);
    }
  }

  const mayOmit = input.hiddenFields === 'OMIT';
  return {
    body,
    givenFields: WRITABLE_FIELDS.filter((field) => isGiven(input, field)),
    changes,
    warnings: mayOmit && unknownFields.length > 0 ? [omitted(unknownFields)] : [],
    problems: mayOmit ? [] : unknownFields.map(unknownValue),
  };
}

function omitted(fields: string[]): Warning {
  return {
    code: 'HIDDEN_FIELDS_OMITTED',
    message: `Left out, so that Returning.AI may have reset them: ${fields.join(', ')}`,
    fields,
  };
}

function unknownValue(field: string): InputProblem {
  return {
    ...invalid(
      field,
      `Returning.AI replaces ${field} at every update and its value cannot be read: give it, or set hiddenFields to OMIT`,
    ),
    code: 'HIDDEN_FIELDS_UNKNOWN',
  };
}
