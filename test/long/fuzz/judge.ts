import { z } from 'zod';
import { BadgeErrorCode } from '../../../src/badges/error-code.ts';
import type { Answer } from '../../support/graphql-client.ts';

/** Codes for invalid requests, besides those of the graph. */
const REQUEST_CODES = [
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'LIMIT_EXCEEDED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
];
const codes = z.enum([...Object.keys(BadgeErrorCode), ...REQUEST_CODES]);

const errorSchema = z.strictObject({
  message: z.string().min(1),
  locations: z.array(z.strictObject({ line: z.number(), column: z.number() })).optional(),
  path: z.array(z.union([z.string(), z.number()])).optional(),
  extensions: z.strictObject({
    code: codes,
    provider: z.string().optional(),
    retryable: z.boolean().optional(),
    retryAfterMs: z.number().optional(),
    requestId: z.string().optional(),
  }),
});
const answerSchema = z
  .strictObject({
    data: z.record(z.string(), z.unknown()).nullable().optional(),
    errors: z.array(errorSchema).min(1).optional(),
  })
  .refine(({ data, errors }) => data !== undefined || errors !== undefined);

const STATUSES: readonly number[] = [200, 400];
/** Words from stack traces, paths, libraries and the stand-ins' messages. */
const NEVER_SHOWN =
  /\bat .+:\d+:\d+|node_modules|\.[jt]s\b|\/(work|home|src|dist|tmp)\/|Cannot read|is not a function|is not iterable|TypeError|RangeError|ECONN|EPIPE|UND_ERR|127\.0\.0\.1|devMessage|statusMessage|\[object/;

/** Why a response is invalid; undefined if it is valid. */
export function judge({ status, body }: Answer): string | undefined {
  if (status === 0) return 'no answer, or none in JSON';
  if (!STATUSES.includes(status)) return `status ${status}`;
  const read = answerSchema.safeParse(body);
  if (!read.success) return z.prettifyError(read.error);
  const shown = (read.data.errors ?? []).find(({ message }) => NEVER_SHOWN.test(message));
  return shown && `shows: ${shown.message}`;
}
