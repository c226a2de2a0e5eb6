import { createHash } from 'node:crypto';
import { TraceFlags, trace } from '@opentelemetry/api';
import { type Logger, pino } from 'pino';
import type { CircuitBreakerOptions } from '../http/admission.ts';
import { cutText, toWholeJson } from '../http/json.ts';
import { ProviderError, type ProviderName } from '../http/provider-error.ts';
import type { AttemptEnded, OnFault, OnWait } from '../http/provider-http.ts';
import type { BadgeList } from '../providers/badge-list.ts';
import type { Observer, RequestEnded, SourceState } from './observer.ts';

/**
 * Loads a package that only development needs and `npm ci --omit=dev` omits. Undefined if it is not installed. Throws if
 * loading fails for any other reason.
 */
export async function loadDevelopmentPackage<Module>(
  name: string,
  load: () => Promise<Module>,
): Promise<Module | undefined> {
  try {
    return await load();
  } catch (error) {
    if (isMissing(name, error)) return undefined;
    throw error;
  }
}

/** If one of the package's own modules is missing, the package is broken and not just omitted. */
function isMissing(name: string, error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.startsWith(`Cannot find package '${name}'`)
  );
}

export type { Logger };

interface LoggerOptions {
  isProduction: boolean;
  /** The current secrets. They are removed from every line, also those that are added later. */
  secrets: Iterable<string>;
}

/** Writes JSON lines, or human-readable ones in development. */
export async function createLogger({ isProduction, secrets }: LoggerOptions): Promise<Logger> {
  const hooks = { streamWrite: (line: string) => withoutSecrets(toWholeJson(line), secrets) };
  const options = { hooks, mixin: toTraceFields };
  if (isProduction) return pino(options);
  const pretty = await loadDevelopmentPackage('pino-pretty', () => import('pino-pretty'));
  if (pretty) return pino(options, pretty.default(FOR_PEOPLE));
  const logger = pino(options);
  logger.info(WITHOUT_PRETTY);
  return logger;
}

/** The recorded trace to which a line belongs, by the names that OpenTelemetry gives them in logs. */
function toTraceFields(): object {
  const span = trace.getActiveSpan()?.spanContext();
  const isRecorded = span !== undefined && (span.traceFlags & TraceFlags.SAMPLED) !== 0;
  return isRecorded ? { trace_id: span.traceId, span_id: span.spanId } : {};
}

const FOR_PEOPLE = {
  translateTime: 'HH:MM:ss',
  ignore: 'pid,hostname',
  // Without it, the package would show our field like the name of a function that logs.
  customPrettifiers: { caller: (caller: unknown) => `caller: ${String(caller)}` },
  sync: true,
  colorize: process.stdout.isTTY,
};
const WITHOUT_PRETTY =
  'The log is JSON, because the development package pino-pretty is not installed (npm ci --omit=dev omits it). In a deployment, set NODE_ENV=production.';

/** A shorter secret would match parts of ordinary words, and protects nothing. */
const MIN_LETTERS = 6;

/**
 * Removes whole secrets from text, as the last safeguard for text from other systems: an old Redis repeats commands that
 * it does not know, including a password. Text of providers is redacted earlier, by `http/provider-text.ts`.
 */
export function withoutSecrets(text: string, secrets: Iterable<string>): string {
  let rest = text;
  for (const secret of secrets) {
    if (secret.length < MIN_LETTERS) continue;
    for (const spelled of spellingsInLog(secret)) {
      // With a thousand tenants this runs thousands of times for each line, and finds nothing.
      if (rest.includes(spelled)) rest = rest.replaceAll(spelled, '[redacted]');
    }
  }
  return rest;
}

