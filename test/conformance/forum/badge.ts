import 'reflect-metadata';
import { Directive, Field, Float, ID, InputType, ObjectType } from 'type-graphql';
import { z } from 'zod';
import { isObject } from '../../../src/http/json.ts';
import type { ProviderName } from '../../../src/http/provider-error.ts';
import { type AnswerReader, createAnswerReader } from '../../../src/providers/answers.ts';
import {
  BadgeFields,
  type BadgeSurroundings,
  RecordBadge,
  createRecordReader,
  withBadgeId,
} from '../../../src/providers/badge-list.ts';
import { createFieldTable } from '../../../src/providers/field-table.ts';
import type { ProviderFilter } from '../../../src/providers/provider.ts';

export const name = { enumValue: 'FORUM', title: 'Forum' } as const satisfies ProviderName;

/** IDs are whole numbers without leading zeros. */
const BADGE_ID = /^[1-9]\d{0,9}$/;

export function isBadgeId(id: string): boolean {
  return BADGE_ID.test(id);
}

/** The writable fields. The forum keeps omitted ones. */
export const RULES = {
  name: {
    type: 'line',
    isRequired: true,
    create: 'The name of the badge.',
    update: 'The name of the badge. Cannot be cleared.',
  },
  description: {
    type: 'text',
    cleared: '',
    create: 'What the badge is given for.',
    update: 'Null or "" removes the description.',
  },
  imageUrl: {
    type: 'image',
    wire: 'image_url',
    cleared: '',
    create: 'The picture, an https URL.',
    update: 'An https URL. Null or "" removes the picture.',
  },
  enabled: {
    type: 'flag',
    create: 'Whether the badge can be granted.',
    update: 'Whether the badge can be granted. Cannot be cleared.',
    shown: 'Whether the badge can be granted.',
  },
  grantLimit: {
    type: 'integer',
    wire: 'grant_limit',
    cleared: null,
    create: 'How many members can hold the badge.',
    update: 'How many members can hold the badge. Null: any number.',
    shown: 'How many members can hold the badge, a whole number. Null: any number.',
  },
} as const;

export const table = createFieldTable(RULES);

/** A badge as the forum shows it. Undefined: not shown. */
export const recordSchema = z.object({
  id: z.string().min(1),
  ...table.recordShape,
  grant_count: z.int().nullish(),
});
export type ForumRecord = Readonly<z.infer<typeof recordSchema>>;

@ObjectType({ implements: BadgeFields, description: 'A badge of a forum.' })
@Directive('@key(fields: "id")')
export class ForumBadge extends RecordBadge<ForumRecord> {
  override readonly provider = name.enumValue;

  @Field(() => ID, { description: "The forum's id of the badge, a whole number." })
  override get id(): string {
    return this.record.id;
  }

  override get name(): string {
    return this.record.name;
  }

  override get description(): string | null {
    return this.record.description ?? null;
  }

  /** The forum shows its own images by their paths. */
  override get imageUrl(): string | null {
    const { image_url: url } = this.record;
    const origin = this.surroundings.values?.FORUM_BASE_URL ?? '';
    return this.picture(url && /^\/(?!\/)/.test(url) ? origin + url : url);
  }

  protected override comparableValues(): unknown[] {
    return table.comparableValues(this.record);
  }

  @Field(() => Float, { nullable: true, description: 'How many members hold the badge.' })
  get grantCount(): number | null {
    return this.record.grant_count ?? null;
  }
}
table.show(ForumBadge);

@InputType({ description: 'Filter for badges of a forum.' })
export class ForumBadgeFilter {
  @Field(() => Boolean, {
    nullable: true,
    description: 'Matches badges that can be granted, or not.',
  })
  enabled?: boolean | null;
}

export const filter: ProviderFilter<ForumBadge, ForumBadgeFilter> = {
  inputClass: ForumBadgeFilter,
  matches: ({ record }, { enabled }) => enabled == null || record.enabled === enabled,
};

export const toForumBadge = createRecordReader({
  schema: recordSchema,
  idFields: ['id'],
  shownOnly: { grant_count: (value) => z.int().safeParse(value).data },
  badgeClass: ForumBadge,
});

/** A list is in `badges`, and a single badge in `badge`. */
export function createForumAnswers(surroundings: BadgeSurroundings): AnswerReader<ForumBadge> {
  return createAnswerReader({
    toPayload: (json) => (isObject(json) ? (json.badges ?? json.badge) : undefined),
    hasBareAnswers: false,
    isRecord: (value) => isObject(value) && 'id' in value && 'name' in value,
    toBadge: (record) => withBadgeId(toForumBadge(record, surroundings), isBadgeId),
  });
}
