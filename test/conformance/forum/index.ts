import type { CallBounds } from '../../../src/http/admission.ts';
import { type ProviderExample, defineProvider } from '../../../src/providers/provider.ts';
import { ForumBadge, filter, isBadgeId, name, recordSchema } from './badge.ts';
import { type ForumClient, createForumClient, settings } from './client.ts';
import {
  FORUM_WARNINGS,
  awardOperation,
  createOperation,
  deleteOperation,
  revokeOperation,
  updateOperation,
} from './operations.ts';

const badgeId = '12';
const userId = '501';

const example: ProviderExample = {
  badgeId,
  selection: 'enabled grantLimit grantCount',
  operations: [
    {
      kind: 'update',
      operationName: 'RenameForumBadge',
      input: { id: badgeId, name: 'Grand Welcomer' },
    },
    {
      kind: 'create',
      operationName: 'CreateForumBadge',
      input: { name: 'Night Shift', description: 'Answers after midnight.' },
    },
    { kind: 'award', operationName: 'AwardForumBadge', input: { badgeId, userId } },
    { kind: 'revoke', operationName: 'RevokeForumBadge', input: { badgeId, userId } },
    { kind: 'delete', operationName: 'DeleteForumBadge', input: { id: '13' } },
  ],
};

const check = {
  contract: new URL('contract.yaml', import.meta.url),
  idFields: ['id'],
  reads: [
    {
      operation: 'listBadges',
      settings: ['FORUM_BASE_URL', 'FORUM_API_KEY'],
      send: (client: ForumClient, bounds: CallBounds) => client.listBadges(bounds),
    },
  ],
  scratch: {
    nameField: 'name',
    fields: {
      description: 'Made by a check of this API. It can be deleted.',
      image_url: 'https://example.com/badges-check.png?size=200&mode=plain',
      enabled: false,
      grant_limit: 37,
    },
    requiredFields: [],
    textField: 'description',
    numberField: 'grant_limit',
    urlField: 'image_url',
    nullFields: ['description', 'image_url', 'grant_limit'],
  },
};

export const forum = defineProvider({
  key: 'forum',
  name,
  settings,
  requestWindows: [
    { requests: 60, windowMs: 60_000 },
    { requests: 12, windowMs: 5_000 },
  ],
  warnings: FORUM_WARNINGS,
  filter,
  badgeClass: ForumBadge,
  recordSchema,
  sharedFields: { name: 'name', description: 'description', imageUrl: 'imageUrl' },
  operations: {
    create: createOperation,
    update: updateOperation,
    delete: deleteOperation,
    award: awardOperation,
    revoke: revokeOperation,
  },
  example,
  check,
  badgeIdForm: '1 to 10 digits, of which the first is not 0',
  isBadgeId,
  createClient: createForumClient,
});
