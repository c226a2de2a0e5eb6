import { defineProvider } from '../provider.ts';
import { awardOperation, revokeOperation } from './award.ts';
import { ReturningAIBadge } from './badge.ts';
import { check } from './check.ts';
import { createReturningAIClient } from './client.ts';
import { createOperation } from './create.ts';
import { deleteOperation } from './delete.ts';
import { example } from './example.ts';
import { name } from './name.ts';
import { isBadgeId } from './routes.ts';
import { settings } from './settings.ts';
import { updateOperation } from './update.ts';
import { recordSchema } from './wire.ts';

export const returningAI = defineProvider({
  key: 'returningAI',
  name,
  settings,
  badgeClass: ReturningAIBadge,
  operations: {
    create: createOperation,
    update: updateOperation,
    delete: deleteOperation,
    award: awardOperation,
    revoke: revokeOperation,
  },
  resolvers: [],
  example,
  check,
  isBadgeId,
  // Ids are opaque: nothing says that two spellings could be one.
  canonicalId: (id) => id,
  canonicalInput: (input) => input,
  restoreBadge(record, isImageUrl) {
    const { data } = recordSchema.safeParse(record);
    return data ? new ReturningAIBadge(data, isImageUrl) : null;
  },
  withHiddenRevision: (badge, hiddenRevision) =>
    badge instanceof ReturningAIBadge ? badge.with({ hiddenRevision }) : badge,
  createClient: createReturningAIClient,
});
