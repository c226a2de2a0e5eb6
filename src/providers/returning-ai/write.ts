import { createFullWrites, FullUpdateInput } from '../full-writes.ts';
import { createDeletion } from '../partial-writes.ts';
import { type RULES, type ReturningAIBadge, table } from './badge.ts';
import type { ReturningAIClient } from './client.ts';
import { name } from './settings.ts';

export const { create: createOperation, update: updateOperation } = createFullWrites<
  typeof RULES,
  ReturningAIClient,
  ReturningAIBadge
>({
  table,
  title: name.title,
  statements: {
    replaces: 'Returning.AI replaces the whole badge at each update (inferred)',
    mayReset: 'Returning.AI may reset them (inferred)',
  },
  createInput: table.createInput(
    'CreateReturningAIBadgeInput',
    'A new Returning.AI badge. All fields are sent. Omitted fields have the default values shown.',
  ),
  updateInput: table.updateInput(
    'UpdateReturningAIBadgeInput',
    'New values for a Returning.AI badge. Omitted fields keep their values. Returning.AI replaces the whole badge at each update (inferred from its documented request), and its documented answers do not show seven of the fields: `darkImage`, `lightImage`, `enabledDarkAndLight`, `award`, `awardCurrency`, `awardXpQuantity`, `awardCurrencyQuantity`. An omitted field that the provider shows is sent back as shown. An omitted field that it does not show is sent with the value that this service last wrote, provided that all shown fields are unchanged since that write. Otherwise the update is rejected with a single HIDDEN_FIELDS_UNKNOWN error that lists all such fields: set them, or choose a policy with `hiddenFields`.',
    FullUpdateInput,
  ),
  create: (client, body, bounds) => client.createBadge(body, bounds),
  update: (client, id, body, bounds) => client.updateBadge(id, body, bounds),
});

export const deleteOperation = createDeletion<ReturningAIClient, ReturningAIBadge>({
  table,
  name: 'DeleteReturningAIBadgeInput',
  description:
    'The Returning.AI badge to delete. This service cannot restore it. The path of the API call is inferred.',
  send: (client, id, bounds) => client.deleteBadge(id, bounds),
  beside: ['id', 'hiddenRevision'],
});
