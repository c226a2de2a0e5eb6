import 'reflect-metadata';
import { Field, ID, InterfaceType } from 'type-graphql';
import { HttpsUrl } from './https-url.ts';
import type { UrlRule } from './https-url.ts';

/**
 * What every badge has. A provider's badge class extends it and reads from the provider's record.
 * Instances are immutable and shared by all requests that one snapshot serves.
 * The field `provider` is declared in badges/badge.ts, where the list of providers is known.
 */
@InterfaceType({
  description:
    'What every badge has, with identical types and nullability in every provider: one fragment on it serves all badges.',
})
export abstract class BadgeFields {
  /** What was found of its pictures: many fields of many answers show the same ones. */
  readonly #pictures = new Map<string, boolean>();

  /** As read, in JSON: from it the provider's folder can make the badge again. */
  abstract readonly record: object;

  /** The enum value of the provider. */
  abstract readonly provider: string;

  @Field(() => ID, {
    description:
      "The provider's own id. With the type name it is unique, and it is the key for other subgraphs.",
  })
  abstract readonly id: string;

  @Field(() => String, { description: 'What members see as the name of the badge.' })
  abstract readonly name: string;

  @Field(() => String, {
    nullable: true,
    description: 'What the badge is given for. Null when the provider holds none.',
  })
  abstract readonly description: string | null;

  @Field(() => HttpsUrl, {
    nullable: true,
    description:
      'The picture of the badge. Null when the provider holds none, or one that is not https. That pictures are https is inferred from the samples.',
  })
  abstract readonly imageUrl: string | null;

  /** The version without what this service knows of fields that the provider does not show. Not in the graph. */
  abstract readonly readableVersion: string;

  @Field(() => String, {
    description:
      'Changes whenever a field that can be written changes: one that the provider shows, or another one through this service. The order of a set and the signature of a picture URL do not count. Give it as `expectedVersion` so that an update is refused if somebody else was faster.',
  })
  abstract readonly version: string;

  /** Null for a picture that is none, or none that may be shown. */
  protected shownPicture(url: string | null | undefined, isImageUrl: UrlRule): string | null {
    if (!url) return null;
    const isShown = this.#pictures.get(url) ?? isImageUrl(url);
    this.#pictures.set(url, isShown);
    return isShown ? url : null;
  }
}
