import { createHash } from 'node:crypto';
import type { AttemptEnded } from '../http/provider-http.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type {
  Observer,
  OperationInfo,
  RequestEnded,
  RequestRejected,
  SourceState,
} from './observer.ts';

/** A request that is rejected costs its sender nothing, so only so many a second are logged. */
const MAX_REJECTIONS = 10;
const SECOND_MS = 1_000;

export interface RequestLogOptions {
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

/** The label of a request that has no error, and of an invalid one. */
const [OK, UNKNOWN] = ['OK', 'unknown'];
/** So many different documents are counted before their counts are passed on. */
const MAX_PENDING = 1_000;

/** Counts in metrics. A fast answer is counted by its document first, because labels take ten times as long. */
export function createMetricsObserver(metrics: Metrics): Observer {
  const fast = new Map<OperationInfo, number>();
  const shown = new Map<string, Map<SourceState, number>>();
  const fastSeconds = metrics.requestSeconds.labels({ kind: 'query', path: 'fast' });

  function countLists(request: RequestEnded): void {
    request.eachSource(countSource);
    if (request.batchSize > 0) metrics.batchSize.observe(request.batchSize);
  }
  function countSource(provider: string, state: SourceState): void {
    const counts = shown.get(provider) ?? new Map<SourceState, number>();
    shown.set(provider, counts.set(state, (counts.get(state) ?? 0) + 1));
  }
  function count(operation: OperationInfo | undefined, codes: readonly string[]): void {
    const [code = OK] = codes;
    const [kind, label] = operation
      ? [operation.kind, metrics.labelOf(operation)]
      : [UNKNOWN, UNKNOWN];
    metrics.requests.inc({ kind, operation: label, path: 'full', code });
  }
  function flush(): void {
    for (const [operation, times] of fast) {
      const { kind } = operation;
      const labels = { kind, operation: metrics.labelOf(operation), path: 'fast', code: OK };
      metrics.requests.inc(labels, times);
    }
    for (const [provider, counts] of shown) {
      for (const [state, times] of counts) {
        metrics.sources.inc({ provider, state: state.toLowerCase() }, times);
      }
    }
    fast.clear();
    shown.clear();
  }

  metrics.onReading(flush);
  return {
    requestAnsweredFast(request) {
      const { operation } = request;
      countLists(request);
      fastSeconds.observe(request.durationMs / SECOND_MS);
      if (operation) fast.set(operation, (fast.get(operation) ?? 0) + 1);
      if (fast.size >= MAX_PENDING) flush();
    },
    requestEnded(request) {
      const { operation, codes, durationMs } = request;
      countLists(request);
      count(operation, codes);
      const kind = operation?.kind ?? UNKNOWN;
      metrics.requestSeconds.observe({ kind, path: 'full' }, durationMs / SECOND_MS);
    },
    requestRejected({ code, status }: RequestRejected) {
      metrics.rejections.inc({ code, status: String(status) });
    },
    attemptEnded(attempt, tenant) {
      const { operation, outcome, waitedMs } = attempt;
      const provider = attempt.provider.enumValue;
      metrics.noteCall(attempt, tenant);
      metrics.waitSeconds.observe({ provider }, waitedMs / SECOND_MS);
      if (!attempt.isStarted) {
        metrics.stopped.inc({ provider, reason: REASONS.get(outcome) ?? outcome });
        return;
      }
      metrics.calls.inc({ provider, operation, outcome });
      metrics.callSeconds.observe({ provider, operation }, attempt.durationMs / SECOND_MS);
      if (attempt.attempt > 1) metrics.retries.inc({ provider, operation });
    },
    writeEnded({ provider = UNKNOWN, operation, outcome }) {
      metrics.writes.inc({ provider, operation, outcome });
    },
    writeUnrecorded: () => metrics.unrecordedWrites.inc(),
    breakerChanged: ({ provider, calls, state }, tenant) =>
      metrics.noteBreaker({ tenant, provider, calls }, state),
    listRead(provider, { droppedRecords, unknownFields }) {
      metrics.listReads.inc({ provider });
      metrics.droppedRecords.inc({ provider }, droppedRecords);
      metrics.unknownFields.inc({ provider }, unknownFields.length);
    },
  };
}

/** Why a call was not sent, by the kind of its fault. */
const REASONS = new Map<AttemptEnded['outcome'], string>([
  ['unavailable', 'paused'],
  ['rate-limited', 'rate-limit'],
  ['timeout', 'busy'],
]);
