import { defineProvider } from '../provider.ts';
import { awardOperation } from './award.ts';
import { TagMangoBadge } from './badge.ts';
import { check } from './check.ts';
import { createTagMangoClient } from './client.ts';
import { createOperation } from './create.ts';
import { example } from './example.ts';
import { TagMangoMemberQueries } from './member.ts';
import { name } from './name.ts';
import { isObjectId, toCanonicalId, withCanonicalIds } from './object-id.ts';
import { settings } from './settings.ts';
import { updateOperation } from './update.ts';
import { recordSchema } from './wire.ts';

export const tagMango = defineProvider({
  key: 'tagMango',
  name,
  settings,
  requestWindow: { requests: 120, windowMs: 10_000 },
  badgeClass: TagMangoBadge,
  operations: { create: createOperation, update: updateOperation, award: awardOperation },
  resolvers: [TagMangoMemberQueries],
  example,
  check,
  isBadgeId: isObjectId,
  canonicalId: toCanonicalId,
  canonicalInput: withCanonicalIds,
  restoreBadge(record, isImageUrl) {
    const { data } = recordSchema.safeParse(record);
    return data ? new TagMangoBadge(data, isImageUrl) : null;
  },
  createClient: createTagMangoClient,
});
