import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import 'reflect-metadata';
import { Field, ID, InterfaceType } from 'type-graphql';
import type { ZodSafeParseResult } from 'zod';
import {
  MAX_FIELDS,
  type Slices,
  createSlices,
  cutText,
  isObject,
  isPlain,
  valueOf,
} from '../http/json.ts';
import { ProviderError, badResponse } from '../http/provider-error.ts';
import { HttpsUrl, type UrlRule } from './graph-types.ts';
import type { ProviderValues } from './settings.ts';

/** Half of a SHA-256: long enough to rule out collisions, and short enough to paste. */
const DIGEST_BYTES = 16;

/** A hash of the given values, in this order. Badges with equal values have equal versions. */
export function toVersion(values: readonly unknown[]): string {
  const digest = hash('sha256', JSON.stringify(values), 'buffer');
  return digest.toString('base64url', 0, DIGEST_BYTES);
}

/** The class of a badge has the name of its GraphQL type. */
export const typeOfBadge = ({ constructor }: BadgeFields): string => constructor.name;

/**
 * What every badge has. A provider's badge class extends it and reads from the provider's record.
 * Instances are immutable and shared by all requests that one snapshot serves.
 * The field `provider` is declared in badges/connection.ts, where the list of providers is known.
 */
@InterfaceType({
  description:
    'Fields that every badge has, with the same types and nullability for all providers. One fragment on this interface works for all badges.',
})
export abstract class BadgeFields {
  /** The record as it was read, as JSON. The provider's folder can create the badge from it again. */
  abstract readonly record: object;

  /** The enum value of the provider. */
  abstract readonly provider: string;

  @Field(() => ID, {
    description:
      "The provider's ID of the badge. It is unique together with the type name, and it is the entity key for other subgraphs.",
  })
  abstract readonly id: string;

  @Field(() => String, { description: 'Name of the badge, as members see it.' })
  abstract readonly name: string;

  @Field(() => String, {
    nullable: true,
    description: 'What the badge is awarded for. Null if the provider has no description.',
  })
  abstract readonly description: string | null;

  @Field(() => HttpsUrl, {
    nullable: true,
    description:
      'Image of the badge. Null if the provider has none, or if its URL is not https. That image URLs are https is inferred from the samples.',
  })
  abstract readonly imageUrl: string | null;

  /** ISO 8601, for the order of lists. Null if the provider does not show it. In the graph where a provider shows it. */
  get createdAt(): string | null {
    return null;
  }

  /** Of the last change; otherwise the same. */
  get updatedAt(): string | null {
    return null;
  }

  /**
   * Whether all texts in its fields are ASCII that JSON does not escape, so that each takes a byte for each character.
   * Not in the graph.
   */
  abstract readonly hasPlainTexts: boolean;

  /** The version without what this service knows about fields that the provider does not show. Not in the graph. */
  abstract readonly readableVersion: string;

  @Field(() => String, {
    description:
      'Changes whenever a writable field changes: a field that the provider shows, or a hidden field that is changed through this service. The order of a set and the signature of an image URL are ignored. Pass it as `expectedVersion` to reject an update if the badge has changed in the meantime.',
  })
  abstract readonly version: string;
}

/** What a badge needs besides its record. */
export interface BadgeSurroundings {
  readonly isImageUrl: UrlRule;
  /** The tenant's settings for the provider. Undefined: the provider is not configured. */
  readonly values: ProviderValues | undefined;
}

