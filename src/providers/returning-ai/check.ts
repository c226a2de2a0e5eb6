import type { ProviderCheck } from '../provider.ts';
import type { ReturningAIClient } from './client.ts';

/** An address of nobody: the domain cannot exist. */
const NOBODY = 'nobody@badges-check.invalid';
const PICTURE = 'https://example.com/badges-check.png?size=200&mode=';

export const check: ProviderCheck = {
  contract: new URL('contract.yaml', import.meta.url),
  idFields: ['id', '_id'],
  reads: [
    {
      operation: 'listBadges',
      settings: ['RETURNING_AI_BASE_URL', 'RETURNING_AI_API_KEY'],
      send: (client, bounds) => client.listBadges(bounds),
    },
    {
      operation: 'userInfo',
      settings: ['RETURNING_AI_INTEGRATION_BASE_URL', 'RETURNING_AI_INTEGRATION_API_KEY'],
      isOfMember: true,
      send: async (client: ReturningAIClient, bounds) => client.findUserId?.(NOBODY, bounds),
    },
  ],
  scratch: {
    nameField: 'title',
    fields: {
      action: 'custom',
      quantity: 37,
      image: `${PICTURE}plain`,
      description: 'Made by a check of this API. It can be deleted.',
      darkImage: `${PICTURE}dark`,
      lightImage: `${PICTURE}light`,
      enabledDarkAndLight: true,
      // Nobody is to gain anything by it, should somebody approve it meanwhile.
      award: false,
      awardCurrency: false,
      awardXpQuantity: 7,
      awardCurrencyQuantity: 7,
      attachRequired: true,
    },
    requiredFields: ['action'],
    textField: 'description',
    numberField: 'quantity',
    urlField: 'image',
    nullFields: ['quantity', 'image', 'description', 'attachRequired'],
  },
};
