import { z } from 'zod';
import type { Selection } from './selection.ts';

/** As little of a record as must be read, so that records of other versions are erased too. */
const recordSchema = z.looseObject({
  tenant: z.string(),
  provider: z.string(),
  badgeIds: z.array(z.string()).catch([]),
  memberId: z.unknown().optional(),
  changes: z.array(z.looseObject({})).catch([]),
});
type LooseRecord = z.output<typeof recordSchema>;

/** What becomes of a record. */
export type Verdict = 'kept' | 'erased' | 'unreadable' | { text: string };

/** An audit record, as it stands in every log. */
export function judgeRecord(text: string, selection: Selection): Verdict {
  const record = parseLoosely(text);
  if (!record) return 'unreadable';
  const { tenant, badge, member } = selection;
  if (record.tenant !== tenant) return 'kept';
  if (badge) return withoutBadge(record, badge);
  const isErased =
    member === undefined ||
    record.memberId === member ||
    record.changes.some((one) => mentions(one, member));
  return isErased ? 'erased' : 'kept';
}

function parseLoosely(text: string): LooseRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Of an award of several badges the others stay. */
function withoutBadge(
  record: LooseRecord,
  { provider, id }: NonNullable<Selection['badge']>,
): Verdict {
  if (record.provider !== provider || !record.badgeIds.includes(id)) return 'kept';
  const badgeIds = record.badgeIds.filter((badgeId) => badgeId !== id);
  if (badgeIds.length === 0) return 'erased';
  const changes = record.changes.filter((change) => !mentions(change, id));
  return { text: JSON.stringify({ ...record, badgeIds, changes }) };
}

/** How deep JSON may stand in texts of JSON: a change has its values so. */
const MOST_LAYERS = 8;

/** Whether the text is a value anywhere in this, also in JSON that is itself a text. */
export function mentions(value: unknown, text: string, layers = MOST_LAYERS): boolean {
  if (value === text) return true;
  if (layers === 0) return false;
  if (typeof value === 'string') {
    return value.includes(text) && mentions(fromJson(value), text, layers - 1);
  }
  return typeof value === 'object' && value !== null
    ? Object.values(value).some((inner) => mentions(inner, text, layers - 1))
    : false;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