/** All texts in it, at any depth, which is that of a provider's JSON at most. */
function areTextsPlain(value: unknown): boolean {
  if (typeof value === 'string') return isPlain(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every((each) => areTextsPlain(each));
}

/** A badge that reads its fields from a record of its provider. */
export abstract class RecordBadge<R extends object> extends BadgeFields {
  override readonly record: R;
  /** Private, because it contains settings, which must not appear in logs or in the JSON of a badge. */
  readonly #surroundings: BadgeSurroundings;
  /** A hash of all writable values, computed when it is first needed. */
  #version: string | undefined;
  #hasPlainTexts: boolean | undefined;
  /** Whether an image may be shown, by URL: many fields of many responses show the same images. */
  readonly #pictures = new Map<string, boolean>();

  constructor(record: R, surroundings: BadgeSurroundings) {
    super();
    this.record = record;
    this.#surroundings = surroundings;
  }

  protected get surroundings(): BadgeSurroundings {
    return this.#surroundings;
  }

  /** The writable values. Two badges with equal values look the same to a person. */
  protected abstract comparableValues(): readonly unknown[];

  override get readableVersion(): string {
    this.#version ??= toVersion(this.comparableValues());
    return this.#version;
  }

  override get version(): string {
    return this.readableVersion;
  }

  /** Texts stand in the record, or are names and digests of this service. */
  override get hasPlainTexts(): boolean {
    this.#hasPlainTexts ??= areTextsPlain(this.record);
    return this.#hasPlainTexts;
  }

  /** The same badge with other values. An undefined value means that the field is not shown. */
  with(values: Partial<R>): this {
    const record = { ...this.record, ...values };
    return Reflect.construct(this.constructor, [record, this.#surroundings]) as this;
  }

  /** Null if there is no image, or if its URL must not be shown. */
  picture(url: string | null | undefined): string | null {
    if (!url) return null;
    const known = this.#pictures.get(url);
    const isShown = known ?? this.#surroundings.isImageUrl(url);
    if (known === undefined) this.#pictures.set(url, isShown);
    return isShown ? url : null;
  }
}

export interface BadgeList<Badge extends BadgeFields = BadgeFields> {
  readonly badges: readonly Badge[];
  /** IDs of records that were dropped because another of their fields was unreadable. */
  readonly malformedIds: ReadonlySet<string>;
  /** IDs that occur in several different records. Reads show the first record, and writes are rejected. */
  readonly ambiguousIds: ReadonlySet<string>;
  readonly droppedRecords: number;
  /** The provider's name of the first field that could not be read, for the log. */
  readonly firstMalformedField: string | undefined;
  /** The provider's names of fields that this service does not know, for the log; the first few. */
  readonly unknownFields: readonly string[];
  /**
   * How many records have an unreadable value in a field that is only shown, by the provider's name of the field; for
   * the log. The value is null.
   */
  readonly unreadableFields: Readonly<Record<string, number>>;
  /** How many records the answer had, also dropped and repeated ones. Absent if it was not read from an answer. */
  readonly recordCount?: number;
  /** How many of these have the ID of an earlier one. */
  readonly duplicateRecords?: number;
  /** How many of the dropped ones are another tenant's. */
  readonly foreignRecords?: number;
}

/** Reading a longer list would keep the process busy for seconds. */
export const MAX_RECORDS = 20_000;
/** Records may have the ID under either name. */
const ID_FIELDS = ['id', '_id'];
/** For the log. */
const MAX_UNKNOWN_FIELDS = 10;
const MAX_FIELD_CHARACTERS = 50;

/** The result of reading one record. */
export type RecordReading<B extends BadgeFields> =
  /** `unreadable`: the provider's names of fields that are only shown, and were omitted because they cannot be read. */
  | { badge: B; unreadable?: readonly string[] }
  /**
   * `id` is null when that is what could not be read; `field` is the provider's name of what could not.
   * `isForeign`: it was read, and is another tenant's.
   */
  | { malformed: { id: string | null; field: string; isForeign?: true } };

/**
 * How to read fields that are never written back, by name. Undefined: unreadable. Null and absent values are not
 * passed.
 */
type ShownOnly = Readonly<Record<string, (value: unknown) => unknown>>;

/**
 * The known fields of a record, without unreadable values of fields that are only shown: such a value does not make
 * the badge unreadable. Unknown fields are not read, however many there are.
 */
function readShownOnly(
  json: Readonly<Record<string, unknown>>,
  { known, shownOnly }: { known: readonly string[]; shownOnly: ShownOnly },
): { record: Record<string, unknown>; unreadable: string[] } {
  const record: Record<string, unknown> = {};
  const unreadable: string[] = [];
  // The missing field may be one of those that were not kept.
  if (Object.keys(json).length > MAX_FIELDS) return { record, unreadable };
  for (const field of known) {
    if (!Object.hasOwn(json, field)) continue;
    const value = json[field];
    const read = Object.hasOwn(shownOnly, field) ? shownOnly[field] : undefined;
    const shown = read === undefined || value === null ? value : read(value);
    if (shown === undefined) unreadable.push(field);
    else record[field] = shown;
  }
  return { record, unreadable };
}

/** How a provider's records are read. */
interface RecordRules<R extends object, B extends BadgeFields> {
  schema: { shape: object; safeParse(json: unknown): ZodSafeParseResult<R> };
  /** The record's field with the ID, and other fields that may contain it instead. */
  idFields: readonly [string, ...string[]];
  shownOnly: ShownOnly;
  /** Fields of the schema that this service adds. A field of the provider with such a name is ignored. */
  added?: readonly string[];
  /** Returns the one spelling of an ID. If left out, each spelling is a different ID. */
  canonicalId?: (id: string) => string;
  badgeClass: new (record: R, surroundings: BadgeSurroundings) => B;
}

/** Returns a function that maps a record to a badge, or names the field that could not be read. */
export function createRecordReader<R extends object, B extends BadgeFields>(
  rules: RecordRules<R, B>,
): (json: unknown, surroundings: BadgeSurroundings) => RecordReading<B> {
  const { schema, idFields, shownOnly, added = [], canonicalId = (id) => id, badgeClass } = rules;
  const ofProvider = Object.keys(schema.shape).filter((field) => !added.includes(field));
  const known = [...new Set([...ofProvider, ...idFields])];
  return (json, surroundings) => {
    const { record, unreadable } = readShownOnly(isObject(json) ? json : {}, { known, shownOnly });
    const id = readId(record, idFields);
    const parsed = schema.safeParse(isObject(json) ? { ...record, id } : json);
    if (parsed.success) {
      const badge = new badgeClass(parsed.data, surroundings);
      return unreadable.length > 0 ? { badge, unreadable } : { badge };
    }
    const field = String(parsed.error.issues[0]?.path[0] ?? 'record');
    return { malformed: { id: id === undefined ? null : canonicalId(id), field } };
  };
}

/** The first of these fields that contains an ID: a text, or a number that JSON has not rounded. */
function readId(
  json: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): string | undefined {
  return fields.map((field) => toId(json[field])).find((id) => id !== undefined);
}

export function toId(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  return Number.isSafeInteger(value) && Number(value) >= 0 ? String(value) : undefined;
}

/** The cost of a record in a slice of work, as a number of characters. */
export const STEPS_OF_RECORD = 2_000;

/**
 * Reads a provider's whole list, in slices. A malformed record is dropped and counted, and does not affect the others.
 * Of several records with the same ID the first one counts.
 */
export async function toBadgeList<B extends BadgeFields>(
  records: unknown,
  toBadge: (record: unknown) => RecordReading<B>,
  slices: Slices = createSlices(),
): Promise<BadgeList<B>> {
  if (!Array.isArray(records)) throw badResponse('responded without a list of badges');
  if (records.length > MAX_RECORDS) throw badResponse(`returned more than ${MAX_RECORDS} badges`);
  const badges: B[] = [];
  const seen = new Map<string, B | undefined>();
  const ambiguousIds = new Set<string>();
  const malformedIds = new Set<string>();
  let droppedRecords = 0;
  let duplicateRecords = 0;
  let foreignRecords = 0;
  const unknownFields = new Set<string>();
  const unreadableFields: Record<string, number> = {};
  let firstMalformedField: string | undefined;

  for (const record of records) {
    await slices.spend(STEPS_OF_RECORD);
    const reading = toBadge(record);
    const id = 'badge' in reading ? reading.badge.id : reading.malformed.id;
    const badge = 'badge' in reading ? reading.badge : undefined;
    const isDuplicate = id !== null && seen.has(id);
    if (isDuplicate && !ambiguousIds.has(id) && differ(seen.get(id), badge)) ambiguousIds.add(id);
    if (isDuplicate) duplicateRecords += 1;
    if (id !== null && !isDuplicate) seen.set(id, badge);
    if ('badge' in reading) {
      if (!isDuplicate) badges.push(reading.badge);
      noteUnknown(unknownFields, record, reading);
      for (const field of reading.unreadable ?? []) {
        unreadableFields[field] = (unreadableFields[field] ?? 0) + 1;
      }
    } else {
      droppedRecords += 1;
      if (reading.malformed.isForeign) foreignRecords += 1;
      firstMalformedField ??= reading.malformed.field;
      if (id !== null && !isDuplicate) malformedIds.add(id);
    }
  }

  if (badges.length === 0 && firstMalformedField !== undefined) {
    throw new ProviderError(
      `returned unusable records; the first invalid field is ${firstMalformedField}`,
      { kind: 'bad-response', effect: 'unknown', isBreakdown: foreignRecords < droppedRecords },
    );
  }
  return {
    badges,
    malformedIds,
    ambiguousIds,
    droppedRecords,
    firstMalformedField,
    unknownFields: [...unknownFields],
    unreadableFields,
    recordCount: records.length,
    duplicateRecords,
    foreignRecords,
  };
}

/** The cost of comparing two records in a slice of work, as a number of characters. */
const STEPS_OF_COMPARISON = 500;

/**
 * The same list with those badges of the last one that did not change, so that what was made of them stays valid. The
 * last list itself if nothing changed.
 */
export async function reuseBadges(
  list: BadgeList,
  last: BadgeList | undefined,
): Promise<BadgeList> {
  if (!last || list === last) return list;
  const slices = createSlices();
  const known = new Map(last.badges.map((badge) => [badge.id, badge]));
  const badges: BadgeFields[] = [];
  let isSame = list.badges.length === last.badges.length;
  for (const badge of list.badges) {
    await slices.spend(STEPS_OF_COMPARISON);
    const former = known.get(badge.id);
    const kept = former && isSameBadge(former, badge) ? former : badge;
    isSame &&= kept === last.badges[badges.length];
    badges.push(kept);
  }
  const isSameBeside = isDeepStrictEqual({ ...list, badges: null }, { ...last, badges: null });
  return isSame && isSameBeside ? last : { ...list, badges };
}

/** A badge is made of its record. */
function isSameBadge(one: BadgeFields, other: BadgeFields): boolean {
  if (one === other) return true;
  return one.constructor === other.constructor && isSameRecord(one.record, other.record);
}

/** Most values are texts and numbers, which the general comparison takes several times as long for. */
function isSameRecord(one: object, other: object): boolean {
  const fields = Object.entries(one);
  return (
    fields.length === Object.keys(other).length &&
    fields.every(([field, value]) => {
      const theirs = valueOf(other, field);
      if (Object.is(value, theirs)) return value !== undefined || Object.hasOwn(other, field);
      return typeof value === 'object' && isDeepStrictEqual(value, theirs);
    })
  );
}

/** A badge's record contains only the fields that were read. */
function noteUnknown(
  unknown: Set<string>,
  record: unknown,
  { badge, unreadable = [] }: { badge: BadgeFields; unreadable?: readonly string[] },
): void {
  if (unknown.size >= MAX_UNKNOWN_FIELDS) return;
  if (!isObject(record) || !isObject(badge.record)) return;
  for (const field of Object.keys(record)) {
    if (unknown.size >= MAX_UNKNOWN_FIELDS) return;
    const isKnown =
      Object.hasOwn(badge.record, field) || ID_FIELDS.includes(field) || unreadable.includes(field);
    if (!isKnown) unknown.add(cutText(field, MAX_FIELD_CHARACTERS));
  }
}

/** Stops at the first difference, so the cost is limited by the shorter record, even if there are many duplicates. */
function differ(a: BadgeFields | undefined, b: BadgeFields | undefined): boolean {
  return !isDeepStrictEqual(a?.record, b?.record);
}

/** A list must not show a badge whose ID no request could use. */
export function withBadgeId<B extends BadgeFields>(
  reading: RecordReading<B>,
  isBadgeId: (id: string) => boolean,
): RecordReading<B> {
  if (!('badge' in reading) || isBadgeId(reading.badge.id)) return reading;
  return { malformed: { id: reading.badge.id, field: 'id' } };
}
