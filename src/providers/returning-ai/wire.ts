import { z } from 'zod';
import { isObject } from '../json.ts';

/** Answers hold numbers and booleans as strings, and "" where there is none; requests take the native types. */
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
const integer = z
  .union([z.int32(), z.string().regex(/^(-?\d+)?$/)])
  .nullish()
  .transform((value) => (value === '' || value == null ? null : Number(value)))
  .pipe(z.int32().nullable());
const boolean = z
  .union([z.boolean(), z.enum(['true', 'false', ''])])
  .nullish()
  .transform((value) => (value === '' || value == null ? null : String(value) === 'true'));

export const recordSchema = z.object({
  id: z.string().min(1),
  title: z.string(),
  action: text,
  quantity: integer,
  image: text,
  description: text,
  attachRequired: boolean,
  awarded: boolean,
});

/** A badge as read, in the types that a write takes. Null: absent, or "" for a number or boolean. */
export type ReturningAIRecord = Readonly<z.infer<typeof recordSchema>>;

/** The payload of `{meta, body}`; siblings of the badge routes wrap it as `data` instead. */
export function toPayload(json: unknown): unknown {
  return isObject(json) ? (json.body ?? json.data) : undefined;
}

export function isRecord(value: unknown): boolean {
  return isObject(value) && 'title' in value && ('id' in value || '_id' in value);
}
