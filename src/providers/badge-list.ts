import type { ZodSafeParseResult } from 'zod';
import { badResponse } from '../http/provider-error.ts';
import type { BadgeFields } from './badge-fields.ts';
import type { BadgeList } from './provider.ts';

/** One record of a provider's answer, read. */
export type RecordReading<B extends BadgeFields> =
  | { badge: B }
  /** `id` is null when that is what could not be read; `field` is the provider's name of what could not. */
  | { malformed: { id: string | null; field: string } };

/** Makes a badge of a parsed record, or says which field could not be read, and of which badge. */
export function toReading<R, B extends BadgeFields>(
  parsed: ZodSafeParseResult<R>,
  options: { toBadge: (record: R) => B; id: unknown },
): RecordReading<B> {
  if (parsed.success) return { badge: options.toBadge(parsed.data) };
  const { id } = options;
  return {
    malformed: {
      id: typeof id === 'string' && id !== '' ? id : null,
      field: String(parsed.error.issues[0]?.path[0] ?? 'record'),
    },
  };
}

/**
 * Reads a provider's whole list. A malformed record costs the others nothing: it is dropped and counted.
 * Of records with the same id the first one counts.
 */
export function toBadgeList<B extends BadgeFields>(
  records: unknown,
  toBadge: (record: unknown) => RecordReading<B>,
): BadgeList<B> {
  if (!Array.isArray(records)) throw badResponse('answered without a list of badges');
  const badges: B[] = [];
  const seenIds = new Set<string>();
  const malformedIds = new Set<string>();
  let droppedRecords = 0;
  let firstMalformedField: string | undefined;

  for (const record of records) {
    const reading = toBadge(record);
    const id = 'badge' in reading ? reading.badge.id : reading.malformed.id;
    const isDuplicate = id !== null && seenIds.has(id);
    if (id !== null) seenIds.add(id);
    if ('badge' in reading) {
      if (!isDuplicate) badges.push(reading.badge);
    } else {
      droppedRecords += 1;
      firstMalformedField ??= reading.malformed.field;
      if (id !== null && !isDuplicate) malformedIds.add(id);
    }
  }

  if (badges.length === 0 && firstMalformedField !== undefined) {
    throw badResponse(
      `answered with records that are all unreadable, first at ${firstMalformedField}`,
    );
  }
  return { badges, malformedIds, droppedRecords };
}

/** Reads the one badge that a write answers with. */
export function toWrittenBadge<B extends BadgeFields>(reading: RecordReading<B>): B {
  if ('badge' in reading) return reading.badge;
  throw badResponse(`answered with a badge that is unreadable at ${reading.malformed.field}`);
}
