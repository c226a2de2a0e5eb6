import { z } from 'zod';
import { baseUrlSetting, secretSetting } from '../settings.ts';
import type { ProviderSettings } from '../settings.ts';
import { isObjectId, toCanonicalId } from './object-id.ts';

/** A host name with at least one dot, and nothing else: it goes into a header. */
const HOST_NAME =
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i;

export const settings = {
  TAG_MANGO_BASE_URL: {
    schema: baseUrlSetting.refine(
      (url) => new URL(url).pathname === '/',
      'must be an origin without a path',
    ),
    isBaseUrl: true,
    default: 'https://api-prod-new.tagmango.com',
  },
  TAG_MANGO_API_KEY: { schema: secretSetting, isSecret: true },
  TAG_MANGO_WHITELABEL_HOST: {
    schema: z.string().regex(HOST_NAME, 'must be a host name such as yourhost.tagmango.com'),
  },
  /** Whose badges these must be: a record of anybody else is refused. */
  TAG_MANGO_CREATOR_ID: {
    schema: z
      .string()
      .refine(
        isObjectId,
        'must be 24 hexadecimal digits, as all ids in the samples of TagMango (inferred)',
      )
      .transform(toCanonicalId),
    isOptional: true,
  },
  /** Minutes; the provider uses its own default without it. */
  TAG_MANGO_TIMEZONE_OFFSET: {
    schema: z
      .string()
      .regex(/^-?\d{1,3}$/, {
        error: 'must be a whole number of minutes, such as 330',
        abort: true,
      })
      .refine((minutes) => Math.abs(Number(minutes)) <= 840, 'must lie within -840 and 840'),
    isOptional: true,
  },
} as const satisfies ProviderSettings;
