import 'reflect-metadata';
import { Directive, Field, ID, ObjectType } from 'type-graphql';
import { z } from 'zod';
import { isObject } from '../../http/json.ts';
import type { ProviderName } from '../../http/provider-error.ts';
import { type AnswerReader, createAnswerReader } from '../answers.ts';
import {
  BadgeFields,
  type BadgeSurroundings,
  RecordBadge,
  createRecordReader,
  toVersion,
  withBadgeId,
} from '../badge-list.ts';
import { createFieldTable } from '../field-table.ts';

export const name = {
  enumValue: 'RETURNING_AI',
  title: 'Returning.AI',
} as const satisfies ProviderName;

/**
 * IDs are opaque: UUIDs in the samples, perhaps 24 hexadecimal digits (inferred). Neither can leave its path segment.
 */
const BADGE_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function isBadgeId(id: string): boolean {
  return BADGE_ID.test(id);
}

/**
 * The fields that can be written, in the documented order. An update replaces all of them (inferred). A creation sends
 * all of them too, so that values that no documented answer shows are known from the first day of the badge.
 */
export const RULES = {
  title: {
    type: 'line',
    isRequired: true,
    create: 'Name of the badge.',
    update: 'Name of the badge. Cannot be cleared.',
    shown: 'Name of the badge. The same as `name`, under the field name that Returning.AI uses.',
  },
  action: {
    type: 'line',
    isRequired: true,
    default: 'custom',
    create: 'Action that earns the badge. `custom` is the only documented value.',
    update:
      'Action that earns the badge. `custom` is the only documented value. Cannot be cleared.',
    shown:
      'Action that earns the badge. For `custom`, members apply and a moderator approves (inferred from the help centre).',
  },
  quantity: {
    type: 'integer',
    default: 1,
    create: 'How many times the action must happen. A whole number.',
    update: 'How many times the action must happen. A whole number. Cannot be cleared.',
    shown:
      'How many times the action must happen. A whole number; it has no effect for `custom` (inferred). The type is Float, as for the other quantities, because the provider does not document that the value fits an Int.',
  },
  image: {
    type: 'image',
    cleared: '',
    default: '',
    create: 'Image as an https URL, or "" for no image (inferred: the only sample is empty).',
    update: 'Image as an https URL. Null or "" removes it. Both are inferred.',
    shown: 'The same as `imageUrl`, under the field name that Returning.AI uses.',
  },
  description: {
    type: 'text',
    cleared: '',
    default: '',
    create: 'What the badge is awarded for.',
    update: 'Description of the badge. Null or "" removes it (inferred).',
  },
  darkImage: {
    type: 'image',
    isHidden: true,
    cleared: '',
    default: '',
    create: 'Image for dark mode as an https URL, or "" for no image (inferred).',
    update:
      'Image for dark mode as an https URL. Null or "" removes it. All of this is inferred. Not part of the documented answers.',
    shown:
      'Image for dark mode (inferred). Null if there is none, or if Returning.AI does not show it.',
  },
  lightImage: {
    type: 'image',
    isHidden: true,
    cleared: '',
    default: '',
    create: 'Image for light mode as an https URL, or "" for no image (inferred).',
    update:
      'Image for light mode as an https URL. Null or "" removes it. All of this is inferred. Not part of the documented answers.',
    shown:
      'Image for light mode (inferred). Null if there is none, or if Returning.AI does not show it.',
  },
  enabledDarkAndLight: {
    type: 'flag',
    isHidden: true,
    default: false,
    create: 'Whether the images for dark and light mode are used (inferred).',
    update:
      'Whether the images for dark and light mode are used (inferred). Not part of the documented answers. Cannot be cleared.',
    shown:
      'Whether the images for dark and light mode are used (inferred). Null if Returning.AI does not show it.',
  },
  award: {
    type: 'flag',
    isHidden: true,
    default: false,
    create: 'Whether the badge comes with XP (inferred).',
    update:
      'Whether the badge comes with XP (inferred). Not part of the documented answers. Cannot be cleared.',
    shown: 'Whether the badge comes with XP (inferred). Null if Returning.AI does not show it.',
  },
  awardCurrency: {
    type: 'flag',
    isHidden: true,
    default: false,
    create: 'Whether the badge comes with coins (inferred).',
    update:
      'Whether the badge comes with coins (inferred). Not part of the documented answers. Cannot be cleared.',
    shown: 'Whether the badge comes with coins (inferred). Null if Returning.AI does not show it.',
  },
  awardXpQuantity: {
    type: 'integer',
    isHidden: true,
    default: 0,
    create: 'How much XP the badge comes with (inferred). A whole number.',
    update:
      'How much XP the badge comes with (inferred). A whole number. Not part of the documented answers. Cannot be cleared.',
    shown:
      'How much XP the badge comes with (inferred). A whole number. Null if Returning.AI does not show it.',
  },
  awardCurrencyQuantity: {
    type: 'integer',
    isHidden: true,
    default: 0,
    create: 'How many coins the badge comes with (inferred). A whole number.',
    update:
      'How many coins the badge comes with (inferred). A whole number. Not part of the documented answers. Cannot be cleared.',
    shown:
      'How many coins the badge comes with (inferred). A whole number. Null if Returning.AI does not show it.',
  },
  attachRequired: {
    type: 'flag',
    default: false,
    create: 'Whether an application must include a proof (inferred).',
    update: 'Whether an application must include a proof (inferred). Cannot be cleared.',
    shown: 'Whether an application for the badge must include a proof (inferred).',
  },
} as const;

