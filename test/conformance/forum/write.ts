import { createDeletion, createPartialWrites } from '../../../src/providers/partial-writes.ts';
import { type ForumBadge, type RULES, table } from './badge.ts';
import type { ForumClient } from './client.ts';

export const { create: createOperation, update: updateOperation } = createPartialWrites<
  typeof RULES,
  ForumClient,
  ForumBadge
>({
  table,
  createInput: table.createInput('CreateForumBadgeInput', 'A new badge of a forum.'),
  updateInput: table.updateInput(
    'UpdateForumBadgeInput',
    'New values for a badge of a forum; only those given are sent.',
  ),
  create: (client, body, bounds) => client.createBadge(body, bounds),
  update: (client, id, body, bounds) => client.updateBadge(id, body, bounds),
});

export const deleteOperation = createDeletion<ForumClient, ForumBadge>({
  name: 'DeleteForumBadgeInput',
  description: 'The badge of a forum to delete.',
  send: (client, id, bounds) => client.deleteBadge(id, bounds),
  beside: ['id'],
});
