import { type ProviderCheck, type ProviderExample, defineProvider } from '../provider.ts';
import { ReturningAIBadge, isBadgeId, name, recordSchema } from './badge.ts';
import { type ReturningAIClient, createReturningAIClient, settings } from './client.ts';
import {
  awardOperation,
  createOperation,
  deleteOperation,
  revokeOperation,
  updateOperation,
} from './operations.ts';

/** Belongs to no member, because the domain cannot exist. */
const UNKNOWN_EMAIL = 'nobody@badges-check.invalid';
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
      send: async (client: ReturningAIClient, bounds) => client.findUserId?.(UNKNOWN_EMAIL, bounds),
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
      // The badge grants nothing, in case it is approved during the check.
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

export const returningAI = defineProvider({
  key: 'returningAI',
  name,
  settings,
  badgeClass: ReturningAIBadge,
  recordSchema,
  sharedFields: { title: 'name', description: 'description', image: 'imageUrl' },
  operations: {
    create: createOperation,
    update: updateOperation,
    delete: deleteOperation,
    award: awardOperation,
    revoke: revokeOperation,
  },
  example,
  check,
  badgeIdForm: '1 to 64 ASCII letters, digits, hyphens or underscores (inferred)',
  isBadgeId,
  withHiddenRevision: (badge, hiddenRevision) =>
    badge instanceof ReturningAIBadge ? badge.with({ hiddenRevision }) : badge,
  createClient: createReturningAIClient,
});
