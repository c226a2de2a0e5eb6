import type { ProviderExample } from '../provider.ts';

const badgeId = '6657092c8142bfe0656481bf';

export const example: ProviderExample = {
  badgeId,
  selection:
    'enableAutomation pointsThreshold pointCategoryForAutomation automationEnabledMangoes updatedAt',
  updates: [
    { operationName: 'RenameTagMangoBadge', input: { id: badgeId, name: 'Hall of Fame 2026' } },
  ],
};
