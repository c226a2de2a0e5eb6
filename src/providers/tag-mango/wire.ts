import { z } from 'zod';
import { isObject } from '../../http/json.ts';
import { type ShownOnly, toId } from '../badge-list.ts';
import { toInstant } from '../shown-values.ts';
import { toCanonicalId } from './settings.ts';

/** Of one badge; far more than a creator sells. Each is kept several times: in records, in the history and under the key. */
export const MAX_MANGOES = 1_000;

const text = z.string().nullish();
const id = z.string().min(1).transform(toCanonicalId);
const instant = z.iso.datetime({ offset: true });
/** Looked at before anything is made of it: one record may hold as much as a whole answer. */
const mangoes = z
  .custom<string[]>((value) => isShortList(value) && value.every((id) => typeof id === 'string'))
  .transform((ids) => ids.map(toCanonicalId));

function isShortList(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length <= MAX_MANGOES;
}

export const recordSchema = z.object({
  id,
  creator: id.nullish(),
  name: z.string(),
  description: text,
  imageUrl: text,
  enableAutomation: z.boolean().nullish(),
  pointsThreshold: z.number().nullish(),
  pointCategoryForAutomation: text,
  automationEnabledMangoes: mangoes.nullish(),
  createdAt: instant.nullish(),
  updatedAt: instant.nullish(),
});

/** Null for "", as elsewhere. */
function toTime(value: unknown): string | null | undefined {
  return value === '' ? null : (instant.safeParse(value).data ?? toInstant(value));
}

/** No update sends these unless it is told to: the provider keeps what is left out. */
export const SHOWN_ONLY: ShownOnly = {
  creator: (value) => (value === '' ? null : toId(value)),
  pointCategoryForAutomation: (value) => (typeof value === 'string' ? value : undefined),
  createdAt: toTime,
  updatedAt: toTime,
};

/** A badge as read. Undefined: absent, so unknown. Null: null on the wire. */
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
