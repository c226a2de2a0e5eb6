import type { Provider } from '../provider.ts';
import { TagMangoBadge } from './badge.ts';
import { createTagMangoClient } from './client.ts';
import { example } from './example.ts';
import { isObjectId } from './object-id.ts';
import { name } from './name.ts';
import { settings } from './settings.ts';
import { checkUpdate, planUpdate } from './update.ts';
import { UpdateTagMangoBadgeInput } from './update-input.ts';

export const tagMango: Provider = {
  key: 'tagMango',
  name,
  settings,
  badgeClass: TagMangoBadge,
  updateInput: UpdateTagMangoBadgeInput,
  example,
  isBadgeId: isObjectId,
  checkUpdate,
  /** Its update is partial, so what is not given is safe; `changes` wants the badge read first. */
  isCompleteUpdate: () => false,
  planUpdate,
  createClient: createTagMangoClient,
};
