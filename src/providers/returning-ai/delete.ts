import { createDeletion } from '../partial-writes.ts';
import type { ReturningAIBadge } from './badge.ts';
import type { ReturningAIClient } from './client.ts';

export const deleteOperation = createDeletion<ReturningAIClient, ReturningAIBadge>({
  name: 'DeleteReturningAIBadgeInput',
  description:
    'The Returning.AI badge to delete. This service cannot restore it. The path of the API call is inferred.',
  send: (client, id, bounds) => client.deleteBadge(id, bounds),
  beside: ['id', 'hiddenRevision'],
});
