import { z } from 'zod';
import { envelopeError } from '../../http/classify.ts';
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

/** Throws when the answer holds no envelope, or a refusal. */
export function readEnvelope(json: unknown): Record<string, unknown> {
  if (!isObject(json)) throw badResponse('answered without its envelope');
  const meta = isObject(json.meta) ? json.meta : {};
  // This provider writes booleans as strings elsewhere.
  if ([json.success, meta.success].some((success) => success === false || success === 'false')) {
    throw envelopeError(meta.statusCode ?? json.statusCode ?? json.code);
  }
  return json;
}

/** The payload of `{meta, body}`; siblings of the badge routes wrap it as `data` instead. */
export function unwrap(json: unknown): unknown {
  const envelope = readEnvelope(json);
  const payload = envelope.body ?? envelope.data;
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

/** The list inside the payload: itself an array, or the one array of objects inside an object (inferred). */
export function toRecords(payload: unknown): unknown {
  if (!isObject(payload)) return payload;
  const arrays = Object.values(payload).filter(Array.isArray);
  const [records] = arrays;
  const isList = arrays.length === 1 && records?.length !== 0 && records?.every(isObject);
  if (!isList) throw badResponse('answered without a list of badges');
  if (typeof payload.total === 'number' && payload.total > records.length) {
    throw badResponse('answered with a part of its badges');
  }
  return records;
}
