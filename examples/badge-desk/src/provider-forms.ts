import type { graphql } from './graphql.ts';

/** What the schema's inputs of each provider look like to an operator. Everything else here serves every provider. */

type Kind = 'text' | 'long text' | 'image' | 'number' | 'yes or no' | 'ids';

export interface Field {
  name: string;
  label: string;
  kind: Kind;
  hint?: string;
  isRequired?: true;
  /** The provider does not show it. */
  isHidden?: true;
}

export interface ProviderForm {
  fields: readonly Field[];
  /** The member in the inputs of awards and revocations. */
  toMember: (
    email: string,
    findId: (email: string) => Promise<string | undefined>,
  ) => Promise<object | undefined>;
  /** The badge in the input of an award. */
  toAwarded: (id: string) => object;
}

/** One entry for each field of the input: the compiler finds a missing one. */
type FieldsOf<Input> = Record<Exclude<keyof Input, 'id' | 'hiddenFields'>, Omit<Field, 'name'>>;

const returningAI: FieldsOf<ReturnType<typeof graphql.scalar<'UpdateReturningAIBadgeInput'>>> = {
  title: { label: 'Name', kind: 'text', isRequired: true },
  description: { label: 'Description', kind: 'long text' },
  image: { label: 'Picture', kind: 'image' },
  action: {
    label: 'Earned by',
    kind: 'text',
    hint: 'The action that earns it. With “custom”, members apply for the badge.',
  },
  quantity: { label: 'How many times', kind: 'number' },
  attachRequired: { label: 'Needs a proof', kind: 'yes or no' },
  darkImage: { label: 'Picture in dark mode', kind: 'image', isHidden: true },
  lightImage: { label: 'Picture in light mode', kind: 'image', isHidden: true },
  enabledDarkAndLight: { label: 'Use these two pictures', kind: 'yes or no', isHidden: true },
  award: { label: 'Comes with XP', kind: 'yes or no', isHidden: true },
  awardXpQuantity: { label: 'How much XP', kind: 'number', isHidden: true },
  awardCurrency: { label: 'Comes with coins', kind: 'yes or no', isHidden: true },
  awardCurrencyQuantity: { label: 'How many coins', kind: 'number', isHidden: true },
};

const tagMango: FieldsOf<ReturnType<typeof graphql.scalar<'UpdateTagMangoBadgeInput'>>> = {
  name: { label: 'Name', kind: 'text', isRequired: true },
  description: { label: 'Description', kind: 'long text' },
  imageUrl: { label: 'Picture', kind: 'image' },
  enableAutomation: {
    label: 'Awarded automatically',
    kind: 'yes or no',
    hint: 'Either by points or by subscription, never both.',
  },
  pointsThreshold: { label: 'Points that earn it', kind: 'number' },
  pointCategoryForAutomation: {
    label: 'Kind of points',
    kind: 'text',
    hint: 'Such as “lifetime”.',
  },
  automationEnabledMangoes: {
    label: 'Subscriptions that earn it',
    kind: 'ids',
    hint: 'IDs of mangoes, separated by commas.',
  },
};

const toFields = (fields: Record<string, Omit<Field, 'name'>>): Field[] =>
  Object.entries(fields).map(([name, field]) => ({ name, ...field }));

/** By the provider's field in inputs. A provider that is not here is shown, but has no form. */
export const PROVIDER_FORMS: Readonly<Record<string, ProviderForm | undefined>> = {
  returningAI: {
    fields: toFields(returningAI),
    toMember: async (email) => ({ user: { email } }),
    toAwarded: (badgeId) => ({ badgeId }),
  },
  tagMango: {
    fields: toFields(tagMango),
    async toMember(email, findId) {
      const userId = await findId(email);
      return userId === undefined ? undefined : { userId };
    },
    toAwarded: (id) => ({ badgeIds: [id] }),
  },
};

/** What the controls of a form hold. A field that is empty or unknown is an empty text. */
export type Draft = Readonly<Record<string, string>>;

export function toDraft(badge: object, fields: readonly Field[]): Draft {
  const values = badge as Record<string, unknown>;
  return Object.fromEntries(fields.map(({ name }) => [name, toText(values[name])]));
}

function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/** The values that differ from those that the form began with: others are not sent. */
export function toChanges(
  fields: readonly Field[],
  base: Draft,
  draft: Draft,
): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .filter(({ name }) => draft[name] !== base[name])
      .map(({ name, kind }) => [name, toValue(kind, draft[name] ?? '')]),
  );
}

/** Nothing, for each field that the provider does not show and that is not set. */
export function toNothing(fields: readonly Field[], draft: Draft): Record<string, unknown> {
  const unset = fields.filter(({ name, isHidden }) => isHidden && draft[name] === '');
  const nothing: Partial<Record<Kind, unknown>> = { number: 0, 'yes or no': false };
  return Object.fromEntries(unset.map(({ name, kind }) => [name, nothing[kind] ?? '']));
}

function toValue(kind: Kind, text: string): unknown {
  switch (kind) {
    case 'number':
      return text.trim() === '' ? null : Number(text);
    case 'yes or no':
      return text === '' ? null : text === 'true';
    case 'ids':
      return text.split(/[\s,]+/).filter((id) => id !== '');
    case 'text':
    case 'long text':
    case 'image':
      return text;
  }
}
