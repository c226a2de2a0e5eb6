import type { Verdict } from '../../src/http/admission.ts';
import type { AnyFault } from './read-cases.ts';

/** What a fault of the write itself comes to. The write is always sent once. */
export interface WriteCase {
  row: number;
  what: string;
  by: 'create' | 'update';
  fault: AnyFault;
  /** None: the write succeeds. */
  codes: readonly string[];
  /** What the breaker is told of the write. */
  verdict: Verdict;
  retryAfterMs?: number;
}

const unknown = { by: 'create', codes: ['OUTCOME_UNKNOWN'], verdict: 'failed' } as const;
const refused = { by: 'create', verdict: 'good' } as const;
const answer = (rest: Partial<Extract<AnyFault, { kind: 'answer' }>>): AnyFault => ({
  kind: 'answer',
  ...rest,
});

/** The variants of each row, taken effect or not, are in test/writing/faults.test.ts. */
export const WRITE_CASES: readonly WriteCase[] = [
  { row: 2, what: 'hangs', fault: { kind: 'hang' }, ...unknown },
  { row: 3, what: 'is answered drop by drop', fault: { kind: 'drip', everyMs: 20 }, ...unknown },
  { row: 4, what: 'is reset before its answer', fault: { kind: 'reset' }, ...unknown },
  { row: 5, what: 'is cut off within its answer', fault: { kind: 'truncate' }, ...unknown },
  { row: 5, what: 'is reset within its answer', fault: { kind: 'reset', at: 'body' }, ...unknown },
  {
    row: 7,
    what: 'is returned malformed JSON',
    fault: { name: 'malformed-json' },
    ...unknown,
  },
  { row: 8, what: 'is answered with a page', fault: { name: 'html' }, ...unknown },
  {
    row: 9,
    what: 'is refused inside a 200',
    fault: answer({ body: { success: false, meta: { success: false } } }),
    codes: ['PROVIDER_BAD_RESPONSE'],
    ...refused,
  },
  {
    row: 9,
    what: 'is refused inside a 200 in other letters, with a code as text',
    fault: answer({ body: { success: 'FALSE', meta: { success: '0', statusCode: '403' } } }),
    codes: ['PROVIDER_AUTH_FAILED'],
    ...refused,
  },
  {
    row: 9,
    what: 'is refused inside a 200 by an error alone',
    fault: answer({ body: { error: 'Forbidden' } }),
    codes: ['PROVIDER_AUTH_FAILED'],
    ...refused,
  },
  {
    row: 9,
    what: 'succeeded and failed in the same 200',
    fault: answer({ body: { success: true, meta: { success: true }, errors: ['no'] } }),
    ...unknown,
    verdict: 'good',
  },
  {
    row: 10,
    what: 'is responded without a body, and a read shows that it took effect',
    by: 'update',
    fault: { name: 'no-content', isApplied: true },
    codes: [],
    verdict: 'good',
  },
  {
    row: 10,
    what: 'is responded without a body, and a read shows the old values',
    by: 'update',
    fault: { name: 'no-content' },
    codes: ['OUTCOME_UNKNOWN'],
    verdict: 'good',
  },
  {
    row: 11,
    what: 'is one too many, for a second',
    fault: { name: 'too-many' },
    codes: ['PROVIDER_RATE_LIMITED'],
    by: 'create',
    verdict: 'nothing',
    retryAfterMs: 1_000,
  },
  {
    row: 12,
    what: 'is one too many, for an absurd time',
    fault: { name: 'too-many-absurd' },
    codes: ['PROVIDER_RATE_LIMITED'],
    by: 'create',
    verdict: 'nothing',
    retryAfterMs: 10_000,
  },
  { row: 13, what: 'is answered with 503', fault: { name: 'unavailable' }, ...unknown },
  {
    row: 14,
    what: 'is answered with 422',
    fault: { name: 'unprocessable' },
    codes: ['INVALID_INPUT'],
    ...refused,
  },
  {
    row: 15,
    what: 'is answered with 401',
    fault: { name: 'unauthorized' },
    codes: ['PROVIDER_AUTH_FAILED'],
    ...refused,
  },
  {
    row: 16,
    what: 'is answered with 404',
    fault: { name: 'not-found' },
    codes: ['NOT_FOUND'],
    by: 'update',
    verdict: 'good',
  },
  {
    row: 17,
    what: 'is answered with 409',
    fault: { name: 'conflict' },
    codes: ['CONFLICT'],
    by: 'update',
    verdict: 'good',
  },
  {
    row: 18,
    what: 'is answered with 307',
    fault: answer({ status: 307, headers: { location: '' } }),
    ...unknown,
    verdict: 'good',
  },
  { row: 19, what: 'is answered with 6 MiB', fault: { kind: 'huge' }, ...unknown },
  {
    row: 19,
    what: 'is answered with a gzip bomb',
    fault: { kind: 'bomb', megabytes: 20 },
    ...unknown,
  },
  {
    row: 31,
    what: 'is returned a different badge',
    fault: { kind: 'records', change: 'other-id' },
    by: 'update',
    codes: ['OUTCOME_UNKNOWN'],
    verdict: 'good',
  },
];
