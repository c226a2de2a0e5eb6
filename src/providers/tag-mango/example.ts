import type { ProviderExample } from '../provider.ts';

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
      about: 'A dry run: what would change, and nothing does.',
      dryRun: true,
      input: { id: badgeId, description: 'Named once a year.', pointsThreshold: 500 },
    },
    {
      kind: 'update',
      operationName: 'UpdateTagMangoIfUnchanged',
      about: 'A conflict: the badge has another version.',
      input: { id: badgeId, expectedVersion: 'an old one', description: 'Mine.' },
    },
    {
      kind: 'update',
      operationName: 'UpdateTagMangoOnce',
      about: 'Press twice: one write, the same answer.',
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
