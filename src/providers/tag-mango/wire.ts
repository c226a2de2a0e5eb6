import { z } from 'zod';
import { envelopeError } from '../../http/classify.ts';
import { badResponse } from '../../http/provider-error.ts';
import { isObject } from '../json.ts';

const text = z.string().nullish();

export const recordSchema = z.object({
  id: z.string().min(1),
  creator: text,
  name: z.string(),
  description: text,
  imageUrl: text,
  enableAutomation: z.boolean().nullish(),
  pointsThreshold: z.number().nullish(),
  pointCategoryForAutomation: text,
  automationEnabledMangoes: z.array(z.string()).nullish(),
  createdAt: z.iso.datetime({ offset: true }).nullish(),
  updatedAt: z.iso.datetime({ offset: true }).nullish(),
});

/** A badge as read. Undefined: absent, so that nobody knows; null: null on the wire. */
export type TagMangoRecord = Readonly<z.infer<typeof recordSchema>>;

/**
 * The payload inside `{success, result}`, inside `{success, data}`, or bare: the provider's pages show all three.
 * An object without `success` is a payload, also when it has a `data` of its own.
 */
export function unwrap(json: unknown): unknown {
  if (json === undefined) throw badResponse('answered without a body');
  if (!isObject(json) || typeof json.success !== 'boolean') return json;
  // One of the provider's pages says `statusCode` where the others say `code`.
  if (!json.success) throw envelopeError(json.code ?? json.statusCode);
  if ('result' in json) return json.result;
  if ('data' in json) return json.data;
  return json;
}
