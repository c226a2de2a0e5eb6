import type { ProviderExample } from '../provider.ts';

const badgeId = '84845081-98fd-46f3-96aa-1032174e58a5';

export const example: ProviderExample = {
  badgeId,
  selection: 'title action quantity attachRequired awarded',
  updates: [
    {
      operationName: 'RenameReturningAIBadge',
      input: {
        id: badgeId,
        title: 'Major Trader',
        darkImage: '',
        lightImage: '',
        enabledDarkAndLight: false,
        award: true,
        awardCurrency: true,
        awardXpQuantity: 100,
        awardCurrencyQuantity: 100,
      },
    },
  ],
};