/**
 * Answers hold numbers and booleans as strings, and "" where there is none (inferred); requests take the native types.
 * An integer is one that can be written back as it was read.
 */
const integer = z
  .union([z.int(), z.string().regex(/^(-?\d+)?$/)])
  .nullable()
  .transform((value) => (value === '' || value === null ? null : Number(value)))
  .pipe(z.int().nullable())
  .optional();
const flag = z
  .union([z.boolean(), z.enum(['true', 'false', ''])])
  .nullable()
  .transform((value) => (value === '' || value === null ? null : String(value) === 'true'))
  .optional();

export const table = createFieldTable(RULES, { integer, flag });

export const recordSchema = z.object({
  id: z.string().min(1),
  ...table.recordShape,
  awarded: flag,
  /** Ours, not the provider's: changes with what this service writes to fields that the record does not show. */
  hiddenRevision: z.string().optional(),
});

/** A badge as read, in the types that a write takes. Undefined: not shown. Null: shown as null, or "" for a number or boolean. */
type ReturningAIRecord = Readonly<z.infer<typeof recordSchema>>;

@ObjectType({
  implements: BadgeFields,
  description:
    "A badge of a Returning.AI community. Seven of its fields (`darkImage`, `lightImage`, `enabledDarkAndLight`, `award`, `awardCurrency`, `awardXpQuantity`, `awardCurrencyQuantity`) are writable but are not part of the provider's documented answers: they are null unless the provider shows them. See UpdateReturningAIBadgeInput.",
})
@Directive('@key(fields: "id")')
export class ReturningAIBadge extends RecordBadge<ReturningAIRecord> {
  override readonly provider = name.enumValue;

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
    return this.picture(this.record.image);
  }

  protected override comparableValues(): unknown[] {
    return table.comparableValues(this.record);
  }

  override get version(): string {
    const { hiddenRevision } = this.record;
    const { readableVersion } = this;
    return hiddenRevision === undefined
      ? readableVersion
      : toVersion([readableVersion, hiddenRevision]);
  }

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Reported by Returning.AI, whose documentation does not explain it. It is not the input field `award` (inferred).',
  })
  get awarded(): boolean | null {
    return this.record.awarded ?? null;
  }
}
table.show(ReturningAIBadge);

const AWARDED_WORDS = ['true', 'false', ''];

export const toReturningAIBadge = createRecordReader({
  schema: recordSchema,
  // `_id` as beside the badge routes.
  idFields: ['id', '_id'],
  added: ['hiddenRevision'],
  // That `awarded` is not `award` is inferred; no request takes it.
  shownOnly: {
    awarded(value) {
      if (typeof value === 'boolean') return value;
      const word = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
      return AWARDED_WORDS.find((known) => known === word);
    },
  },
  badgeClass: ReturningAIBadge,
});

/** The payload of `{meta, body}`; siblings of the badge routes wrap it as `data` instead. */
export function toPayload(json: unknown): unknown {
  return isObject(json) ? (json.body ?? json.data) : undefined;
}

/** Reads the answers of the badge routes. */
export function createReturningAIAnswers(
  surroundings: BadgeSurroundings,
): AnswerReader<ReturningAIBadge> {
  return createAnswerReader({
    toPayload,
    hasBareAnswers: false,
    isRecord: (value) => isObject(value) && 'title' in value && ('id' in value || '_id' in value),
    toBadge: (record) => withBadgeId(toReturningAIBadge(record, surroundings), isBadgeId),
  });
}
