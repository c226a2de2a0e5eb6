import { createDeletion, createPartialWrites } from '../../../src/providers/partial-writes.ts';
import type { Warning } from '../../../src/providers/provider.ts';
import { type ForumBadge, type RULES, table } from './badge.ts';
import type { ForumClient } from './client.ts';

/** Values of an enum of the graph, with their descriptions. */
export const FORUM_WARNINGS = {
  GRANTS_PAUSED: 'The badge cannot be granted until it is enabled again.',
};

const GRANTS_PAUSED: Warning = {
  code: 'GRANTS_PAUSED',
  message: 'The forum refuses to grant the badge while "enabled" is false.',
  fields: ['enabled'],
};

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
  judge: (_changes, { body }) => ({
    warnings: 'enabled' in body && body.enabled === false ? [GRANTS_PAUSED] : [],
    problems: [],
  }),
  create: (client, body, bounds) => client.createBadge(body, bounds),
  update: (client, id, body, bounds) => client.updateBadge(id, body, bounds),
});

export const deleteOperation = createDeletion<ForumClient, ForumBadge>({
  table,
  name: 'DeleteForumBadgeInput',
  description: 'The badge of a forum to delete.',
  send: (client, id, bounds) => client.deleteBadge(id, bounds),
  beside: ['id'],
});
