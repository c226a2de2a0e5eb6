import { z } from 'zod';
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

/** The payload inside `{success, result}`, inside `{success, data}`, or bare: the provider's pages show all three. */
export function toPayload(json: unknown): unknown {
  if (!isObject(json) || isRecord(json)) return json;
  if ('result' in json) return json.result;
  return 'data' in json ? json.data : json;
}

export function isRecord(value: unknown): boolean {
  return isObject(value) && 'name' in value && ('_id' in value || 'id' in value);
}
