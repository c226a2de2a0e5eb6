import type { Ask } from './client.ts';

const PAYLOAD = 'changes { field } warnings { code } userErrors { code }';

const UPDATE = `mutation Update($input: UpdateBadgeInput!, $idempotencyKey: String) {
  result: updateBadge(input: $input, idempotencyKey: $idempotencyKey) { ${PAYLOAD} }
}`;

/** All that a Returning.AI badge has beside its name, so that an update needs nothing that the store remembers. */
export const COMPLETE = {
  action: 'custom',
  quantity: 1,
  image: '',
  description: 'Written by a benchmark',
  darkImage: '',
  lightImage: '',
  enabledDarkAndLight: false,
  award: false,
  awardCurrency: false,
  awardXpQuantity: 0,
  awardCurrencyQuantity: 0,
  attachRequired: false,
};

/** Gives the badge another name. */
export function toRename(
  { provider, id }: { provider: string; id: string },
  name: string,
  idempotencyKey: string | null = null,
): Ask {
  const input =
    provider === 'TAG_MANGO'
      ? { tagMango: { id, name } }
      : { returningAI: { id, title: name, ...COMPLETE } };
  return { query: UPDATE, variables: { input, idempotencyKey } };
}
