import 'reflect-metadata';
import { Directive, Field, Float, ID, ObjectType } from 'type-graphql';
import { z } from 'zod';
import { isObject } from '../../../src/http/json.ts';
import { type AnswerReader, createAnswerReader } from '../../../src/providers/answers.ts';
import { BadgeFields, toVersion } from '../../../src/providers/badge-fields.ts';
import {
  type RecordReading,
  readId,
  readShownOnly,
  toReading,
  withBadgeId,
} from '../../../src/providers/badge-list.ts';
import type { UrlRule } from '../../../src/providers/https-url.ts';
import { withoutSignature } from '../../../src/providers/shown-values.ts';
import { name } from './settings.ts';

/** Ids are whole numbers without leading zeros. */
const BADGE_ID = /^[1-9]\d{0,9}$/;

export function isBadgeId(id: string): boolean {
  return BADGE_ID.test(id);
}

/** A badge as the forum shows it. Undefined: not shown. */
export const recordSchema = z.object({
  id: z.string().min(1),
  name: z.string(),
  description: z.string().nullish(),
  image_url: z.string().nullish(),
  enabled: z.boolean().nullish(),
  grant_limit: z.int().nullish(),
  grant_count: z.int().nullish(),
});
export type ForumRecord = Readonly<z.infer<typeof recordSchema>>;

@ObjectType({ implements: BadgeFields, description: 'A badge of a forum.' })
@Directive('@key(fields: "id")')
export class ForumBadge extends BadgeFields {
  override readonly provider = name.enumValue;
  override readonly record: ForumRecord;
  private readonly isImageUrl: UrlRule;

  constructor(record: ForumRecord, isImageUrl: UrlRule) {
    super();
    this.record = record;
    this.isImageUrl = isImageUrl;
  }

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

  override get imageUrl(): string | null {
    return this.shownPicture(this.record.image_url, this.isImageUrl);
  }

  override get readableVersion(): string {
    const { record } = this;
    return toVersion([
      record.name,
      record.description ?? '',
      withoutSignature(record.image_url ?? ''),
      record.enabled ?? null,
      record.grant_limit ?? null,
    ]);
  }

  override get version(): string {
    return this.readableVersion;
  }

  @Field(() => Boolean, { nullable: true, description: 'Whether the badge can be granted.' })
  get enabled(): boolean | null {
    return this.record.enabled ?? null;
  }

  @Field(() => Float, {
    nullable: true,
    description: 'How many members can hold the badge, a whole number. Null: any number.',
  })
  get grantLimit(): number | null {
    return this.record.grant_limit ?? null;
  }

  @Field(() => Float, { nullable: true, description: 'How many members hold the badge.' })
  get grantCount(): number | null {
    return this.record.grant_count ?? null;
  }

  /** The same badge with other values; undefined ones leave the field as it is. */
  with(values: Partial<ForumRecord>): ForumBadge {
    const given = Object.entries(values).filter(([, value]) => value !== undefined);
    return new ForumBadge({ ...this.record, ...Object.fromEntries(given) }, this.isImageUrl);
  }
}

const READING = {
  known: Object.keys(recordSchema.shape),
  shownOnly: { grant_count: (value: unknown) => z.int().safeParse(value).data },
};

export function toForumBadge(json: unknown, isImageUrl: UrlRule): RecordReading<ForumBadge> {
  const { record, unreadable } = readShownOnly(isObject(json) ? json : {}, READING);
  const id = readId(record, ['id']);
  const parsed = recordSchema.safeParse(isObject(json) ? { ...record, id } : json);
  const toBadge = (read: ForumRecord) => new ForumBadge(read, isImageUrl);
  return withBadgeId(toReading(parsed, { toBadge, id, unreadable }), isBadgeId);
}

/** Lists stand in `badges`, one badge in `badge`. */
export function createForumAnswers(isImageUrl: UrlRule): AnswerReader<ForumBadge> {
  return createAnswerReader({
    toPayload: (json) => (isObject(json) ? (json.badges ?? json.badge) : undefined),
    hasBareAnswers: false,
    isRecord: (value) => isObject(value) && 'id' in value && 'name' in value,
    toBadge: (record) => toForumBadge(record, isImageUrl),
  });
}
