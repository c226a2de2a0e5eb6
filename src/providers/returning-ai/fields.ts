import { z } from 'zod';
import { isHttpsOrLoopbackUrl } from '../https-url.ts';
import {
  TEXT_CHARACTERS,
  refuseBlank,
  refuseControls,
  refuseControlsInLines,
  refuseFraction,
  refuseImage,
  refuseLong,
  refuseNull,
  toChange,
  valueOf,
} from '../input-checks.ts';
import type { FieldChange, InputProblem, InputRules } from '../provider.ts';
import { withoutSignature } from '../shown-values.ts';
import type { ReturningAIRecord } from './wire.ts';

/** What can be written, in the documented order. An update replaces all of it (inferred): what is left out may be reset. */
export const WRITABLE_FIELDS = [
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
export type WritableField = (typeof WRITABLE_FIELDS)[number];

/** Null clears these (inferred), and is an error for the others. */
const CLEARABLE_FIELDS: readonly string[] = ['image', 'description', 'darkImage', 'lightImage'];

/** A field of a record as a write takes it. Undefined: the record does not show it, or shows nothing that can be written. */
export function shownValue(record: Partial<ReturningAIRecord>, field: WritableField): unknown {
  const value = record[field];
  return value === null && CLEARABLE_FIELDS.includes(field) ? '' : (value ?? undefined);
}

/** The same for two values between which a person would see no change. */
export function toComparable(field: WritableField, value: unknown): unknown {
  const isText = CLEARABLE_FIELDS.includes(field) || field === 'action';
  if (isText) return typeof value === 'string' ? withoutSignature(value) : '';
  return value ?? null;
}

/** The writable fields as an input gives them. */
export interface FieldsInput {
  title?: string | null;
  action?: string | null;
  quantity?: number | null;
  image?: string | null;
  description?: string | null;
  darkImage?: string | null;
  lightImage?: string | null;
  enabledDarkAndLight?: boolean | null;
  award?: boolean | null;
  awardCurrency?: boolean | null;
  awardXpQuantity?: number | null;
  awardCurrencyQuantity?: number | null;
  attachRequired?: boolean | null;
}

export function checkFields(input: FieldsInput, { isImageUrl }: InputRules): InputProblem[] {
  return [
    ...WRITABLE_FIELDS.filter((field) => !CLEARABLE_FIELDS.includes(field)).flatMap((field) =>
      refuseNull(field, input[field]),
    ),
    ...refuseBlank('title', input.title),
    ...refuseBlank('action', input.action),
    ...refuseControls('title', input.title),
    ...refuseControls('action', input.action),
    ...refuseControlsInLines('description', input.description),
    ...refuseLong('title', input.title, TEXT_CHARACTERS.name),
    ...refuseLong('action', input.action, TEXT_CHARACTERS.name),
    ...refuseLong('description', input.description, TEXT_CHARACTERS.description),
    ...refuseFraction('quantity', input.quantity),
    ...refuseFraction('awardXpQuantity', input.awardXpQuantity),
    ...refuseFraction('awardCurrencyQuantity', input.awardCurrencyQuantity),
    ...refuseImage('image', input.image, isImageUrl),
    ...refuseImage('darkImage', input.darkImage, isImageUrl),
    ...refuseImage('lightImage', input.lightImage, isImageUrl),
  ];
}

/** What a given value sends; null clears a text or a picture (inferred). */
export function toWireValue(value: unknown): unknown {
  return value ?? '';
}

const picture = z.string().refine((text) => text === '' || isHttpsOrLoopbackUrl(text));
const writtenSchemas: Readonly<Record<WritableField, z.ZodType>> = {
  title: z.string(),
  action: z.string(),
  quantity: z.int(),
  image: z.string(),
  description: z.string(),
  darkImage: picture,
  lightImage: picture,
  enabledDarkAndLight: z.boolean(),
  award: z.boolean(),
  awardCurrency: z.boolean(),
  awardXpQuantity: z.int(),
  awardCurrencyQuantity: z.int(),
  attachRequired: z.boolean(),
};

/** A remembered value. Undefined: none, or none that the field can have: memory is read like any other input. */
export function rememberedValue(
  values: Readonly<Record<string, unknown>>,
  field: WritableField,
): unknown {
  return writtenSchemas[field].safeParse(valueOf(values, field)).data;
}

/** Changes of a badge that was not there before. */
export function changesFromNothing(body: Readonly<Record<string, unknown>>): FieldChange[] {
  return Object.entries(body).flatMap(([field, value]) => toChange(field, undefined, value) ?? []);
}
