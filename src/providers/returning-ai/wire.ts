import { z } from 'zod';
import { isObject } from '../../http/json.ts';
import type { ShownOnly } from '../badge-list.ts';

/**
 * Answers hold numbers and booleans as strings, and "" where there is none (inferred); requests take the native types.
 * An integer is one that can be written back as it was read.
 */
const text = z.string().nullish();
const integer = z
  .union([z.int(), z.string().regex(/^(-?\d+)?$/)])
  .nullable()
  .transform((value) => (value === '' || value === null ? null : Number(value)))
  .pipe(z.int().nullable())
  .optional();
const boolean = z
  .union([z.boolean(), z.enum(['true', 'false', ''])])
  .nullable()
  .transform((value) => (value === '' || value === null ? null : String(value) === 'true'))
  .optional();

export const recordSchema = z.object({
  id: z.string().min(1),
  title: z.string(),
  action: text,
  quantity: integer,
  image: text,
  description: text,
  darkImage: text,
  lightImage: text,
  enabledDarkAndLight: boolean,
  award: boolean,
  awardCurrency: boolean,
  awardXpQuantity: integer,
  awardCurrencyQuantity: integer,
  attachRequired: boolean,
  awarded: boolean,
  /** Ours, not the provider's: changes with what this service writes to fields that the record does not show. */
  hiddenRevision: z.string().optional(),
});

/** A badge as read, in the types that a write takes. Undefined: not shown. Null: shown as null, or "" for a number or boolean. */
export type ReturningAIRecord = Readonly<z.infer<typeof recordSchema>>;

const AWARDED_WORDS = ['true', 'false', ''];

/** That `awarded` is not `award` is inferred; no request takes it. */
export const SHOWN_ONLY: ShownOnly = {
  awarded(value) {
    if (typeof value === 'boolean') return value;
    const word = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
    return AWARDED_WORDS.find((known) => known === word);
  },
};

/** The payload of `{meta, body}`; siblings of the badge routes wrap it as `data` instead. */
export function toPayload(json: unknown): unknown {
  return isObject(json) ? (json.body ?? json.data) : undefined;
}

export function isRecord(value: unknown): boolean {
  return isObject(value) && 'title' in value && ('id' in value || '_id' in value);
}
