import { createFieldTable } from '../../../src/providers/field-table.ts';
import { createDeletion, createPartialWrites } from '../../../src/providers/partial-writes.ts';
import type { ForumBadge } from './badge.ts';
import type { ForumClient } from './client.ts';

/** The fields that can be written; the forum keeps those that are not given. */
const RULES = {
  name: {
    type: 'line',
    isRequired: true,
    create: 'The name of the badge.',
    update: 'The name of the badge. Cannot be cleared.',
  },
  description: {
    type: 'text',
    cleared: '',
    create: 'What the badge is given for.',
    update: 'Null or "" removes the description.',
  },
  imageUrl: {
    type: 'image',
    wire: 'image_url',
    cleared: '',
    create: 'The picture, an https URL.',
    update: 'An https URL. Null or "" removes the picture.',
  },
  enabled: {
    type: 'flag',
    create: 'Whether the badge can be granted.',
    update: 'Whether the badge can be granted. Cannot be cleared.',
  },
  grantLimit: {
    type: 'integer',
    wire: 'grant_limit',
    cleared: null,
    create: 'How many members can hold the badge.',
    update: 'How many members can hold the badge. Null: any number.',
  },
} as const;

const table = createFieldTable(RULES);

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
