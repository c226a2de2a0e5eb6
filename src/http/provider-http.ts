import type { Dispatcher } from 'undici';
import { createAdmission } from './admission.ts';
import { attempt } from './attempt.ts';
import type { AttemptResult, HttpCall } from './attempt.ts';
import type { Breaker, Verdict } from './breaker.ts';
import { createBulkhead } from './bulkhead.ts';
import type { CallBounds, CallPurpose } from './call-bounds.ts';
import type { Clock } from './clock.ts';
import { createLimiter } from './limiter.ts';
import type { Allowance } from './limiter.ts';
import { ProviderError } from './provider-error.ts';
import type { ProviderName } from './provider-error.ts';
import { createRedact } from './redact.ts';
import { LEAST_ATTEMPT_MS, withRetries } from './retry.ts';
import { NO_ROUTE, routeError } from './routes.ts';
import type { Routes } from './routes.ts';

export interface ProviderHttp {
  /**
   * `read` gets the JSON of a 2xx answer, or `undefined` when it had no body, and may throw a `ProviderError`.
   * Rejects with a `ProviderError` only. A read is repeated where that helps; a write never.
   */
  call<T>(call: HttpCall, bounds: CallBounds, read: (json: unknown) => T): Promise<T>;
  close: () => Promise<void>;
}

/** Told of every failed attempt, for the log. `text` is the provider's own, cut and without our secrets. */
export type OnFault = (fault: {
  method: string;
  path: string;
  error: ProviderError;
  text?: string;
}) => void;

/** Told of every call that waited longer than a moment for its turn. */
export type OnWait = (wait: { purpose: CallPurpose; waitedMs: number }) => void;

/** What every way to a provider needs of its surroundings. */
export interface HttpDeps {
  /** Bounds one attempt: connecting, headers and the whole body. Milliseconds. */
  attemptTimeoutMs: number;
  clock: Clock;
  /** Within 0 and 1. */
  random: () => number;
  /** The connections to an origin. */
  connect: (origin: string) => Dispatcher;
  /** Undefined: as many as one likes. */
  allowance: Allowance | undefined;
  /** One for each API of the provider. */
  createBreaker: () => Breaker;
  onFault: OnFault;
  onWait: OnWait;
  /** Told of the JSON of every answer of success, before it is read. */
  onJson?: (json: unknown) => void;
}

export interface ProviderHttpOptions extends HttpDeps {
  provider: ProviderName;
  /** Includes any path prefix. */
  baseUrl: string;
  /** Sent with every call. */
  headers: Readonly<Record<string, string>>;
  /** Anything else is never sent. */
  routes: Routes;
}

/** An answer that takes longer than this part of the attempt's timeout is slow. */
const SLOW_PART = 0.5;
/** A shorter wait for a place, or for the limit, is none to tell of. Milliseconds. */
const LEAST_WAIT_MS = 100;

/** The one way to a provider: admission, attempt, verdict, and for reads another attempt. Never follows a redirect. */
export function createProviderHttp(options: ProviderHttpOptions): ProviderHttp {
  const { clock, random, attemptTimeoutMs, headers, provider, onFault } = options;
  const base = new URL(options.baseUrl);
  const prefix = base.pathname.replace(/\/+$/, '');
  const dispatcher = options.connect(base.origin);
  const admission = createAdmission({
    breaker: options.createBreaker(),
    bulkhead: createBulkhead(clock),
    limiter: createLimiter(clock, options.allowance),
  });
  const redact = createRedact(Object.values(headers).map((value) => value.replace(/^Bearer /, '')));

  /** As it is sent, byte for byte in its first line: nothing is put to the path after this. */
  function toRequest(call: HttpCall) {
    const { method } = call;
    const path = prefix + call.path;
    const error = routeError(options.routes, { prefix, method, path });
    if (!error) return { ...call, path, headers };
    onFault({ method, path: NO_ROUTE, error });
    throw error;
  }

  async function callOnce<T>(
    call: HttpCall,
    bounds: CallBounds,
    read: (json: unknown) => T,
  ): Promise<T> {
    const request = toRequest(call);
    // A write that is let through has the time of a whole attempt.
    const needsMs = bounds.purpose === 'write' ? attemptTimeoutMs : LEAST_ATTEMPT_MS;
    const asked = clock.now();
    const { leave } = await admission.enter(bounds, bounds.deadlineAt - needsMs);
    const begun = clock.now();
    const waitedMs = begun - asked;
    if (waitedMs >= LEAST_WAIT_MS) options.onWait({ purpose: bounds.purpose, waitedMs });
    const timeoutMs = Math.min(attemptTimeoutMs, Math.max(1, bounds.deadlineAt - begun));
    bounds.onSend?.();
    const result = await attempt(dispatcher, request, {
      timeoutMs,
      read(json) {
        options.onJson?.(json);
        return read(json);
      },
    });
    const isCut = timeoutMs < attemptTimeoutMs;
    const isSlow = clock.now() - begun > attemptTimeoutMs * SLOW_PART;
    leave('error' in result ? toVerdict(result, isCut) : isSlow ? 'slow' : 'good');
    if ('value' in result) return result.value;

    const { error, answered } = result;
    error.provider = provider;
    if (error.kind === 'rate-limited') admission.coolDown(error.retryAfterMs ?? 0);
    onFault({
      method: call.method,
      // A query may name a person.
      path: call.path.replace(/\?.*/, ''),
      error,
      ...(answered && { text: redact(answered.toString('utf8')) }),
    });
    throw error;
  }

  return {
    async call(call, bounds, read) {
      try {
        return await withRetries(() => callOnce(call, bounds, read), bounds, { clock, random });
      } catch (error) {
        if (error instanceof ProviderError) error.provider ??= provider;
        throw error;
      }
    },
    close: () => dispatcher.close(),
  };
}

/** A success without a body is an answer. `isCut`: it had less time than others. */
function toVerdict(
  { error, answered }: Extract<AttemptResult<unknown>, { error: ProviderError }>,
  isCut: boolean,
): Verdict {
  if (error.kind === 'rate-limited' || (isCut && error.kind === 'timeout')) return 'nothing';
  const isEmpty = error.kind === 'bad-response' && answered?.length === 0;
  return error.consequences.isBreakdown && !isEmpty ? 'failed' : 'good';
}
