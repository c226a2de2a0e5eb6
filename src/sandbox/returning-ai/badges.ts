import { z } from 'zod';
import { behaviourSchema } from '../behaviour.ts';
import { type BadgesInAnswers, badgeList, oneBadge } from '../fault-kinds/records.ts';

const envelope = z.looseObject({ body: z.unknown() });

export const badgesInAnswers: BadgesInAnswers = {
  fields: { id: 'id', name: 'title' },
  places: {
    listBadges: badgeList,
    createBadge: oneBadge,
    updateBadge: oneBadge,
    awardBadge: badgeList,
  },
  editPayload(answer, edit) {
    const enveloped = envelope.parse(answer);
    return { ...enveloped, body: edit(enveloped.body) };
  },
};

/** The documented fields of a badge, apart from its id. */
const DOCUMENTED_FIELDS = [
  'title',
  'action',
  'quantity',
  'description',
  'attachRequired',
  'awarded',
  'image',
] as const;

/** All fields that an answer may show apart from the id: thirteen writable ones, and one of a user. */
const SHOWN_FIELDS = [
  ...DOCUMENTED_FIELDS,
  'darkImage',
  'lightImage',
  'enabledDarkAndLight',
  'award',
  'awardCurrency',
  'awardXpQuantity',
  'awardCurrencyQuantity',
] as const;
type ShownField = (typeof SHOWN_FIELDS)[number];

export const returningAIBehaviourSchema = behaviourSchema.extend({
  /** The documented fields, the thirteen writable ones and `awarded`, or the given ones; always with the id. */
  shows: z
    .union([z.enum(['documented', 'all']), z.array(z.enum(SHOWN_FIELDS))])
    .default('documented'),
  /** Whether a PUT resets omitted fields. */
  put: z.enum(['replaces', 'merges']).default('replaces'),
});
export type ReturningAIBehaviour = z.output<typeof returningAIBehaviourSchema>;

export const RETURNING_AI_BEHAVIOURS = {
  shows: 'which fields Returning.AI shows: documented, all, or a list of names',
  put: "what Returning.AI's PUT does with omitted fields: replaces, merges",
};

/** The body of a PUT or POST. A PUT resets missing fields to these defaults. */
export const bodySchema = z.strictObject({
  title: z.string().min(1),
  action: z.string().min(1),
  quantity: z.int().default(0),
  image: z.string().default(''),
  description: z.string().default(''),
  darkImage: z.string().default(''),
  lightImage: z.string().default(''),
  enabledDarkAndLight: z.boolean().default(false),
  award: z.boolean().default(false),
  awardCurrency: z.boolean().default(false),
  awardXpQuantity: z.int().default(0),
  awardCurrencyQuantity: z.int().default(0),
  attachRequired: z.boolean().default(false),
  /** Documented only in an older copy of the provider's page. */
  applied: z.boolean().optional(),
  awarded: z.boolean().optional(),
});

/** Everything that the provider stores of a badge, most of which it never shows. */
export type StoredBadge = z.output<typeof bodySchema> & { id: string };

/** The writable fields: all except the id and that of a user. */
export const WRITABLE_FIELDS: ReadonlySet<string> = new Set(
  Object.keys(bodySchema.omit({ applied: true, awarded: true }).shape),
);

/** A badge as an answer shows it, with numbers and booleans as strings. */
export function toAnswer(
  badge: StoredBadge,
  shows: ReturningAIBehaviour['shows'],
): Record<string, string> {
  const texts = Object.fromEntries(
    shownFields(shows).map((field) => [field, String(badge[field] ?? false)]),
  );
  return { ...texts, id: badge.id };
}

function shownFields(shows: ReturningAIBehaviour['shows']): readonly ShownField[] {
  switch (shows) {
    case 'documented':
      return DOCUMENTED_FIELDS;
    case 'all':
      return SHOWN_FIELDS;
    default:
      return shows;
  }
}

/** Badges of a trading community. `picture` returns the URL of a demo picture. */
export function demoBadges(picture: (name: string) => string): StoredBadge[] {
  return (
    [
      [
        '84845081-98fd-46f3-96aa-1032174e58a5',
        'Major',
        'One trade on a live account that makes 30%. Send the account statement.',
        {
          quantity: 3,
          attachRequired: true,
          award: true,
          awardCurrency: true,
          awardXpQuantity: 100,
          awardCurrencyQuantity: 100,
        },
      ],
      [
        '0c5f1a52-7f0e-4b8f-9d0a-2f4f6a1c7e01',
        'First Message',
        'Said hello in the lounge.',
        { action: 'messageSent', quantity: 1, award: true, awardXpQuantity: 10 },
      ],
      [
        '1d2e9b7c-30a4-4a5d-8c1b-6e7d8f9a0b02',
        'Thirty-Day Streak',
        'Visited on thirty days in a row.',
        { action: 'visitStreak', quantity: 30, award: true, awardXpQuantity: 150 },
      ],
      [
        '2e7a4c81-5b6d-4f3e-a7c8-9b0d1e2f3a03',
        'Community Champion',
        'Chosen by the moderators for helping newcomers.',
        { award: true, awardCurrency: true, awardXpQuantity: 500, awardCurrencyQuantity: 50 },
      ],
      [
        '3f8b5d92-6c7e-4a4f-b8d9-0c1e2f3a4b04',
        'Chart Analyst',
        'Ten published analyses.',
        { action: 'analysisCreated', quantity: 10, award: true, awardXpQuantity: 200 },
      ],
      [
        '40c96ea3-7d8f-4b50-89ea-1d2f3a4b5c05',
        'Recruiter',
        'Five friends joined by invitation.',
        { action: 'friendReferred', quantity: 5, awardCurrency: true, awardCurrencyQuantity: 100 },
      ],
      [
        '51da7fb4-8e90-4c61-9afb-2e3a4b5c6d06',
        'Verified Trader',
        'Showed a live account statement.',
        { attachRequired: true },
      ],
      [
        '62eb80c5-9fa1-4d72-8b0c-3f4b5c6d7e07',
        'Early Adopter',
        'Here since the first season.',
        {
          enabledDarkAndLight: true,
          darkImage: picture('early-adopter-dark'),
          lightImage: picture('early-adopter-light'),
        },
      ],
    ] as const
  ).map(([id, title, description, rest]) => ({
    ...bodySchema.parse({
      title,
      description,
      action: 'custom',
      image: picture(title.toLowerCase().replaceAll(' ', '-')),
      ...rest,
    }),
    id,
  }));
}
