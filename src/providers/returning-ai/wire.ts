import { z } from 'zod';
import { badResponse } from '../../http/provider-error.ts';
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
export function unwrap(json: unknown): unknown {
  if (!isObject(json)) throw badResponse('answered without its envelope');
  const isRefusal = json.success === false || (isObject(json.meta) && json.meta.success === false);
  if (isRefusal) throw badResponse('refused the request inside its answer', 'refused');
  const payload = json.body ?? json.data;
  if (payload === undefined) throw badResponse('answered without a body in its envelope');
  return payload;
}

/** The payload of the integration API's `{status, data}`. */
export function unwrapIntegration(json: unknown): unknown {
  if (!isObject(json) || json.status !== 'success') {
    throw badResponse('refused the request inside its answer', 'refused');
  }
  return json.data;
}

/** The list inside the payload: itself an array, or an object that holds one (inferred). */
export function toRecords(payload: unknown): unknown {
  if (!isObject(payload)) return payload;
  const arrays = Object.values(payload).filter(Array.isArray);
  return arrays.length === 1 ? arrays[0] : payload;
}
