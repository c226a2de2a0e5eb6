import { z } from 'zod';
import type { BadgeFields } from '../../providers/badge-fields.ts';
import { providers } from '../../providers/index.ts';
import { WARNING_CODES } from '../../providers/provider.ts';
import type { WarningCode } from '../../providers/provider.ts';
import type { UrlRule } from '../../providers/https-url.ts';
import { BadgeProviderError } from '../payloads.ts';
import type { Outcome } from './outcome.ts';

const warningCodes = Object.keys(WARNING_CODES) as [WarningCode, ...WarningCode[]];

/** An outcome as JSON that outlives the process. Only writes that were, or may have been, applied are kept. */
export const storedOutcomeSchema = z.object({
  status: z.enum(['APPLIED', 'UNKNOWN']),
  badges: z.array(z.object({ provider: z.string(), record: z.unknown() })),
  deletedBadgeId: z.string().nullable(),
  changes: z.array(
    z.object({ field: z.string(), before: z.string().nullable(), after: z.string() }),
  ),
  warnings: z.array(
    z.object({ code: z.enum(warningCodes), message: z.string(), fields: z.array(z.string()) }),
  ),
  userErrors: z.array(
    z.object({
      message: z.string(),
      code: z.literal('OUTCOME_UNKNOWN'),
      field: z.null(),
      provider: z.string(),
      retryable: z.literal(false),
      retryAfterMs: z.null(),
    }),
  ),
});
export type StoredOutcome = z.output<typeof storedOutcomeSchema>;

export function toStoredOutcome(outcome: Outcome): StoredOutcome {
  const { badges, ...rest } = outcome;
  return storedOutcomeSchema.parse({
    ...rest,
    badges: badges.map(({ provider, record }) => ({ provider, record })),
  });
}

export function restoreOutcome(stored: StoredOutcome, isImageUrl: UrlRule): Outcome {
  const restore = (badge: StoredOutcome['badges'][number]): BadgeFields => {
    const provider = providers.find(({ name }) => name.enumValue === badge.provider);
    if (!provider) throw new Error(`a kept outcome names the unknown provider ${badge.provider}`);
    return provider.restoreBadge(badge.record, isImageUrl);
  };
  return {
    ...stored,
    badges: stored.badges.map(restore),
    userErrors: stored.userErrors.map((error) => Object.assign(new BadgeProviderError(), error)),
  };
}
