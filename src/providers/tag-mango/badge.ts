import 'reflect-metadata';
import { Directive, Field, ID, InputType, ObjectType } from 'type-graphql';
import { z } from 'zod';
import { isObject } from '../../http/json.ts';
import type { ProviderName } from '../../http/provider-error.ts';
import { type AnswerReader, createAnswerReader } from '../answers.ts';
import {
  BadgeFields,
  type BadgeSurroundings,
  RecordBadge,
  type RecordReading,
  createRecordReader,
  toId,
  withBadgeId,
} from '../badge-list.ts';
import { createFieldTable } from '../field-table.ts';
import { DateTime, toInstant } from '../graph-types.ts';
import type { ProviderFilter } from '../provider.ts';

export const name = { enumValue: 'TAG_MANGO', title: 'TagMango' } as const satisfies ProviderName;

const OBJECT_ID = /^[0-9a-f]{24}$/i;

/** Whether a string is one of the provider's ids: 24 hexadecimal digits, as in every sample (inferred). */
export function isObjectId(id: string): boolean {
  return OBJECT_ID.test(id);
}

/** The provider takes either case, and shows lower case. What is no such id stays as it is. */
export function toCanonicalId(id: string): string {
  return isObjectId(id) ? id.toLowerCase() : id;
}

const ID_FIELDS = ['id', 'userId', 'badgeIds', 'automationEnabledMangoes'];

/** An input of any write, with its ids in the case that the provider shows. */
export function withCanonicalIds<Input extends object>(input: Input): Input {
  const entries = Object.entries(input).map(([field, value]: [string, unknown]) => {
    return [field, ID_FIELDS.includes(field) ? toCanonical(value) : value];
  });
  return Object.assign({}, input, Object.fromEntries(entries)) as Input;
}

function toCanonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCanonical);
  return typeof value === 'string' ? toCanonicalId(value) : value;
}

/**
 * Per badge; far more than a creator sells. Each ID is stored several times: in records, in the history and under the
 * key.
 */
const MAX_MANGOES = 1_000;

/** The writable fields. That the provider keeps omitted ones is inferred. */
export const RULES = {
  name: {
    type: 'line',
    isRequired: true,
    create: 'Name of the badge.',
    update: 'Name of the badge. Cannot be cleared.',
  },
  description: {
    type: 'text',
    cleared: '',
    create: 'What the badge is awarded for.',
    update: 'Description of the badge. Null or "" removes it (inferred).',
  },
  imageUrl: {
    type: 'image',
    cleared: '',
    create: 'Image as an https URL, or "" for no image (inferred).',
    update: 'Image as an https URL. Null or "" removes it. Both are inferred.',
  },
  enableAutomation: {
    type: 'flag',
    create: 'Whether members gain and lose the badge automatically by a rule.',
    shown: 'Whether members gain and lose the badge automatically by a rule.',
    update: 'Whether members gain and lose the badge automatically by a rule. Cannot be cleared.',
  },
  // That null clears these two is inferred: no page of the provider shows a null in a request.
  pointsThreshold: {
    type: 'number',
    cleared: null,
    create: 'Automation by points: number of points that a member needs.',
    shown:
      'Automation by points: members with at least this number of points have the badge. A badge may have both a threshold and mangoes; the automation kind that is not in use is then a leftover.',
    update:
      'Automation by points: number of points that a member needs. Null clears it (inferred).',
  },
  pointCategoryForAutomation: {
    type: 'line',
    cleared: null,
    create:
      'Category of points that count (inferred). `lifetime` is the only documented value; other values are passed on unchanged.',
    shown: 'Category of points that count (inferred). `lifetime` is the only documented value.',
    update:
      'Category of points that count. `lifetime` is the only documented value; other values are passed on unchanged. Null clears it. Both are inferred.',
  },
  automationEnabledMangoes: {
    type: 'ids',
    cleared: [],
    maxEntries: MAX_MANGOES,
    create: 'Automation by subscription: IDs of mangoes, each 24 hexadecimal digits (inferred).',
    shown: 'Automation by subscription: subscribers of any of these mangoes have the badge.',
    update:
      'Automation by subscription: IDs of mangoes, each 24 hexadecimal digits. Replaces the whole list. Null or [] clears it. All of this is inferred.',
  },
} as const;

/** The length is checked first, because one record may be as long as a whole response. */
const mangoes = z
  .custom<string[]>((value) => isShortList(value) && value.every((id) => typeof id === 'string'))
  .transform((ids) => ids.map(toCanonicalId));

function isShortList(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length <= MAX_MANGOES;
}

export const table = createFieldTable(RULES, { ids: mangoes.nullish() });

const id = z.string().min(1).transform(toCanonicalId);
const instant = z.iso.datetime({ offset: true });

