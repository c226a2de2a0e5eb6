import { createHash } from 'node:crypto';
import 'reflect-metadata';
import { Field, ID, InterfaceType } from 'type-graphql';
import { HttpsUrl, type UrlRule } from './graph-types.ts';
import type { ProviderValues } from './settings.ts';

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
}

/** What a badge needs beside its record to be shown. */
export interface BadgeSurroundings {
  readonly isImageUrl: UrlRule;
  /** The settings of the tenant for the provider. Undefined: the provider is not configured. */
  readonly values: ProviderValues | undefined;
}

/** A badge that reads its fields from a record of its provider. */
export abstract class RecordBadge<R extends object> extends BadgeFields {
  override readonly record: R;
  protected readonly surroundings: BadgeSurroundings;
  /** A hash of all writable values, which may be long. */
  #version: string | undefined;
  /** Whether an image may be shown, by its URL: many fields of many answers show the same ones. */
  readonly #pictures = new Map<string, boolean>();

  constructor(record: R, surroundings: BadgeSurroundings) {
    super();
    this.record = record;
    this.surroundings = surroundings;
  }

  /** The writable values, so that two badges with equal ones look the same to a person. */
  protected abstract comparableValues(): readonly unknown[];

  override get readableVersion(): string {
    this.#version ??= toVersion(this.comparableValues());
    return this.#version;
  }

  override get version(): string {
    return this.readableVersion;
  }

  /** The same badge with other values. Undefined: not shown. */
  with(values: Partial<R>): this {
    const record = { ...this.record, ...values };
    return Reflect.construct(this.constructor, [record, this.surroundings]) as this;
  }

  /** Null if there is no such image, or if it must not be shown. */
  picture(url: string | null | undefined): string | null {
    if (!url) return null;
    const isShown = this.#pictures.get(url) ?? this.surroundings.isImageUrl(url);
    this.#pictures.set(url, isShown);
    return isShown ? url : null;
  }
}
