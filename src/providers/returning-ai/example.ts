import type { ProviderExample } from '../provider.ts';

const badgeId = '84845081-98fd-46f3-96aa-1032174e58a5';
const user = { email: 'ada@example.com' };

export const example: ProviderExample = {
  badgeId,
  selection: 'title action quantity attachRequired awarded',
  operations: [
    {
      kind: 'update',
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
    {
      kind: 'create',
      operationName: 'CreateReturningAIBadge',
      input: { title: 'Market Maker', description: 'A hundred trades.', awardXpQuantity: 50 },
    },
    { kind: 'award', operationName: 'AwardReturningAIBadge', input: { badgeId, user } },
    { kind: 'revoke', operationName: 'RevokeReturningAIBadge', input: { badgeId, user } },
    {
      kind: 'delete',
      operationName: 'DeleteReturningAIBadge',
      input: { id: '62eb80c5-9fa1-4d72-8b0c-3f4b5c6d7e07' },
    },
  ],
};
