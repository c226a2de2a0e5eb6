import type { StoredBadge as ReturningAIStored } from '../../src/sandbox/returning-ai.ts';
import { type StoredBadge as TagMangoStored, newBadge } from '../../src/sandbox/tag-mango.ts';

// Badges of the sandbox.
export const MAJOR = '84845081-98fd-46f3-96aa-1032174e58a5';
export const HALL_OF_FAME = '6657092c8142bfe0656481bf';
export const QUIZ_MASTER = '6657092c8142bfe0656481c5';
/** A member whom both stand-ins know. */
export const ADA = {
  email: 'ada@example.com',
  phone: '919900112233',
  returningAI: '1102',
  tagMango: '6650aa11bb22cc33dd44ee55',
};

/** A badge as Returning.AI stores it, with values that differ from the defaults of a replacing PUT. */
export function returningAIStored(given: Partial<ReturningAIStored> = {}): ReturningAIStored {
  return {
    id: '84845081-98fd-46f3-96aa-1032174e58a5',
    title: 'Major',
    action: 'custom',
    quantity: 3,
    image: 'https://img.example/major.png',
    description: 'One trade that makes 30%.',
    ...HIDDEN_VALUES,
    attachRequired: true,
    awarded: true,
    ...given,
  };
}

export function tagMangoStored(given: Partial<TagMangoStored> = {}): TagMangoStored {
  const badge = newBadge(
    '6657092c8142bfe0656481bf',
    { name: 'Hall of Fame', description: 'Once a year.', imageUrl: 'https://img.example/hall.png' },
    '2024-05-31T13:03:26.375Z',
  );
  return { ...badge, ...given };
}

/** `count` badges of each provider; names repeat, so that their order needs more than the name. */
export function manyBadges(count: number): {
  returningAI: { badges: ReturningAIStored[] };
  tagMango: { badges: TagMangoStored[] };
} {
  const numbers = Array.from({ length: count }, (_, number) => number);
  return {
    returningAI: {
      badges: numbers.map((number) =>
        returningAIStored({ id: `badge-${number}`, title: `Badge ${number % 7}` }),
      ),
    },
    tagMango: {
      badges: numbers.map((number) =>
        tagMangoStored({
          _id: number.toString(16).padStart(24, '0'),
          name: `Badge ${number % 7}`,
        }),
      ),
    },
  };
}

/** The fields that no documented response of Returning.AI shows, with their defaults. */
export const HIDDEN_DEFAULTS = {
  darkImage: '',
  lightImage: '',
  enabledDarkAndLight: false,
  award: false,
  awardCurrency: false,
  awardXpQuantity: 0,
  awardCurrencyQuantity: 0,
};

/** The defaults of a creation at Returning.AI: every field except the title. */
export const DEFAULT_FIELDS = {
  action: 'custom',
  quantity: 1,
  image: '',
  description: '',
  ...HIDDEN_DEFAULTS,
  attachRequired: false,
};

/** Fields of an input as they are written in a document. */
export function toDocumentText(fields: object): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join(', ');
}

/** The same hidden fields with other values. */
export const HIDDEN_VALUES = {
  darkImage: 'https://img.example/dark.png',
  lightImage: 'https://img.example/light.png',
  enabledDarkAndLight: true,
  award: true,
  awardCurrency: true,
  awardXpQuantity: 70,
  awardCurrencyQuantity: 7,
};