export const recordSchema = z.object({
  id,
  creator: id.nullish(),
  ...table.recordShape,
  createdAt: instant.nullish(),
  updatedAt: instant.nullish(),
});

/** A badge as it was read. Undefined: absent, so unknown. Null: null in the response. */
type TagMangoRecord = Readonly<z.infer<typeof recordSchema>>;

@ObjectType({ implements: BadgeFields, description: 'A badge of a TagMango creator.' })
@Directive('@key(fields: "id")')
export class TagMangoBadge extends RecordBadge<TagMangoRecord> {
  override readonly provider = name.enumValue;

  @Field(() => ID, {
    description: "TagMango's ID of the badge: 24 hexadecimal digits, as in all samples (inferred).",
  })
  override get id(): string {
    return this.record.id;
  }

  override get name(): string {
    return this.record.name;
  }

  override get description(): string | null {
    return this.record.description ?? null;
  }

  override get imageUrl(): string | null {
    return this.picture(this.record.imageUrl);
  }

  protected override comparableValues(): unknown[] {
    return table.comparableValues(this.record);
  }

  @Field(() => ID, { nullable: true, description: 'ID of the creator who owns the badge.' })
  get creator(): string | null {
    return this.record.creator ?? null;
  }

  @Field(() => DateTime, { nullable: true, description: 'When the badge was created.' })
  override get createdAt(): string | null {
    return this.record.createdAt ?? null;
  }

  @Field(() => DateTime, { nullable: true, description: 'When the badge was last updated.' })
  override get updatedAt(): string | null {
    return this.record.updatedAt ?? null;
  }
}
table.show(TagMangoBadge);

@InputType({
  description: 'Filter for TagMango badges. An omitted field does not restrict the list.',
})
class TagMangoBadgeFilter {
  @Field(() => Boolean, {
    nullable: true,
    description:
      'Matches badges with automation on (true) or off (false). A badge that does not show it matches neither.',
  })
  enableAutomation?: boolean | null;
}

export const filter: ProviderFilter<TagMangoBadge, TagMangoBadgeFilter> = {
  inputClass: TagMangoBadgeFilter,
  matches: ({ record }, { enableAutomation }) =>
    enableAutomation == null || record.enableAutomation === enableAutomation,
};

const utc = z.iso.datetime();

/** Null for "", as in other fields. An offset may move a time out of the years with four digits. */
function toTime(value: unknown): string | null | undefined {
  if (value === '') return null;
  if (utc.safeParse(value).success) return String(value);
  const moment = toInstant(value);
  return moment === undefined ? undefined : (instant.safeParse(value).data ?? moment);
}

export const toTagMangoBadge = createRecordReader({
  schema: recordSchema,
  idFields: ['_id', 'id'],
  // Updates do not send these unless they are set: the provider keeps omitted fields.
  shownOnly: {
    creator: (value) => (value === '' ? null : toId(value)),
    pointCategoryForAutomation: (value) => (typeof value === 'string' ? value : undefined),
    createdAt: toTime,
    updatedAt: toTime,
  },
  canonicalId: toCanonicalId,
  badgeClass: TagMangoBadge,
});

/** Reads the badges of a creator. `creator` undefined: any creator that the API key shows. */
export function createBadgeReading(
  surroundings: BadgeSurroundings,
  creator?: string,
): (record: unknown) => RecordReading<TagMangoBadge> {
  return (record) =>
    withBadgeId(ofCreator(toTagMangoBadge(record, surroundings), creator), isObjectId);
}

/** A tenant must neither see nor change a badge of another creator. */
function ofCreator(
  reading: RecordReading<TagMangoBadge>,
  creator: string | undefined,
): RecordReading<TagMangoBadge> {
  if (creator === undefined || !('badge' in reading)) return reading;
  const { badge, unreadable = [] } = reading;
  if (badge.creator === creator) return reading;
  const malformed = { id: badge.id, field: 'creator' };
  return {
    malformed: unreadable.includes('creator') ? malformed : { ...malformed, isForeign: true },
  };
}

/** Reads the responses of the badge routes. */
export function createTagMangoAnswers(
  toBadge: (record: unknown) => RecordReading<TagMangoBadge>,
): AnswerReader<TagMangoBadge> {
  return createAnswerReader({ toPayload, hasBareAnswers: true, isRecord, toBadge });
}

/** The payload of `{success, result}` or `{success, data}`, or a bare one: the provider's pages show all three. */
export function toPayload(json: unknown): unknown {
  if (!isObject(json) || isRecord(json)) return json;
  if ('result' in json) return json.result;
  return 'data' in json ? json.data : json;
}

export function isRecord(value: unknown): boolean {
  return isObject(value) && 'name' in value && ('_id' in value || 'id' in value);
}
