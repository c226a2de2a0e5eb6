import { createHash } from 'node:crypto';
import { type Logger, pino } from 'pino';
import { toWholeJson } from '../http/json.ts';
import type { AttemptEnded } from '../http/provider-http.ts';
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
  if (isProduction) return pino({ hooks });
  const pretty = await loadDevelopmentPackage('pino-pretty', () => import('pino-pretty'));
  if (pretty) return pino({ hooks }, pretty.default(FOR_PEOPLE));
  const logger = pino({ hooks });
  logger.info(WITHOUT_PRETTY);
  return logger;
}

const FOR_PEOPLE = {
  translateTime: 'HH:MM:ss',
  ignore: 'pid,hostname',
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
    for (const spelled of [secret, JSON.stringify(secret).slice(1, -1)]) {
      rest = rest.replaceAll(spelled, '[redacted]');
    }
  }
  return rest;
}

/** A request that is rejected costs its sender nothing, so only so many a second are logged. */
const MAX_REJECTIONS = 10;
const SECOND_MS = 1_000;

interface RequestLogOptions {
  logger: Logger;
  /** The share of successful reads, and of successful calls for them, that are logged: 0 to 1. */
  sample: number;
  /** Within 0 and 1. */
  random?: () => number;
}

/** Logs requests and calls to providers. Errors and writes are always logged. Failed calls have a line of their own. */
export function createRequestLog({ logger, sample, random = Math.random }: RequestLogOptions) {
  const limit = createRejectionLimit(logger);
  const isSampled = (): boolean => sample > 0 && random() < sample;

  function write(request: RequestEnded): void {
    logger.info(toRequestDetails(request), 'A request was answered');
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
      // One that was not executed costs its sender nothing, like those that are rejected earlier.
      if (request.isExecuted || limit.hasRoom()) write(request);
    },
    requestRejected(rejected) {
      if (limit.hasRoom()) logger.warn({ ...rejected }, REJECTED);
    },
    attemptEnded(attempt, tenant) {
      const { outcome, purpose } = attempt;
      const isAnswered = outcome === 'ok' || outcome === 'not-found';
      if (!isAnswered || (purpose !== 'write' && !isSampled())) return;
      logger.info(toCallDetails(attempt, tenant), 'A provider was called');
    },
  };
  return { observer, close: () => limit.close() };
}

const REJECTED = 'A request was rejected before its operation was read';

function isPlain({ codes, isExecuted, operation }: RequestEnded): boolean {
  return isExecuted && codes.length === 0 && operation?.kind !== 'mutation';
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
  const { provider, operation, purpose, status, outcome } = attempt;
  return {
    provider: provider.enumValue,
    tenant,
    operation,
    purpose,
    attempt: attempt.attempt,
    status,
    outcome,
    durationMs: toTenths(attempt.durationMs),
    waitedMs: toTenths(attempt.waitedMs),
  };
}

const toTenths = (ms: number): number => Math.round(ms * 10) / 10;

/** Whether one more may be logged in this second. At its end, a line tells how many were not. */
function createRejectionLimit(logger: Logger) {
  let logged = 0;
  let leftOut = 0;
  let timer: NodeJS.Timeout | undefined;

  function end(): void {
    timer = undefined;
    logged = 0;
    if (leftOut === 0) return;
    logger.warn({ leftOut }, 'Rejected requests were left out of the log');
    leftOut = 0;
  }
  return {
    hasRoom(): boolean {
      timer ??= setTimeout(end, SECOND_MS).unref();
      logged += 1;
      if (logged > MAX_REJECTIONS) leftOut += 1;
      return logged <= MAX_REJECTIONS;
    },
    close(): void {
      clearTimeout(timer);
      end();
    },
  };
}
