import type { Provider } from '../provider.ts';
import { ReturningAIBadge } from './badge.ts';
import { createReturningAIClient, isBadgeId } from './client.ts';
import { example } from './example.ts';
import { name } from './name.ts';
import { settings } from './settings.ts';
import { checkUpdate, isCompleteUpdate, planUpdate } from './update.ts';
import { UpdateReturningAIBadgeInput } from './update-input.ts';

export const returningAI: Provider = {
  key: 'returningAI',
  name,
  settings,
  badgeClass: ReturningAIBadge,
  updateInput: UpdateReturningAIBadgeInput,
  example,
  isBadgeId,
  checkUpdate,
  isCompleteUpdate,
  planUpdate,
  createClient: createReturningAIClient,
};