/** Text without these letters is the same in JSON. */
const MAY_BE_ESCAPED = /["\\]|[^ -~]/;

function spellingsInLog(secret: string): string[] {
  return MAY_BE_ESCAPED.test(secret) ? [secret, JSON.stringify(secret).slice(1, -1)] : [secret];
}

/** A request that is rejected costs its sender nothing, so only so many a second are logged. */
const MAX_REJECTIONS = 10;
/** The same for requests of a tenant that fail, such as all of them while its provider is down. */
const MAX_FAILURES = 50;
const SECOND_MS = 1_000;

interface RequestLogOptions {
  logger: Logger;
  /** The share of successful reads, and of successful calls for them, that are logged: 0 to 1. */
  sample: number;
  /** Within 0 and 1. */
  random?: () => number;
}

/** Logs requests and calls to providers. Writes are always logged, errors within limits. Failed calls have other lines. */
export function createRequestLog({ logger, sample, random = Math.random }: RequestLogOptions) {
  const rejections = createLineLimit(MAX_REJECTIONS, (leftOut) =>
    logger.warn({ leftOut }, 'Rejected requests were left out of the log'),
  );
  const failures = createLineLimit(MAX_FAILURES, (leftOut, tenant) =>
    logger.warn({ tenant, leftOut }, 'Failed requests were left out of the log'),
  );
  const isSampled = (): boolean => sample > 0 && random() < sample;

  function write(request: RequestEnded): void {
    logger.info(toRequestDetails(request), 'A request was answered');
  }

  function hasRoom(request: RequestEnded): boolean {
    // One that was not executed costs its sender nothing, like those that are rejected earlier.
    if (!request.isExecuted) return rejections.hasRoom();
    return isPlain(request) || mayHaveWritten(request) || failures.hasRoom(request.tenant);
  }

  const observer: Observer = {
    requestAnsweredFast:
      sample > 0
        ? (request) => {
            if (isSampled()) write(request);
          }
        : undefined,
    requestEnded(request) {
      if (isPlain(request) && !isSampled()) return;
      if (hasRoom(request)) write(request);
    },
    requestRejected(rejected) {
      if (rejections.hasRoom()) logger.warn({ ...rejected }, REJECTED);
    },
    attemptEnded(attempt, tenant) {
      const { outcome, purpose } = attempt;
      const isAnswered = outcome === 'ok' || outcome === 'not-found';
      if (!isAnswered || (purpose !== 'write' && !isSampled())) return;
      logger.info(toCallDetails(attempt, tenant), 'A provider was called');
    },
  };
  return {
    observer,
    close: () => [rejections, failures].forEach((limit) => limit.close()),
  };
}

const REJECTED = 'A request was rejected before its operation was read';

function isPlain({ codes, operation }: RequestEnded): boolean {
  return codes.length === 0 && operation?.kind !== 'mutation';
}

function mayHaveWritten({ writes }: RequestEnded): boolean {
  return writes.some(({ outcome }) => outcome !== 'REFUSED');
}

function toRequestDetails(request: RequestEnded): object {
  const { requestId, operation, tenant, status, codes, writes } = request;
  const { batchSize, isFast, isExecuted } = request;
  const sources: Record<string, SourceState> = {};
  request.eachSource((provider, state) => (sources[provider] = state));
  const failed = isExecuted ? 'partial' : 'failed';
  return {
    requestId,
    operation: operation?.name,
    kind: operation?.kind,
    rootField: operation?.rootField,
    tenant,
    caller: toCallerDigest(request),
    status,
    outcome: codes.length === 0 ? 'ok' : failed,
    ...(codes.length > 0 && { codes }),
    durationMs: toTenths(request.durationMs),
    ...(batchSize > 0 && { batchSize }),
    sources,
    ...(writes.length > 0 && { writes }),
    path: isFast ? 'fast' : 'full',
  };
}

const ANONYMOUS = 'anonymous';
const DIGEST_CHARACTERS = 12;

/** Equal for all requests of a caller, but not its name, which is personal data. */
function toCallerDigest(request: RequestEnded): string {
  const caller = request.caller();
  if (caller === ANONYMOUS) return caller;
  const hash = createHash('sha256').update(`${request.tenant}\n${caller}`);
  return hash.digest('hex').slice(0, DIGEST_CHARACTERS);
}

function toCallDetails(attempt: AttemptEnded, tenant: string): object {
  return { provider: attempt.provider.enumValue, tenant, ...toAttemptDetails(attempt) };
}

function toAttemptDetails({
  operation,
  purpose,
  attempt,
  status,
  outcome,
  durationMs,
  waitedMs,
}: AttemptEnded): object {
  return {
    operation,
    purpose,
    attempt,
    status,
    outcome,
    durationMs: toTenths(durationMs),
    waitedMs: toTenths(waitedMs),
  };
}

const toTenths = (ms: number): number => Math.round(ms * 10) / 10;

/** Whether one more may be logged in this second, for each key by itself. `tell` is told at its end how many were not. */
function createLineLimit(most: number, tell: (leftOut: number, key: string) => void) {
  const counts = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  function end(): void {
    timer = undefined;
    for (const [key, count] of counts) if (count > most) tell(count - most, key);
    counts.clear();
  }
  return {
    hasRoom(key = ''): boolean {
      timer ??= setTimeout(end, SECOND_MS).unref();
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return count <= most;
    },
    close(): void {
      clearTimeout(timer);
      end();
    },
  };
}

// Each function from here on returns a listener that writes log lines about one kind of event. No line contains text
// of a provider or of the issuer of tokens.

/** Logs each failed call. Rejected credentials must be fixed by an operator, and are logged as an error. */
export function createFaultLog(logger: Logger): OnFault {
  return ({ error, attempt, ...call }) => {
    const { kind, effect, provider, message, cause, retryAfterMs } = error;
    const details = {
      provider: provider?.enumValue,
      kind,
      // The method does not tell a write: a provider may look up a member with POST.
      ...(attempt?.purpose === 'write' && { effect }),
      cause: toErrorName(cause),
      retryAfterMs,
      ...call,
      ...(attempt && toAttemptDetails(attempt)),
    };
    const sentence = `${provider?.title ?? 'A provider'} ${message}`;
    if (kind === 'auth-failed') logger.error(details, sentence);
    else logger.warn(details, sentence);
  };
}

/** The code of a system error, otherwise the name. A DOMException has a number as its code. */
function toErrorName(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}

/** Logs each call that waited for a free slot, or for the provider's rate limit. */
export function createWaitLog(
  logger: Logger,
  { enumValue: provider, title }: ProviderName,
): OnWait {
  return (wait) => logger.info({ provider, ...wait }, `A call to ${title} had to wait`);
}

/** Logs each time that calls to a provider are paused or resumed. */
export function createBreakerLog(
  logger: Logger,
  { enumValue: provider, title }: ProviderName,
  calls: 'reads' | 'writes',
): CircuitBreakerOptions['onChange'] {
  return (state, openMs) => {
    const details = { provider, calls };
    if (state === 'closed') logger.info(details, `Calls to ${title} have resumed`);
    else
      logger.warn(
        { ...details, openMs: Math.round(openMs) },
        `Calls to ${title} are paused after repeated failures`,
      );
  };
}

/**
 * Logs each list that could not be refreshed because of an internal error while no request waited for it. Faults of a
 * provider are logged as failed calls.
 */
export function createRenewalLog(
  logger: Logger,
  { enumValue: provider, title }: ProviderName,
): (error: unknown) => void {
  return (err) => {
    if (err instanceof ProviderError) return;
    logger.error(
      { provider, err },
      `A list of ${title} could not be refreshed because of an internal error`,
    );
  };
}

/** Logs each change in how a provider's lists deviate from the expected format. */
export function createDriftLog(
  logger: Logger,
  { enumValue: provider, title }: ProviderName,
): (list: BadgeList) => void {
  const asExpected = '{}';
  let last = asExpected;
  return (list) => {
    const { droppedRecords, firstMalformedField, ambiguousIds } = list;
    const { unknownFields, unreadableFields } = list;
    const { duplicateRecords = 0, foreignRecords = 0 } = list;
    const details = {
      ...(droppedRecords > 0 && { droppedRecords, firstMalformedField }),
      ...(foreignRecords > 0 && { foreignRecords }),
      ...(duplicateRecords > 0 && { duplicateRecords }),
      ...(ambiguousIds.size > 0 && {
        ambiguousIds: [...ambiguousIds].slice(0, MAX_IDS).map(toPlainId),
      }),
      ...(unknownFields.length > 0 && { unknownFields: unknownFields.map(toPlainName) }),
      ...(Object.keys(unreadableFields).length > 0 && { unreadableFields }),
    };
    const text = JSON.stringify(details);
    if (text === last) return;
    last = text;
    if (text === asExpected)
      logger.info({ provider }, `Lists of ${title} match the expected format again`);
    else
      logger.warn({ provider, ...details }, `Lists of ${title} do not match the expected format`);
  };
}

/** More IDs in one line would not help. */
const MAX_IDS = 10;
const PLAIN_ID = /^[\w-]{1,64}$/;
/** A secret that a provider returns as a field name would have more digits. */
const PLAIN_NAME = /^[A-Za-z_]{1,40}\d{0,2}$/;

/** A malformed ID may contain anything, and may be as long as a response. */
function toPlainId(id: string): string {
  return PLAIN_ID.test(id) ? id : '(invalid ID)';
}

function toPlainName(name: string): string {
  return PLAIN_NAME.test(name) ? name : '(invalid name)';
}

/** More keys in one line would not help: the issuer has to check all of them. */
const MAX_KEYS = 10;
/** An issuer with more different key sets than this changes constantly, and has been reported often enough. */
const MAX_KEY_SETS = 20;

/** Logs events about the issuer of tokens. */
export function createIssuerLog(logger: Logger) {
  const logged = new Set<string>();
  return {
    outage(error: unknown): void {
      logger.error(
        toIssuerDetails(error),
        "Tokens cannot be verified, because the issuer's keys are unavailable",
      );
    },
    delay(error: unknown, leftMs: number): void {
      logger.warn(
        { ...toIssuerDetails(error), leftMs },
        'The keys of the token issuer cannot be refreshed. The cached keys remain valid until they are ten minutes old',
      );
    },
    unusable(keys: readonly { position: number; reason: string }[]): void {
      if (keys.length === 0 || logged.size === MAX_KEY_SETS) return;
      const details = { unusableKeys: keys.length, keys: keys.slice(0, MAX_KEYS) };
      const text = JSON.stringify(details);
      if (logged.has(text)) return;
      logged.add(text);
      logger.warn(
        details,
        'The token issuer publishes unusable keys. Tokens signed with them are rejected',
      );
    },
  };
}

/** Omits the cause's message, which may quote the issuer. */
function toIssuerDetails(error: unknown): object {
  const isCall = error instanceof ProviderError;
  return {
    reason: isCall ? `The issuer ${error.message}` : undefined,
    cause: toErrorName(isCall ? error.cause : error),
  };
}

/** Further records are reported together, in one line. */
const MAX_RECORDS = 1_000;
/** In UTF-16 units. */
const MAX_KEY_LENGTH = 500;

/** Logs each unreadable stored record once, with the number of such records so far. */
export function createUnreadableLog(
  logger: Logger,
  maxRecords = MAX_RECORDS,
): (record: { kind: string; key: string; reason: string }) => void {
  const logged = new Set<string>();
  return ({ kind, key, reason }) => {
    const shownKey = cutText(key, MAX_KEY_LENGTH).toWellFormed();
    const name = `${kind} ${shownKey}`;
    if (logged.has(name) || logged.size > maxRecords) return;
    logged.add(name);
    if (logged.size > maxRecords) {
      logger.error(
        { unreadableRecords: maxRecords },
        'Too many stored records cannot be read to log each one. Check the store',
      );
      return;
    }
    logger.error(
      { kind, key: shownKey, reason, unreadableRecords: logged.size },
      'A stored record cannot be read. It is kept, and is treated as missing',
    );
  };
}
