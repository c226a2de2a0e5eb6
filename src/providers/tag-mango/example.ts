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
