import { z } from 'zod';
import { behaviourSchema } from '../behaviour.ts';

/** What the provider's pages show of a badge, beside its id. */
export const DOCUMENTED_FIELDS = [
  'title',
  'action',
  'quantity',
  'description',
  'attachRequired',
  'awarded',
  'image',
] as const;

/** All that an answer could show beside the id: the thirteen writable fields, and one that belongs to a user. */
export const SHOWN_FIELDS = [
  ...DOCUMENTED_FIELDS,
  'darkImage',
  'lightImage',
  'enabledDarkAndLight',
  'award',
  'awardCurrency',
  'awardXpQuantity',
  'awardCurrencyQuantity',
] as const;
export type ShownField = (typeof SHOWN_FIELDS)[number];

export const returningAIBehaviourSchema = behaviourSchema.extend({
  /** The documented fields, the thirteen writable ones and `awarded`, or these; always the id. */
  shows: z
    .union([z.enum(['documented', 'all']), z.array(z.enum(SHOWN_FIELDS))])
    .default('documented'),
  /** Whether a PUT resets what its body leaves out. */
  put: z.enum(['replaces', 'merges']).default('replaces'),
});
export type ReturningAIBehaviour = z.output<typeof returningAIBehaviourSchema>;

export const RETURNING_AI_BEHAVIOURS = {
  shows: 'which fields Returning.AI shows: documented, all, or a list of names',
  put: "what Returning.AI's PUT does with what its body leaves out: replaces, merges",
};
