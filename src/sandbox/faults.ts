import { z } from 'zod';

/** Only what a real answer can carry: anything else would break the sandbox and not its caller. Node refuses `trailer` here. */
const headerName = z.string().regex(/^(?!trailer$)[\w!#$%&'*+.^`|~-]+$/i);
const headerValue = z.string().regex(/^[\x20-\x7e]*$/);
const headers = z.record(headerName, headerValue);
/** A timer takes no more than 2^31 ms; ten minutes outlast every caller. */
const milliseconds = z.int().min(1).max(600_000);

/** How many requests a fault meets; for ever if left out. */
export const times = z.int().positive().optional();
/** `isApplied`: whether a write takes effect before the fault shows. */
const common = { isApplied: z.boolean().default(false), times };
/** For faults that only change what is said of a write. */
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
    /** Text is sent as it is, anything else as JSON. */
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
    /** The real one if left out. */
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
    /** Once decoded. */
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

/** What every kind shows, and its options with their defaults, for people. */
export const KINDS: Readonly<Record<Fault['kind'], string>> = {
  answer: 'this answer: status=200, contentType=application/json, headers={}, body',
  hang: 'no answer, and the connection stays open',
  drip: 'one byte after the other, for ever: part=body or headers, everyMs=50',
  delay:
    'the right answer, ms late; a write takes effect after that wait, or with isApplied before it',
  reset: 'the connection is reset (RST): at=start, or body for the middle of the real answer',
  truncate:
    'the connection ends (FIN) in the middle of the body: body, or else that of the real answer',
  huge: 'very long JSON, streamed: bytes=6291456',
  bomb: 'gzip, whatever accept-encoding says, of very long JSON: megabytes=100 when decoded',
  deep: 'JSON arrays in one another: levels=1000000',
  headers: 'the real answer, with these headers added or replaced',
  records: `the real answer with other badges: change=${RECORD_CHANGES.join(', ')}`,
};
