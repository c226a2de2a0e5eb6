import type { Verdict } from '../../src/http/admission.ts';
import type { FaultSwitch } from '../../src/sandbox/fault-switch.ts';

export type AnyFault = Parameters<FaultSwitch['set']>[1];

/** What a fault of the list comes to for those who read. */
export interface ReadCase {
  row: number;
  what: string;
  fault: AnyFault;
  code: string;
  /** How many requests reach the provider. */
  calls: number;
  /** What the breaker is told of each of them. */
  verdict: Verdict;
  retryAfterMs?: number;
  /** The contract lets a stale list be shown in its place. */
  isStaleOk: boolean;
}

type Answer = Partial<Extract<AnyFault, { kind: 'answer' }>>;
const answer = (rest: Answer): AnyFault => ({ kind: 'answer', ...rest });
const named = (name: Extract<AnyFault, { name: string }>['name']): AnyFault => ({ name });
const httpDate = (aheadMs: number) => new Date(Date.now() + aheadMs).toUTCString();

const timedOut = {
  code: 'PROVIDER_TIMEOUT',
  calls: 2,
  verdict: 'failed',
  isStaleOk: true,
} as const;
const unavailable = {
  code: 'PROVIDER_UNAVAILABLE',
  calls: 3,
  verdict: 'failed',
  isStaleOk: true,
} as const;
const brokenOff = {
  code: 'PROVIDER_BAD_RESPONSE',
  calls: 3,
  verdict: 'failed',
  isStaleOk: true,
} as const;
const unreadable = {
  code: 'PROVIDER_BAD_RESPONSE',
  calls: 1,
  verdict: 'failed',
  isStaleOk: true,
} as const;
const refused = {
  code: 'PROVIDER_BAD_RESPONSE',
  calls: 1,
  verdict: 'good',
  isStaleOk: false,
} as const;
const tooMany = {
  code: 'PROVIDER_RATE_LIMITED',
  calls: 1,
  verdict: 'nothing',
  isStaleOk: true,
} as const;

export const READ_CASES: readonly ReadCase[] = [
  { row: 2, what: 'hangs before its headers', fault: { kind: 'hang' }, ...timedOut },
  {
    row: 2,
    what: 'drips headers',
    fault: { kind: 'drip', part: 'headers', everyMs: 20 },
    ...timedOut,
  },
  { row: 3, what: 'drips its body', fault: { kind: 'drip', everyMs: 20 }, ...timedOut },
  { row: 4, what: 'is reset before its answer', fault: { kind: 'reset' }, ...unavailable },
  { row: 5, what: 'is reset within its body', fault: { kind: 'reset', at: 'body' }, ...brokenOff },
  { row: 5, what: 'is cut off within its body', fault: { kind: 'truncate' }, ...brokenOff },
  { row: 7, what: 'is malformed JSON', fault: named('malformed-json'), ...unreadable },
  { row: 8, what: 'is a page', fault: named('html'), ...unreadable },
  { row: 8, what: 'is JSON that is called text', fault: named('text-json'), ...unreadable },
  { row: 9, what: 'is a refusal inside a 200', fault: named('refused-inside'), ...refused },
  {
    row: 9,
    what: 'is a refusal of our credentials inside a 200',
    fault: answer({
      body: { success: false, code: 401, meta: { success: false, statusCode: 401 } },
    }),
    ...refused,
    code: 'PROVIDER_AUTH_FAILED',
  },
  ...[
    { meta: { success: 'False' }, body: [], success: 'False', result: [] },
    { error: 'x', body: [], result: [] },
    { meta: { success: 0 }, body: [], success: 0, result: [] },
    { statusCode: '500', body: [], result: [] },
    { success: true, meta: { success: true }, body: [], result: [], errors: [{ message: 'x' }] },
  ].map((body): ReadCase => ({
    row: 9,
    what: `is empty and says that it failed: ${JSON.stringify(body)}`,
    fault: answer({ body }),
    ...refused,
    ...('statusCode' in body && { code: 'PROVIDER_UNAVAILABLE' }),
  })),
  { row: 10, what: 'is a 204', fault: named('no-content'), ...refused },
  { row: 10, what: 'is a 200 without a body', fault: named('empty'), ...refused },
  {
    row: 11,
    what: 'is a 429 that asks for a second',
    fault: named('too-many'),
    ...tooMany,
    calls: 3,
    retryAfterMs: 1_000,
  },
  {
    row: 11,
    what: 'is a 429 that names a time',
    fault: answer({ status: 429, headers: { date: httpDate(0), 'retry-after': httpDate(2_000) } }),
    ...tooMany,
    calls: 3,
    retryAfterMs: 2_000,
  },
  {
    row: 11,
    what: 'is a 429 that asks for more time than is left',
    fault: answer({ status: 429, headers: { 'retry-after': '9' } }),
    ...tooMany,
    retryAfterMs: 9_000,
  },
  ...(['too-many-silent', 'too-many-negative', 'too-many-absurd'] as const).map(
    (name): ReadCase => ({
      row: 12,
      what: `is a 429 with no use of Retry-After (${name})`,
      fault: named(name),
      ...tooMany,
      retryAfterMs: 10_000,
    }),
  ),
  ...(['server-error', 'bad-gateway', 'unavailable', 'gateway-timeout'] as const).map(
    (name): ReadCase => ({
      row: 13,
      what: `is a 5xx (${name})`,
      fault: named(name),
      ...unavailable,
    }),
  ),
  {
    row: 13,
    what: 'is a 503 that asks for an hour',
    fault: answer({ status: 503, headers: { 'retry-after': '3600' } }),
    ...unavailable,
    calls: 1,
    retryAfterMs: 10_000,
  },
  { row: 14, what: 'is a 400', fault: named('bad-request'), ...refused },
  { row: 14, what: 'is a 422', fault: named('unprocessable'), ...refused },
  {
    row: 15,
    what: 'is a 401',
    fault: named('unauthorized'),
    ...refused,
    code: 'PROVIDER_AUTH_FAILED',
  },
  {
    row: 15,
    what: 'is a 403',
    fault: named('forbidden'),
    ...refused,
    code: 'PROVIDER_AUTH_FAILED',
  },
  { row: 16, what: 'is a 404', fault: named('not-found'), ...refused },
  ...[301, 302, 303, 307, 308].map((status): ReadCase => ({
    row: 18,
    what: `is a ${status}`,
    // To where the same fault waits, so that whoever follows is counted.
    fault: answer({ status, headers: { location: '' } }),
    ...refused,
  })),
  { row: 19, what: 'is of 6 MiB', fault: { kind: 'huge' }, ...unreadable, isStaleOk: false },
  {
    row: 19,
    what: 'is a gzip bomb',
    fault: { kind: 'bomb', megabytes: 20 },
    ...unreadable,
    isStaleOk: false,
  },
  { row: 19, what: 'is very deep JSON', fault: { kind: 'deep' }, ...unreadable, isStaleOk: false },
  {
    row: 22,
    what: 'lacks every id',
    fault: { kind: 'records', change: 'no-ids' },
    ...unreadable,
    isStaleOk: false,
  },
  {
    row: 22,
    what: 'lacks every name',
    fault: { kind: 'records', change: 'no-names' },
    ...unreadable,
    isStaleOk: false,
  },
];
