import { GraphQLDateTime } from 'graphql-scalars';
import 'reflect-metadata';
import { Directive, Field, Float, ID, ObjectType } from 'type-graphql';
import { BadgeFields, toVersion } from '../badge-fields.ts';
import type { UrlRule } from '../https-url.ts';
import { withoutSignature } from '../shown-values.ts';
import { name } from './settings.ts';
import type { TagMangoRecord } from './wire.ts';

@ObjectType({ implements: BadgeFields, description: 'A badge of a TagMango creator.' })
@Directive('@key(fields: "id")')
export class TagMangoBadge extends BadgeFields {
  override readonly provider = name.enumValue;
  override readonly record: TagMangoRecord;
  private readonly isImageUrl: UrlRule;
  /** Of all that can be written, which may be long. */
  #version: string | undefined;

  constructor(record: TagMangoRecord, isImageUrl: UrlRule) {
    super();
    this.record = record;
    this.isImageUrl = isImageUrl;
  }

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
    return this.shownPicture(this.record.imageUrl, this.isImageUrl);
  }

  override get readableVersion(): string {
    this.#version ??= this.toReadableVersion();
    return this.#version;
  }

  private toReadableVersion(): string {
    const { record } = this;
    return toVersion([
      record.name,
      record.description ?? '',
      withoutSignature(record.imageUrl ?? ''),
      record.enableAutomation ?? null,
      record.pointsThreshold ?? null,
      record.pointCategoryForAutomation ?? null,
      [...new Set(record.automationEnabledMangoes)].sort(),
    ]);
  }

  override get version(): string {
    return this.readableVersion;
  }

  @Field(() => ID, { nullable: true, description: 'ID of the creator who owns the badge.' })
  get creator(): string | null {
    return this.record.creator ?? null;
  }

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When the badge was created.' })
  get createdAt(): string | null {
    return this.record.createdAt ?? null;
  }

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When the badge was last updated.' })
  get updatedAt(): string | null {
    return this.record.updatedAt ?? null;
  }

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether members gain and lose the badge automatically by a rule.',
  })
  get enableAutomation(): boolean | null {
    return this.record.enableAutomation ?? null;
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'Automation by points: members with at least this number of points have the badge. A badge may have both a threshold and mangoes; the automation kind that is not in use is then a leftover.',
  })
  get pointsThreshold(): number | null {
    return this.record.pointsThreshold ?? null;
  }

  @Field(() => String, {
    nullable: true,
    description:
      'Category of points that count (inferred). `lifetime` is the only documented value.',
  })
  get pointCategoryForAutomation(): string | null {
    return this.record.pointCategoryForAutomation ?? null;
  }

  @Field(() => [ID], {
    description: 'Automation by subscription: subscribers of any of these mangoes have the badge.',
  })
  get automationEnabledMangoes(): readonly string[] {
    return this.record.automationEnabledMangoes ?? [];
  }

  /** The same badge with other values; undefined ones leave the field as it is. */
  with(values: Partial<TagMangoRecord>): TagMangoBadge {
    const given = Object.entries(values).filter(([, value]) => value !== undefined);
    return new TagMangoBadge({ ...this.record, ...Object.fromEntries(given) }, this.isImageUrl);
  }
}
