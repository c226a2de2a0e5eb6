import 'reflect-metadata';
import { Directive, Field, ID, Int, ObjectType } from 'type-graphql';
import { BadgeFields } from '../badge-fields.ts';
import { HttpsUrl } from '../https-url.ts';
import type { UrlRule } from '../https-url.ts';
import { toVersion } from '../version.ts';
import { name } from './name.ts';
import type { ReturningAIRecord } from './wire.ts';

@ObjectType({
  implements: BadgeFields,
  description:
    'A badge of a Returning.AI community. Seven more of its fields can be written but never read; see UpdateReturningAIBadgeInput.',
})
@Directive('@key(fields: "id")')
export class ReturningAIBadge extends BadgeFields {
  override readonly provider = name.enumValue;
  /** As read, in the types that a write takes. */
  override readonly record: ReturningAIRecord;
  private readonly isImageUrl: UrlRule;

  constructor(record: ReturningAIRecord, isImageUrl: UrlRule) {
    super();
    this.record = record;
    this.isImageUrl = isImageUrl;
  }

  @Field(() => ID, { description: "Returning.AI's id of the badge, usually a UUID." })
  override get id(): string {
    return this.record.id;
  }

  override get name(): string {
    return this.record.title;
  }

  override get description(): string | null {
    return this.record.description;
  }

  override get imageUrl(): string | null {
    return this.image;
  }

  override get version(): string {
    const { title, action, quantity, image, description, attachRequired } = this.record;
    return toVersion([
      title,
      action ?? '',
      quantity,
      image ?? '',
      description ?? '',
      attachRequired,
    ]);
  }

  @Field(() => String, { description: 'The name of the badge, as Returning.AI calls it.' })
  get title(): string {
    return this.record.title;
  }

  @Field(() => String, {
    nullable: true,
    description: 'What earns the badge. `custom`: members apply, a moderator approves.',
  })
  get action(): string | null {
    return this.record.action;
  }

  @Field(() => Int, {
    nullable: true,
    description: 'How many times the action must happen. Without effect for `custom`.',
  })
  get quantity(): number | null {
    return this.record.quantity;
  }

  @Field(() => HttpsUrl, {
    nullable: true,
    description: 'The same as `imageUrl`, as Returning.AI calls it.',
  })
  get image(): string | null {
    const { image } = this.record;
    return image !== null && this.isImageUrl(image) ? image : null;
  }

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether an application for the badge must come with a proof.',
  })
  get attachRequired(): boolean | null {
    return this.record.attachRequired;
  }

  @Field(() => Boolean, {
    nullable: true,
    description:
      'As Returning.AI reports it; its pages do not explain it. It is not the input field `award`.',
  })
  get awarded(): boolean | null {
    return this.record.awarded;
  }
}
