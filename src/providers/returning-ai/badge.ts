import 'reflect-metadata';
import { Directive, Field, Float, ID, ObjectType } from 'type-graphql';
import { BadgeFields, toVersion } from '../badge-fields.ts';
import { HttpsUrl, type UrlRule } from '../https-url.ts';
import { WRITABLE_FIELDS, toComparable } from './fields.ts';
import { name } from './settings.ts';
import type { ReturningAIRecord } from './wire.ts';

@ObjectType({
  implements: BadgeFields,
  description:
    "A badge of a Returning.AI community. Seven of its fields (`darkImage`, `lightImage`, `enabledDarkAndLight`, `award`, `awardCurrency`, `awardXpQuantity`, `awardCurrencyQuantity`) are writable but are not part of the provider's documented answers: they are null unless the provider shows them. See UpdateReturningAIBadgeInput.",
})
@Directive('@key(fields: "id")')
export class ReturningAIBadge extends BadgeFields {
  override readonly provider = name.enumValue;
  /** As read, in the types that a write takes. */
  override readonly record: ReturningAIRecord;
  private readonly isImageUrl: UrlRule;
  /** Of all that can be written, which may be long. */
  #version: string | undefined;

  constructor(record: ReturningAIRecord, isImageUrl: UrlRule) {
    super();
    this.record = record;
    this.isImageUrl = isImageUrl;
  }

  @Field(() => ID, { description: "Returning.AI's ID of the badge, a UUID in the samples." })
  override get id(): string {
    return this.record.id;
  }

  override get name(): string {
    return this.record.title;
  }

  override get description(): string | null {
    return this.record.description ?? null;
  }

  override get imageUrl(): string | null {
    return this.image;
  }

  override get readableVersion(): string {
    this.#version ??= this.toReadableVersion();
    return this.#version;
  }

  private toReadableVersion(): string {
    return toVersion(WRITABLE_FIELDS.map((field) => toComparable(field, this.record[field])));
  }

  override get version(): string {
    const { hiddenRevision } = this.record;
    const { readableVersion } = this;
    return hiddenRevision === undefined
      ? readableVersion
      : toVersion([readableVersion, hiddenRevision]);
  }

  @Field(() => String, {
    description:
      'Name of the badge. The same as `name`, under the field name that Returning.AI uses.',
  })
  get title(): string {
    return this.record.title;
  }

  @Field(() => String, {
    nullable: true,
    description:
      'Action that earns the badge. For `custom`, members apply and a moderator approves (inferred from the help centre).',
  })
  get action(): string | null {
    return this.record.action ?? null;
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'How many times the action must happen. A whole number; it has no effect for `custom` (inferred). The type is Float, as for the other quantities, because the provider does not document that the value fits an Int.',
  })
  get quantity(): number | null {
    return this.record.quantity ?? null;
  }

  @Field(() => HttpsUrl, {
    nullable: true,
    description: 'The same as `imageUrl`, under the field name that Returning.AI uses.',
  })
  get image(): string | null {
    return this.picture(this.record.image);
  }

  @Field(() => HttpsUrl, {
    nullable: true,
    description:
      'Image for dark mode (inferred). Null if there is none, or if Returning.AI does not show it.',
  })
  get darkImage(): string | null {
    return this.picture(this.record.darkImage);
  }

  @Field(() => HttpsUrl, {
    nullable: true,
    description:
      'Image for light mode (inferred). Null if there is none, or if Returning.AI does not show it.',
  })
  get lightImage(): string | null {
    return this.picture(this.record.lightImage);
  }

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the images for dark and light mode are used (inferred). Null if Returning.AI does not show it.',
  })
  get enabledDarkAndLight(): boolean | null {
    return this.record.enabledDarkAndLight ?? null;
  }

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the badge comes with XP (inferred). Null if Returning.AI does not show it.',
  })
  get award(): boolean | null {
    return this.record.award ?? null;
  }

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the badge comes with coins (inferred). Null if Returning.AI does not show it.',
  })
  get awardCurrency(): boolean | null {
    return this.record.awardCurrency ?? null;
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'How much XP the badge comes with (inferred). A whole number. Null if Returning.AI does not show it.',
  })
  get awardXpQuantity(): number | null {
    return this.record.awardXpQuantity ?? null;
  }

  @Field(() => Float, {
    nullable: true,
    description:
      'How many coins the badge comes with (inferred). A whole number. Null if Returning.AI does not show it.',
  })
  get awardCurrencyQuantity(): number | null {
    return this.record.awardCurrencyQuantity ?? null;
  }

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether an application for the badge must include a proof (inferred).',
  })
  get attachRequired(): boolean | null {
    return this.record.attachRequired ?? null;
  }

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Reported by Returning.AI, whose documentation does not explain it. It is not the input field `award` (inferred).',
  })
  get awarded(): boolean | null {
    return this.record.awarded ?? null;
  }

  /** The same badge with other values. */
  with(values: Partial<ReturningAIRecord>): ReturningAIBadge {
    return new ReturningAIBadge({ ...this.record, ...values }, this.isImageUrl);
  }

  private picture(url: string | null | undefined): string | null {
    return this.shownPicture(url, this.isImageUrl);
  }
}
