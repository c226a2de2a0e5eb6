import { z } from 'zod';

/** Only what Node can send: anything else would break the sandbox instead of its caller. Node rejects `trailer` here. */
const headerName = z.string().regex(/^(?!trailer$)[\w!#$%&'*+.^`|~-]+$/i);
const headerValue = z.string().regex(/^[\x20-\x7e]*$/);
const headers = z.record(headerName, headerValue);
/** Timers are limited to 2^31 ms. Ten minutes are longer than any caller waits. */
const milliseconds = z.int().min(1).max(600_000);

/** The number of requests with the fault; for ever if left out. */
export const times = z.int().positive().optional();
/** `isApplied`: whether a write takes effect before the fault. */
const common = { isApplied: z.boolean().default(false), times };
/** For faults that only change the answer to a write. */
const alwaysApplied = {
  isApplied: z
    .boolean()
    .refine((isApplied) => isApplied, 'A write takes effect before its real answer is changed')
    .default(true),
  times,
};

const RECORD_CHANGES = [
  'one-malformed',
  'no-ids',
  'no-names',
  'extra-fields',
  'duplicates',
  'differing-duplicates',
  'other-creator',
  'other-id',
  'part',
] as const;
export type RecordChange = (typeof RECORD_CHANGES)[number];

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('answer'),
    status: z.int().min(200).max(599).default(200),
    contentType: headerValue.default('application/json'),
    headers: headers.default({}),
    /** Text is sent unchanged, anything else as JSON. */
    body: z.unknown().optional(),
    ...common,
  }),
  z.strictObject({ kind: z.literal('hang'), ...common }),
  z.strictObject({
    kind: z.literal('drip'),
    part: z.enum(['headers', 'body']).default('body'),
    everyMs: milliseconds.default(50),
    ...common,
  }),
  z.strictObject({ kind: z.literal('delay'), ms: milliseconds, ...common }),
  z.strictObject({
    kind: z.literal('reset'),
    at: z.enum(['start', 'body']).default('start'),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('truncate'),
    /** The real body if left out. */
    body: z.unknown().optional(),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('huge'),
    bytes: z
      .int()
      .min(16)
      .max(2 ** 30)
      .default(6 * 2 ** 20),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('bomb'),
    /** The decoded size. */
    megabytes: z.int().min(1).max(1_000).default(100),
    ...common,
  }),
  z.strictObject({
    kind: z.literal('deep'),
    levels: z.int().min(1).max(10_000_000).default(1_000_000),
    ...common,
  }),
  z.strictObject({ kind: z.literal('headers'), headers, ...alwaysApplied }),
  z.strictObject({
    kind: z.literal('records'),
    change: z.enum(RECORD_CHANGES),
    ...alwaysApplied,
  }),
]);

export type Fault = z.output<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;
export type FaultOf<Kind extends Fault['kind']> = Extract<Fault, { kind: Kind }>;

/** Help text: every kind, and its options with their defaults. */
export const KINDS: Readonly<Record<Fault['kind'], string>> = {
  answer: 'the given answer: status=200, contentType=application/json, headers={}, body',
  hang: 'no answer, and the connection stays open',
  drip: 'single bytes without end: part=body or headers, everyMs=50',
  delay:
    'the real answer after ms milliseconds; a write takes effect after that time, or with isApplied before it',
  reset: 'the connection is reset (RST): at=start, or body for the middle of the real answer',
  truncate:
    'the connection ends (FIN) in the middle of the body: the given body, or that of the real answer',
  huge: 'very long JSON, streamed: bytes=6291456',
  bomb: 'gzip of very long JSON, regardless of accept-encoding: megabytes=100 when decoded',
  deep: 'nested JSON arrays: levels=1000000',
  headers: 'the real answer, with these headers added or replaced',
  records: `the real answer with other badges: change=${RECORD_CHANGES.join(', ')}`,
};

/** The provider's error body for a status. */
type ToErrorBody = (status: number) => object;
type Answer = Partial<Omit<FaultOf<'answer'>, 'kind'>>;

const MINUTES = 60_000;

/** Faults by name. Made anew for each request, because some contain the time. */
const PRESETS = {
  html: () => page(200, 'Please sign in'),
  'text-json': () => answer({ contentType: 'text/plain', body: '[]' }),
  empty: () => answer({}),
  'no-content': () => answer({ status: 204 }),
  'malformed-json': () => answer({ body: '{"success": true, "res' }),
  'refused-inside': (toErrorBody) => answer({ body: toErrorBody(400) }),
  'too-many': (toErrorBody) => tooMany(toErrorBody, { 'retry-after': '1' }),
  'too-many-date': (toErrorBody) =>
    tooMany(toErrorBody, { date: httpDate(0), 'retry-after': httpDate(2_000) }),
  'too-many-silent': (toErrorBody) => tooMany(toErrorBody, {}),
  'too-many-negative': (toErrorBody) => tooMany(toErrorBody, { 'retry-after': '-5' }),
  'too-many-absurd': (toErrorBody) => tooMany(toErrorBody, { 'retry-after': '999999999' }),
  'server-error': (toErrorBody) => refusal(500, toErrorBody),
  'bad-gateway': () => page(502, 'Bad Gateway'),
  unavailable: () => page(503, 'Service Unavailable'),
  'gateway-timeout': () => page(504, 'Gateway Timeout'),
  'bad-request': (toErrorBody) => refusal(400, toErrorBody),
  unauthorized: (toErrorBody) => refusal(401, toErrorBody),
  forbidden: (toErrorBody) => refusal(403, toErrorBody),
  'not-found': (toErrorBody) => refusal(404, toErrorBody),
  conflict: (toErrorBody) => refusal(409, toErrorBody),
  unprocessable: (toErrorBody) => refusal(422, toErrorBody),
  moved: () => redirect(301),
  found: () => redirect(302),
  'see-other': () => redirect(303),
  'temporary-redirect': () => redirect(307),
  'permanent-redirect': () => redirect(308),
  'clock-ahead': () => clock(10 * MINUTES),
  'clock-behind': () => clock(-10 * MINUTES),
} satisfies Record<string, (toErrorBody: ToErrorBody) => FaultInput>;

export type PresetName = keyof typeof PRESETS;

export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

export function toPreset(name: PresetName, toErrorBody: ToErrorBody): FaultInput {
  return PRESETS[name](toErrorBody);
}

function answer(rest: Answer): FaultInput {
  return { kind: 'answer', ...rest };
}

function page(status: number, title: string): FaultInput {
  const body = `<!doctype html><title>${title}</title><h1>${title}</h1>`;
  return answer({ status, contentType: 'text/html; charset=utf-8', body });
}

/** A path with an answer, so that a client that follows the redirect is noticed. */
function redirect(status: number): FaultInput {
  return answer({ status, headers: { location: '/_sandbox' } });
}

function refusal(status: number, toErrorBody: ToErrorBody): FaultInput {
  return answer({ status, body: toErrorBody(status) });
}

function tooMany(toErrorBody: ToErrorBody, headers: Record<string, string>): FaultInput {
  return answer({ status: 429, headers, body: toErrorBody(429) });
}

function clock(aheadMs: number): FaultInput {
  return { kind: 'headers', headers: { date: httpDate(aheadMs) } };
}

function httpDate(aheadMs: number): string {
  return new Date(Date.now() + aheadMs).toUTCString();
}
