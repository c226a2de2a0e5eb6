import { createHash } from 'node:crypto';
import 'reflect-metadata';
import { Field, ID, InterfaceType } from 'type-graphql';
import { HttpsUrl, type UrlRule } from './https-url.ts';

/** Half of a SHA-256: collisions are out of reach, and it stays short enough to paste. */
const DIGEST_BYTES = 16;

/** A hash of the given values, in their order. Two badges with equal values have equal versions. */
export function toVersion(values: readonly unknown[]): string {
  const digest = createHash('sha256').update(JSON.stringify(values)).digest();
  return digest.subarray(0, DIGEST_BYTES).toString('base64url');
}

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
  /** What was found of its pictures: many fields of many answers show the same ones. */
  readonly #pictures = new Map<string, boolean>();

  /** As read, in JSON: from it the provider's folder can make the badge again. */
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

  /** The version without what this service knows of fields that the provider does not show. Not in the graph. */
  abstract readonly readableVersion: string;

  @Field(() => String, {
    description:
      'Changes whenever a writable field changes: a field that the provider shows, or a hidden field that is changed through this service. The order of a set and the signature of an image URL are ignored. Pass it as `expectedVersion` to reject an update if the badge has changed in the meantime.',
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
