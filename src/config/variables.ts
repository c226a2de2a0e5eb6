import { z } from 'zod';
import { redisUrlProblem } from './redis-url.ts';
import { hostOf } from '../providers/loopback.ts';

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must lie within ${least} and ${most}`);

/** As in a URL: an address of IPv6 stands in brackets. */
function isHostName(text: string): boolean {
  return /^([\w.-]+|\[[\da-f:.]+\])$/i.test(text) && hostOf(text) !== undefined;
}

/** All variables but those of the providers. */
export const variables = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, 'must be a host name or an address')
    .optional(),
  /** One or more, with commas between them. */
  ALLOWED_HOSTS: z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .refine(
      (names) => names.every((name) => isHostName(name)),
      'must be one or more host names or addresses without ports, with commas between them',
    )
    .default([]),
  PORT: wholeNumber(0, 65_535).default(4001),
  SANDBOX: z.enum(['auto', 'true', 'false']).default('auto'),
  PLAYGROUND: flag.optional(),
  INTROSPECTION: flag.optional(),
  CACHE_TAGS: flag.default(false),
  MUTATIONS_ENABLED: flag.default(true),
  AUTH_JWKS_URL: z
    .string()
    .refine((url) => /^https?:/i.test(url) && URL.canParse(url), {
      error: 'must be an https URL',
      abort: true,
    })
    // Nothing would send them, and every error of the fetch would repeat them.
    .refine((url) => new URL(url).username + new URL(url).password === '', {
      error: 'must have no user name or password',
    })
    .optional(),
  AUTH_ISSUER: z.string().optional(),
  AUTH_AUDIENCE: z.string().optional(),
  AUTH_DIRECTIVES: flag.default(false),
  TENANTS_FILE: z.string().optional(),
  BADGES_FRESH_SECONDS: wholeNumber(0, 3_600).default(30),
  BADGES_STALE_SECONDS: wholeNumber(0, 86_400).default(300),
  ATTEMPT_TIMEOUT_MS: wholeNumber(1, 60_000).default(3_000),
  OPERATION_DEADLINE_MS: wholeNumber(1, 300_000).default(8_000),
  SHUTDOWN_DELAY_MS: wholeNumber(0, 300_000).optional(),
  ANSWER_MAX_BYTES: wholeNumber(65_536, 67_108_864).default(4_194_304),
  ANSWERS_BUDGET_BYTES: wholeNumber(131_072, 999_999_999).default(16_777_216),
  /** One or more, with commas between them. */
  ROUTER_SECRET: z.string().optional(),
  RETENTION_DAYS: wholeNumber(1, 36_500).optional(),
  STATE_DIR: z.string().optional(),
  REDIS_URL: z
    .string()
    .superRefine((url, context) => {
      const message = redisUrlProblem(url);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .optional(),
  REPLICAS: wholeNumber(1, 1_000).default(1),
  /** These three also in small letters, as other programs read them. */
  HTTPS_PROXY: z.string().optional(),
  HTTP_PROXY: z.string().optional(),
  NO_PROXY: z.string().optional(),
  /** These two are read by Node. */
  NODE_EXTRA_CA_CERTS: z.string().optional(),
  NODE_TLS_REJECT_UNAUTHORIZED: z.string().optional(),
});
