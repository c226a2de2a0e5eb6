import { type ProviderCheck, type ProviderExample, defineProvider } from '../provider.ts';
import {
  TagMangoBadge,
  filter,
  isObjectId,
  name,
  recordSchema,
  toCanonicalId,
  withCanonicalIds,
} from './badge.ts';
import { type TagMangoClient, createTagMangoClient, settings } from './client.ts';
import {
  AUTOMATION_WARNINGS,
  TagMangoMemberQueries,
  awardOperation,
  createOperation,
  updateOperation,
} from './operations.ts';

/** Belongs to no member, because the domain cannot exist. */
const UNKNOWN_MEMBER = { email: 'nobody@badges-check.invalid', phone: null };
const SETTINGS = ['TAG_MANGO_BASE_URL', 'TAG_MANGO_API_KEY', 'TAG_MANGO_WHITELABEL_HOST'];

export const check: ProviderCheck = {
  contract: new URL('contract.yaml', import.meta.url),
  idFields: ['_id'],
  reads: [
    {
      operation: 'listBadges',
      settings: SETTINGS,
      send: (client, bounds) => client.listBadges(bounds),
    },
    {
      operation: 'lookupUser',
      settings: SETTINGS,
      isOfMember: true,
      send: (client: TagMangoClient, bounds) => client.findMember(UNKNOWN_MEMBER, bounds),
    },
  ],
  scratch: {
    nameField: 'name',
    fields: {
      description: 'Made by a check of this API. It can be deleted.',
      imageUrl: 'https://example.com/badges-check.png?size=200&mode=plain',
      // Automation stays off, so that no member receives the badge. Mangoes would have to exist.
      enableAutomation: false,
      pointsThreshold: 1_000_003,
      pointCategoryForAutomation: 'lifetime',
    },
    requiredFields: [],
    textField: 'description',
    numberField: 'pointsThreshold',
    urlField: 'imageUrl',
    nullFields: ['description', 'imageUrl', 'pointsThreshold', 'pointCategoryForAutomation'],
  },
};

const badgeId = '6657092c8142bfe0656481bf';
const userId = '6650aa11bb22cc33dd44ee55';

export const example: ProviderExample = {
  badgeId,
  selection:
    'enableAutomation pointsThreshold pointCategoryForAutomation automationEnabledMangoes updatedAt',
  operations: [
    {
      kind: 'update',
      operationName: 'RenameTagMangoBadge',
      input: { id: badgeId, name: 'Hall of Fame 2026' },
    },
    {
      kind: 'update',
      operationName: 'TryTagMangoUpdate',
      about: 'A dry run: shows what would change without writing it.',
      dryRun: true,
      input: { id: badgeId, description: 'Named once a year.', pointsThreshold: 500 },
    },
    {
      kind: 'update',
      operationName: 'UpdateTagMangoIfUnchanged',
      about: 'A conflict: the badge has a different version.',
      expectedVersion: 'an old one',
      input: { id: badgeId, description: 'Mine.' },
    },
    {
      kind: 'update',
      operationName: 'UpdateTagMangoOnce',
      about: 'Run it twice: one write, the same result.',
      idempotencyKey: 'my-key-1',
      input: { id: badgeId, description: 'Written once.' },
    },
    {
      kind: 'create',
      operationName: 'CreateTagMangoBadge',
      input: { name: 'Night Owl', description: 'Ten lessons after midnight.' },
    },
    {
      kind: 'award',
      operationName: 'AwardTagMangoBadges',
      input: { userId, badgeIds: [badgeId, '6657092c8142bfe0656481c5'] },
    },
  ],
};

export const tagMango = defineProvider({
  key: 'tagMango',
  name,
  settings,
  requestWindows: [{ requests: 120, windowMs: 10_000 }],
  badgeClass: TagMangoBadge,
  recordSchema,
  sharedFields: { name: 'name', description: 'description', imageUrl: 'imageUrl' },
  operations: { create: createOperation, update: updateOperation, award: awardOperation },
  filter,
  warnings: AUTOMATION_WARNINGS,
  resolvers: [TagMangoMemberQueries],
  example,
  check,
  badgeIdForm: '24 hexadecimal digits (inferred)',
  isBadgeId: isObjectId,
  canonicalId: toCanonicalId,
  canonicalInput: withCanonicalIds,
  createClient: createTagMangoClient,
});
